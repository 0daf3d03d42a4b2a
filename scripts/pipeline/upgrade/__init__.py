"""Turn a Swagger 2.0 document into OpenAPI 3.0.3; documents that are 3.x pass unchanged.

The generator reads 3.x only (openapi-python-client issue 279), the known converters need Node.js or post the document
to an outside service, and older ASP.NET portals publish 2.0. The result says what the received document says and
nothing more: repairs belong to ``normalise``, because requests and answers are judged by the result of this stage.

Ambiguous points, and what is done:

* No ``consumes`` or ``produces`` anywhere: ``application/json``, the default of ASP.NET.
* ``type: file``: binary text, in ``multipart/form-data`` as a parameter, as ``application/octet-stream`` in an answer
  for which only JSON is listed.
* ``collectionFormat: tsv`` has no counterpart; it becomes ``csv`` and is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.document.json_nodes import members
from pipeline.errors import RefusedDocumentError
from pipeline.upgrade.operations import upgrade_paths
from pipeline.upgrade.schemas import upgrade_definitions
from pipeline.upgrade.security import upgrade_security
from pipeline.upgrade.source import Source

if TYPE_CHECKING:
    from pipeline.document.change import Change

__all__ = ["UpgradeResult", "upgrade"]

# Everything that 3.0 writes elsewhere; all other members stay as they are.
_REWRITTEN = frozenset({"swagger", "host", "basePath", "schemes", "consumes", "produces", "paths", "definitions"}) | {
    "parameters",
    "responses",
    "securityDefinitions",
}


@frozen(kw_only=True, slots=True)
class UpgradeResult:
    """A document of version 3.x, and what was done to get there."""

    document: dict[str, Any]
    changes: list[Change]


def upgrade(document: dict[str, Any]) -> UpgradeResult:
    """Return the document as OpenAPI 3.x; the argument is not modified.

    Raises:
        RefusedDocumentError: neither Swagger 2.0 nor OpenAPI 3.
    """
    if "swagger" not in document:
        version = document.get("openapi")
        # A number where YAML was not quoted.
        if not isinstance(version, (str, float, int)) or not str(version).startswith("3"):
            raise RefusedDocumentError(
                "The document names neither 'swagger: 2.0' nor 'openapi: 3.x', so it is no OpenAPI document. "
                "Nothing was changed."
            )
        return UpgradeResult(document=document, changes=[])
    if not str(document["swagger"]).startswith("2"):
        raise RefusedDocumentError("The document is of a Swagger version other than 2.0. Nothing was changed.")
    source = Source(document=document)
    upgraded: dict[str, Any] = {"openapi": "3.0.3"}
    upgraded.update({key: value for key, value in document.items() if key not in _REWRITTEN})
    upgraded["servers"] = _servers(document)
    upgraded["paths"] = upgrade_paths(source)
    components = {
        "schemas": upgrade_definitions(source),
        "securitySchemes": upgrade_security(source),
    }
    upgraded["components"] = {name: section for name, section in components.items() if section}
    source.note("", "Swagger 2.0 became OpenAPI 3.0.3")
    return UpgradeResult(document=upgraded, changes=source.changes)


def _servers(document: dict[str, Any]) -> list[dict[str, str]]:
    """Return one server per scheme; without a host the server is the place the document came from."""
    host, base = document.get("host"), document.get("basePath")
    # Without a scheme https: plain http would send the credential in the open.
    path = base if isinstance(base, str) else ""
    if not isinstance(host, str) or not host:
        return [{"url": path or "/"}]
    schemes = [scheme for scheme in members(document, "schemes") if isinstance(scheme, str)]
    return [{"url": f"{scheme}://{host}{path}"} for scheme in schemes or ["https"]]

"""Whether data is an OpenAPI document that can be read: its version, and that there is something to call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.document.foreign_data import TAKEN, foreign_data
from pipeline.document.json_nodes import is_mapping
from pipeline.document.refusal import SAVE_IT, SIGN_IN, bundle, refuse
from pipeline.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.document.document import LoadedDocument

_KNOWN_VERSION = re.compile(r"2(\.0)?(\.\d+)?|3(\.[012](\.\d+)?)?([-+].*)?")


def require_openapi(document: LoadedDocument) -> None:
    """Make sure that data is a Swagger or OpenAPI document of a version that can be read, with operations in it.

    Raises:
        RefusedDocumentError: it is something else; the text says what, and how to get the document.
    """
    top, name = document.data, document.name
    if not {"swagger", "openapi"} & top.keys():
        refuse(name, *foreign_data(top))
    _require_version(top, name)
    paths = top.get("paths")
    if is_mapping(paths) and paths:
        elsewhere = paths.get("$ref")
        if isinstance(elsewhere, str):
            refuse(name, f"has its paths elsewhere, in {quoted(elsewhere)}, which is not followed", bundle(name))
        return
    found = "has no 'paths'" if paths is None else "describes no operations: its 'paths' are empty"
    if paths is not None and not is_mapping(paths):
        found = "has 'paths' that are no object"
    if is_mapping(top.get("webhooks")):
        found += ", only webhooks"
    step = "A portal may show them only to who is signed in, or may have another document for them. "
    refuse(name, f"{found}, so there is nothing to call", f"{step}{SIGN_IN}")


def _require_version(top: Mapping[str, Any], name: str) -> None:
    key = "swagger" if "swagger" in top else "openapi"
    version = top[key]
    # A number where YAML was not quoted.
    shown = str(version) if isinstance(version, (str, int, float)) and not isinstance(version, bool) else ""
    family = "2" if key == "swagger" else "3"
    if not (_KNOWN_VERSION.fullmatch(shown) and shown.startswith(family)):
        what = "Swagger" if key == "swagger" else "OpenAPI"
        stated = f"is of {what} {quoted(shown)}" if shown else f"has no version in its member {key!r}"
        refuse(name, f"{stated}; {TAKEN}", f"Ask the portal for one of these. {SAVE_IT}")

"""Does the document ask for what the client sends: one header, Authorization?

It has happened elsewhere: a scheme was renamed in the document, hand-written code kept the old name, and every call of
the regenerated client went out without credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_tools.portal.document import Document
from cyara_tools.portal.json_types import as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "authorization"


def unmet_security(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the operations whose security the client does not meet, with the reason.

    Each alternative has to be one scheme that is an `apiKey` in the header Authorization; an explicit empty list is met
    by anything, and an operation that says nothing, in a document that says nothing, counts as unmet.
    """
    view = Document(document)
    components = as_object(view.raw.get("components"))
    schemes = {name: as_object(view.resolve(raw)) for name, raw in as_object(components.get("securitySchemes")).items()}
    unmet: dict[str, str] = {}
    for operation in view.operations:
        # An operation's own list replaces the document's, even when it is empty.
        wanted = operation.raw.get("security", view.raw.get("security"))
        if wanted is None:
            unmet[operation.operation_id] = "says nothing about credentials"
            continue
        for name in (name for alternative in as_array(wanted) for name in as_object(alternative)):
            reason = _reason(name, schemes.get(name))
            if reason is not None:
                unmet[operation.operation_id] = reason
    return unmet


def _reason(name: str, scheme: Mapping[str, Any] | None) -> str | None:
    if scheme is None:
        return f"names the scheme {name!r}, which is not in the document"
    if scheme.get("type") != "apiKey" or scheme.get("in") != "header":
        return f"wants {name!r}, which is no apiKey in a header"
    # Names of headers are compared without case.
    header = str(scheme.get("name"))
    return None if header.lower() == HEADER else f"wants the header {header!r}, not Authorization"

"""Does the document ask for what the client sends: one header, Authorization?

It has happened elsewhere: a scheme was renamed in the document, hand-written code kept the old name, and every call of
the regenerated client went out without credentials. What a scheme is called says nothing; what it asks for does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cyara_tools.portal.document import Document
from cyara_tools.portal.json_types import as_object, is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

SILENT: Final = "says nothing about credentials"
"""The reason of an operation that asks for nothing, in a document that asks for nothing."""


def unmet_security(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the operations whose security the client does not meet, with the reason.

    Of the alternatives that an operation has, one has to consist of our header alone: an `apiKey` in the header
    Authorization, or the HTTP scheme ApiKey. An explicit empty list, or an empty alternative, is met by anything; an
    operation that says nothing, in a document that says nothing, counts as unmet.
    """
    view = Document(document)
    components = as_object(view.raw.get("components"))
    schemes = {name: as_object(view.resolve(raw)) for name, raw in as_object(components.get("securitySchemes")).items()}
    found = {operation.operation_id: _unmet(operation.raw, view.raw, schemes) for operation in view.operations}
    return {name: reason for name, reason in found.items() if reason is not None}


def contradicted(unmet: Mapping[str, str]) -> dict[str, str]:
    """Return those of the unmet operations that ask for something else, and do not just say nothing."""
    return {name: reason for name, reason in unmet.items() if reason != SILENT}


def _unmet(
    operation: Mapping[str, Any], document: Mapping[str, Any], schemes: Mapping[str, Mapping[str, Any]]
) -> str | None:
    # An operation's own list replaces the document's, even when it is empty.
    wanted = operation.get("security", document.get("security"))
    if not is_array(wanted):
        return SILENT
    first: str | None = None
    for alternative in filter(is_object, wanted):
        reason = next((why for name in alternative if (why := _reason(name, schemes.get(name)))), None)
        if reason is None:
            return None
        first = first or reason
    return first


def _reason(name: str, scheme: Mapping[str, Any] | None) -> str | None:
    if scheme is None:
        return f"names the scheme {name!r}, which is not in the document"
    kind, place = scheme.get("type"), scheme.get("in")
    if _is(kind, "http") and _is(scheme.get("scheme"), "apikey"):
        return None
    if not (_is(kind, "apikey") and _is(place, "header")):
        said = [str(part) for part in (kind, scheme.get("scheme"), place and f"in {place}") if part]
        return f"wants {name!r} ({' '.join(said)}), which is no apiKey in a header"
    header = scheme.get("name")
    return None if _is(header, "authorization") else f"wants the header {header!r}, not Authorization"


def _is(text: object, word: str) -> bool:
    # Names of headers have no case, and documents that were edited by hand spell the other words anyhow, too.
    return str(text).strip().lower() == word

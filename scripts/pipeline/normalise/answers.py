"""Rules about the statuses of answers and the security of operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_list, is_mapping, mapping
from pipeline.document.json_pointer import escaped
from pipeline.normalise.walk import operations

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_CODE = re.compile(r"[1-9][0-9]{2}", re.ASCII)
_RANGE = re.compile(r"[1-5]xx", re.ASCII | re.IGNORECASE)


def status_codes(work: Work) -> None:
    """Write statuses as ``200``, ``2XX`` or ``default``; drop what is none; an operation without answers gets a 200.

    ``2xx`` or ``200 OK`` leave the answer out with a warning, which fails the build. Part of failure mode 23.
    """
    for entry in operations(work.document):
        clean: dict[str, Any] = {}
        for status, response in entry.operation["responses"].items():
            text = status.strip()
            code = _CODE.match(text)
            if text.lower() == "default":
                clean["default"] = response
            elif _RANGE.fullmatch(text):
                clean[text.upper()] = response
            elif code is not None and not text[3:4].isdigit():
                # `200 OK` counts as 200, unless the document has that status too.
                clean.setdefault(code.group(), response)
            if status not in clean:
                work.note(f"{entry.where}/responses/{escaped(status)}", "status respelled or dropped")
        entry.operation["responses"] = clean or {"200": {"description": ""}}


def operation_security(work: Work) -> None:
    """Write the document's security into every operation that has none of its own.

    The generator reads only what stands in the operation, so with NSwag and Swashbuckle documents every call would look
    public (architecture, section 6, fact 5).
    """
    shared = work.document.get("security")
    for entry in operations(work.document):
        own = entry.operation.get("security")
        # An empty list of its own means "public", and wins over the document's.
        listed = own if is_list(own) else shared
        entry.operation["security"] = [
            {name: [scope for scope in scopes if isinstance(scope, str)] for name, scopes in requirement.items()}
            for requirement in (listed if is_list(listed) else [])
            if is_mapping(requirement) and all(is_list(scopes) for scopes in requirement.values())
        ]
        if own is None and entry.operation["security"]:
            work.note(f"{entry.where}/security", "security of the document")
    schemes = mapping(mapping(work.document, "components"), "securitySchemes")
    if shared and not schemes:
        work.note("/security", "the document requires security schemes that it does not describe")

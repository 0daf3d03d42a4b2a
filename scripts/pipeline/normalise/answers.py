"""Rules about the statuses of answers and the security of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyara_tools.portal.spelling import by_status
from pipeline.document.json_nodes import is_list, is_mapping, mapping
from pipeline.document.json_pointer import escaped
from pipeline.normalise.walk import operations

if TYPE_CHECKING:
    from pipeline.normalise.work import Work


def status_codes(work: Work) -> None:
    """Write statuses as ``200``, ``2XX`` or ``default``; drop what is none; an operation without answers gets a 200.

    ``2xx`` or ``200 OK`` leave the answer out with a warning, which fails the build. Part of failure mode 23.
    """
    for entry in operations(work.document):
        received = entry.operation["responses"]
        by_name = by_status(received)
        # In the order of the document, in which the first success stands for all.
        clean = {name: by_name[name] for status in received for name in by_status({status: None}) if name in by_name}
        for status in received:
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
    # Every operation has its own now, and one odd entry here would refuse the whole document.
    work.document.pop("security", None)

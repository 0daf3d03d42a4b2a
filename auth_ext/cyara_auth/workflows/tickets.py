"""What a portal answers to a start: a help for finding what was started, and never a need.

Nobody has seen that answer, so any form of it is read: an object with a number, at whatever depth, a bare GUID as JSON
or as text, a whole run, or nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs

from cyara_auth.workflows.fields import field, guids_in, identity, is_array, is_guid, is_object, spelled, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN = "runid"
_CAMPAIGN_RUN = "campaignrunid"
_OF_OTHER_THINGS = frozenset({"accountid", "campaignid", "planid", "testcaseid", "userid", "traceid", "requestid"})
_DEEPEST = 4


@attrs.frozen
class Ticket:
    """Every number that an answer to a start names, as `identity` spells them.

    Attributes:
        runs: those called `runId`.
        campaign_runs: those called `campaignRunId`.
        others: numbers of ids by other names, and GUIDs by any or none.
    """

    runs: frozenset[str] = frozenset()
    campaign_runs: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    @property
    def every(self) -> frozenset[str]:
        """All of them."""
        return self.runs | self.campaign_runs | self.others

    def __str__(self) -> str:
        return ", ".join(sorted(self.every)) or "none"


def ticket_of(answer: Any) -> Ticket:
    """Read the answer to a start: JSON values, or the bytes of what is no JSON; anything makes a ticket."""
    found: dict[str, set[str]] = {_RUN: set(), _CAMPAIGN_RUN: set(), "": set()}
    for name, value in _scalars(values_of(answer), "", _DEEPEST):
        number = identity(value)
        if number is None or name in _OF_OTHER_THINGS:
            continue
        if name in {_RUN, _CAMPAIGN_RUN}:
            found[name].add(number)
        elif is_guid(number) or (number.isdigit() and (not name or name.endswith(("id", "ticket", "number")))):
            found[""].add(number)
        elif isinstance(value, str):
            found[""].update(guids_in(value))
    return Ticket(*map(frozenset, found.values()))


def ticket_of_test(answer: Any) -> UUID | str | None:
    """Return the ticket in the answer to the start of a test case: by its name, else a GUID, else a number."""
    named = identity(field(values_of(answer), "testrunticketid"))
    every = ticket_of(answer).every
    found = named or next((guid for guid in sorted(every) if is_guid(guid)), None) or next(iter(sorted(every)), None)
    return UUID(found) if found is not None and is_guid(found) else found


def _scalars(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield every value that is no object and no list, with the name of its field."""
    if is_object(value):
        for key, inner in value.items() if depth else ():
            yield from _scalars(inner, spelled(str(key)), depth - 1)
    elif is_array(value):
        for inner in value if depth else ():
            yield from _scalars(inner, name, depth - 1)
    else:
        yield name, value

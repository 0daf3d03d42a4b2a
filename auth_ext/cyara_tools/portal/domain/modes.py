"""What nobody knows of real portals, or what goes wrong with them, to be chosen for the simulated account.

Which reading of the list of runs holds, what the answer to a start looks like, and how a list of results may end early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

from cyara_tools.portal.answers import PortalAnswer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyara_tools.portal.json_types import Json

RunsAs = Literal["runs", "calls"]
Ticket = Literal[
    "object",
    "guid",
    "run_id",
    "ticket_id",
    "run",
    "created",
    "accepted",
    "accepted_empty",
    "no_content",
    "empty",
    "text",
]
ResultPages = Literal["whole", "short", "silent", "empty", "repeated"]
Outcomes = Literal["mixed", "success", "aborted"]

_CHOICES: Final = {"runs_as": RunsAs, "ticket": Ticket, "result_pages": ResultPages, "outcomes": Outcomes}


def _one_of(_: Modes, attribute: attrs.Attribute[Any], value: Any) -> None:
    choices: tuple[str, ...] = get_args(_CHOICES[attribute.name])
    if value not in choices:
        raise ValueError(f"{attribute.name}= is one of {', '.join(choices)}, not {value!r}.")


def _from_zero(_: Modes, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value < 0:
        raise ValueError(f"{attribute.name}= is a number from 0, not {value}.")


@attrs.frozen(kw_only=True)
class Modes:
    """Modes of one account.

    Attributes:
        runs_as: items of the list of runs are `runs`, or the single `calls` of runs as they begin.
        ticket: form of the answer to a start; see `TICKETS`.
        result_pages: `whole`; `short`, the last result is counted and not listed; `silent`, it is neither; `empty`,
            pages after the first are; `repeated`, any page is the first once more.
        outcomes: `mixed`, or `success` or `aborted` for each call.
        late_failures: how many of a run's calls fail, the last ones to end.
        endless: whether the last call of a run that somebody starts never ends, and so neither does the run.
    """

    runs_as: RunsAs = attrs.field(default="runs", validator=_one_of)
    ticket: Ticket = attrs.field(default="object", validator=_one_of)
    result_pages: ResultPages = attrs.field(default="whole", validator=_one_of)
    outcomes: Outcomes = attrs.field(default="mixed", validator=_one_of)
    late_failures: int = attrs.field(default=0, validator=_from_zero)
    endless: bool = False

    @property
    def every(self) -> str | None:
        """The result of every call, as the portal spells it; None where they are mixed."""
        return None if self.outcomes == "mixed" else self.outcomes.capitalize()

    def answer_start(self, name: str, guid: str, run: Json) -> PortalAnswer:
        """Answer a start.

        Args:
            name: what the document calls the ticket.
            guid: the ticket.
            run: what was started, as the portal shows it later.
        """
        return TICKETS[self.ticket](name, guid, run)

    def results_page(self, results: list[Json], number: int, page: Callable[[list[Json], int], Json]) -> Json:
        """Answer one page of the results of a run.

        Args:
            results: all of them.
            number: number of the page, from 1.
            page: makes the page with a number of any list.
        """
        match self.result_pages:
            case "short":
                return {**page(results[:-1], number), "totalResults": len(results)}
            case "silent":
                return page(results[:-1], number)
            case "empty" if number > 1:
                return {**page(results, number), "results": [], "nextPage": None}
            case "repeated":
                return {**page(results, number), "results": page(results, 1)["results"]}
            case _:
                return page(results, number)


TICKETS: Final[dict[str, Callable[[str, str, Json], PortalAnswer]]] = {
    "object": lambda name, guid, _: json_answer({name: guid}),
    "guid": lambda _, guid, __: json_answer(guid),
    "run_id": lambda name, guid, run: json_answer({"runId": run["runId"]} if "runId" in run else {name: guid}),
    "ticket_id": lambda name, guid, _: json_answer({f"{name.removesuffix('Id')}Ticket": guid}),
    "run": lambda name, guid, run: json_answer({**run, name: guid}),
    "created": lambda name, guid, _: json_answer({name: guid}, status=201),
    "accepted": lambda name, guid, _: json_answer({name: guid}, status=202),
    "accepted_empty": lambda _, __, ___: PortalAnswer(status=202),
    "no_content": lambda _, __, ___: PortalAnswer(status=204),
    "empty": lambda _, __, ___: PortalAnswer(status=200),
    "text": lambda _, guid, __: PortalAnswer(status=200, body=guid.encode(), media_type="text/plain;charset=utf-8"),
}
"""Every plausible answer to a start, by the name of its form; `object` is the one that the bundled document guesses."""

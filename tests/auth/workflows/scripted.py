"""A portal of one campaign whose every answer the test decides, for what the local portal has no mode for.

A run is a list of calls. Time is the number of questions that were asked after the start: a call begins at one of them
and ends at another, and is not listed before. What of it is listed, in which order, on which pages, and with which
total, is the world's to say.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from ..wire.loopback import Reply, Seen, WireServer

TICKET = "15a79226-0d50-4c8f-975f-8ac27bcf25d3"
RUN, OTHERS, CAMPAIGN = 77, 900, 812
TICKETS: dict[str, tuple[int, str, Any]] = {
    "object": (200, "json", {"campaignRunId": TICKET}),
    "capitals": (200, "json", {"campaignRunId": TICKET.upper()}),
    "null": (200, "json", None),
    "object of nulls": (200, "json", {"campaignRunId": None}),
    "zeros": (200, "json", {"campaignRunId": "00000000-0000-0000-0000-000000000000"}),
    "guid": (200, "json", TICKET),
    "guid in braces": (200, "json", f"{{{TICKET}}}"),
    "run id": (200, "json", {"runId": RUN}),
    "run id as text": (200, "json", {"runId": str(RUN)}),
    "number": (200, "json", RUN),
    "ticket id": (200, "json", {"campaignRunTicketId": TICKET}),
    "in an envelope": (200, "json", {"isSuccess": True, "result": {"runId": RUN, "campaignRunId": TICKET}}),
    "list": (200, "json", [{"campaignRunId": TICKET}]),
    "whole run": (200, "json", {"runId": RUN, "campaignRunId": TICKET, "startDate": None, "endDate": None}),
    "nothing that helps": (200, "json", {"success": True, "message": "queued"}),
    "created": (201, "json", {"campaignRunId": TICKET}),
    "accepted": (202, "json", {"campaignRunId": TICKET}),
    "accepted, empty": (202, "", b""),
    "no content": (204, "", b""),
    "empty": (200, "", b""),
    "text": (200, "text/plain", TICKET.encode()),
    "words": (200, "text/plain", b"Campaign queued."),
    "cut off": (200, "application/json", b'{"campaignRunId": "15a7'),
    "xml": (200, "application/xml", f'<guid xmlns="http://schemas.example/">{TICKET}</guid>'.encode()),
    "binary": (200, "application/octet-stream", b"\xff\x00\xfe"),
}
"""Every plausible answer to a start, and some that are less so."""
NAMING = frozenset(TICKETS) - {
    "null",
    "object of nulls",
    "zeros",
    "nothing that helps",
    "accepted, empty",
    "no content",
    "empty",
    "words",
    "cut off",
    "binary",
}
"""Those that name the run."""


@attrs.frozen(kw_only=True)
class Call:
    """One call of the run; `begins` and `ends` are numbers of questions after the start."""

    case: int
    result: Any = "Success"
    begins: int = 1
    ends: int = 1
    listed: bool = True
    """Whether the results have it, in the end."""


@attrs.define(kw_only=True)
class World:
    """What a portal holds and shows."""

    calls: list[Call]
    ticket: str = "object"
    as_calls: bool = False
    """The list of runs has single calls."""
    number_each: bool = False
    """Each listed call has a `runId` of its own."""
    order: str = "newest"
    """`newest` or `oldest` first, `shuffled`."""
    earlier: int = 1
    """How many runs there were before."""
    others: int = 0
    """How many runs of somebody else's are listed after the start, over and good."""
    runs_page: int = 50
    results_page: int = 50
    lost_page: int | None = None
    """The page of results that comes empty, without a link to the next."""
    total: Any = "honest"
    """What the results name as their total; None for nothing."""
    test_cases: Any = "honest"
    """What the campaign lists; an int is the status that it answers instead."""
    lost_answers: frozenset[int] = frozenset()
    """Questions that a gateway answers with 503, while the run goes on."""
    run_id: int = RUN
    overlap: bool = False
    """The second page of results has the last of the first once more, in place of its own first."""
    bare: bool = False
    """A run has nothing but its moments, and a result nothing but its word and length: no more was ever seen."""
    end_date: Any = None
    """The end of a run in another form."""
    total_name: str = "totalResults"
    lost_form: Any = attrs.field(factory=lambda: {"results": [], "nextPage": None})
    """What stands in place of the lost page, beside the total."""
    campaign: Any = None
    """What the campaign answers in place of a list of `testCases`."""
    run_says: dict[str, Any] = attrs.field(factory=dict)
    """What a run has beside its numbers and moments."""
    asked: int = attrs.field(default=-1, init=False)
    seen: list[str] = attrs.field(factory=list, init=False)

    @property
    def end(self) -> int:
        return max((call.ends for call in self.calls), default=1)

    def reply(self, seen: Seen) -> Reply:
        path = urlsplit(seen.target).path
        self.seen.append(f"{seen.method} {path.rpartition('/accounts/1')[2]}")
        if path.endswith("/execute"):
            assert self.asked < 0, "a campaign is started once"
            self.asked = 0
            status, media_type, body = TICKETS[self.ticket]
            return (
                json_reply(body, status)
                if media_type == "json"
                else Reply(status=status, body=body, media_type=media_type)
            )
        if self.asked >= 0:
            self.asked += 1
            if self.asked in self.lost_answers and self.asked < self.end:
                return Reply(status=503, body=b"", media_type="")
        return self._answer(
            path, {name.lower(): values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
        )

    def _answer(self, path: str, query: dict[str, str]) -> Reply:
        page = int(query.get("pageno", 1))
        if path.endswith("/results"):
            return self._results(path, page)
        if path.endswith("/runs"):
            return json_reply(self._page(path, self._listed(), page, self.runs_page))
        if "/runs/" in path:
            return json_reply(self._run(int(path.rpartition("/")[2])))
        if isinstance(self.test_cases, int):
            return Reply(status=self.test_cases, body=b"", media_type="")
        if self.campaign is not None:
            return json_reply(self.campaign)
        cases = [{"testCaseId": case} for case in dict.fromkeys(call.case for call in self.calls)]
        listed = cases if self.test_cases == "honest" else self.test_cases
        return json_reply({"campaignId": CAMPAIGN, "name": "Nightly", "testCases": listed})

    def _run(self, number: int) -> dict[str, Any]:
        # Those of somebody else's were over before they were listed.
        over = self.asked >= self.end or number >= OTHERS
        end = _time(900) if self.end_date is None else self.end_date
        moments = {"startDate": _time(1), "endDate": end if over else None}
        return moments if self.bare else {"runId": number, "campaignRunId": TICKET, **moments, **self.run_says}

    def _listed(self) -> list[dict[str, Any]]:
        rows = [_row(number, _guid(number), number - 900, over=True) for number in range(1, 1 + self.earlier)]
        if self.asked >= 0:
            rows += [_row(OTHERS + number, _guid(OTHERS + number), -1, over=True) for number in range(self.others)]
            begun = [call for call in self.calls if call.begins <= self.asked]
            for index, call in enumerate(begun if self.as_calls else begun[:1]):
                number = self.run_id + index if self.number_each else self.run_id
                over = self.asked >= (call.ends if self.as_calls else self.end)
                rows.append(_row(number, TICKET, call.begins if self.as_calls else 1, over=over))
        rows.sort(key=lambda row: row["startDate"], reverse=self.order == "newest")
        return rows[1::2] + rows[::2] if self.order == "shuffled" else rows

    def _results(self, path: str, page: int) -> Reply:
        rows = [
            {"testResultId": 500 + index, "testCaseId": call.case, "name": f"case {call.case}", "result": call.result}
            for index, call in enumerate(self.calls)
            if call.listed
        ]
        if self.bare:
            rows = [{"duration": "00:00:34", "result": row["result"]} for row in rows]
        made = self._page(path, rows, page, self.results_page)
        if self.overlap and page > 1:
            made["results"][0] = rows[(page - 1) * self.results_page - 1]
        if page == self.lost_page:
            if isinstance(self.lost_form, list):
                return json_reply(self.lost_form)
            made = dict(self.lost_form)
        made.pop("totalResults", None)
        if self.total is not None:
            made[self.total_name] = len(self.calls) if self.total == "honest" else self.total
        return json_reply(made)

    def _page(self, path: str, rows: list[Any], number: int, size: int) -> dict[str, Any]:
        more = f"{path}?pageno={number + 1}&pageSize={size}" if number * size < len(rows) else None
        return {"results": rows[(number - 1) * size : number * size], "nextPage": more, "totalResults": len(rows)}


def _started(status: int, media_type: str, body: Any) -> Reply:
    return json_reply(body, status) if media_type == "json" else Reply(status=status, body=body, media_type=media_type)


def _row(number: int, ticket: str, start: int, *, over: bool) -> dict[str, Any]:
    end = _time(start + 1) if over else None
    return {"runId": number, "campaignRunId": ticket, "startDate": _time(start), "endDate": end}


def _guid(number: int) -> str:
    return f"{number:08}-0000-4000-8000-00000000000a"


def _time(minute: int) -> str:
    hours, minutes = divmod(1000 + minute, 60)
    return f"2026-01-{1 + hours // 24:02}T{hours % 24:02}:{minutes:02}:00Z"


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(value).encode())


class ScriptedPortal(WireServer):
    """Serves one world after the other."""

    def show(self, world: World) -> World:
        self.script = world.reply
        return world

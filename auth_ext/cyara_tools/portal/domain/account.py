"""The simulated account: which request reads or changes what.

A request that none of the routes below matches is answered from its schema.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cyara_tools.portal.answers import PortalAnswer, json_answer, problem
from cyara_tools.portal.domain import campaigns
from cyara_tools.portal.domain.campaigns import Campaigns
from cyara_tools.portal.domain.clock import Clock
from cyara_tools.portal.domain.modes import Modes
from cyara_tools.portal.domain.paging import page
from cyara_tools.portal.domain.problems import ProblemError, not_found
from cyara_tools.portal.domain.test_cases import TestCases
from cyara_tools.portal.domain.users import ROLES, Users
from cyara_tools.portal.string_formats import read_date_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cyara_tools.portal.domain.runs import Run
    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.request_validator import IncomingRequest, ValidatedRequest

ACCOUNT: Final = 1
_A: Final = r"/v3\.0/accounts/(?P<account>\d+)"
_CAMPAIGN: Final = _A + r"/campaigns/(?P<campaign>\d+)"
_TITLES: Final = {400: "Bad Request", 404: "Not Found", 409: "Conflict"}


class SimulatedAccount:
    """One account with its campaigns, test cases and users."""

    def __init__(self, *, base_url: str, seed: int, speed: float, modes: Modes | None = None) -> None:
        self.modes = modes = modes or Modes()
        self.clock = Clock(speed=speed)
        self.base_url = base_url
        self.cases = TestCases(self.clock, seed, base_url, ACCOUNT, modes.every)
        self.campaigns = Campaigns(self.clock, seed, lambda number: self.cases.get(number).name, modes)
        self.users = Users(seed, ACCOUNT)
        # In this order: campaigns refer to test cases that are there.
        self.cases.populate()
        self.campaigns.populate(self.cases.numbers)
        self.users.populate()

    def answer(self, request: IncomingRequest, validated: ValidatedRequest) -> PortalAnswer | None:
        """Answer a valid request by the account's state, or return None if no route matches."""
        for method, pattern, handler in _ROUTES:
            hit = pattern.fullmatch(request.path) if method == request.method else None
            if hit is None:
                continue
            try:
                if hit.groupdict().get("account", str(ACCOUNT)) != str(ACCOUNT):
                    raise not_found("account", hit["account"])
                made = handler(_Call(self, request, validated, hit.groupdict()))
            except ProblemError as error:
                return problem(error.status, _TITLES[error.status], error.detail)
            if made is None:
                return PortalAnswer(status=204)
            return made if isinstance(made, PortalAnswer) else json_answer(made)
        return None


class _Call:
    """One request on its way through a handler."""

    def __init__(
        self, account: SimulatedAccount, request: IncomingRequest, validated: ValidatedRequest, groups: dict[str, str]
    ) -> None:
        self.account, self.body, self._request = account, validated.body, request
        self._values, self._groups = validated.values, groups

    def number(self, name: str) -> int:
        return int(self._groups[name])

    def text(self, name: str) -> str:
        return self._groups[name]

    def query_value(self, name: str) -> Json:
        return self._values.get(f"query.{name}")

    def page(self, entries: Sequence[Json], *, number: int | None = None) -> Json:
        address = self.account.base_url + self._request.path
        query = self._request.query if number is None else f"{self._request.query}&pageno={number}"
        return page(entries, address=address, query=query)


def _runs(call: _Call) -> Json:
    now = call.account.clock.now()
    found: list[Run] = call.account.campaigns.runs(call.number("campaign"))
    if call.query_value("fromDate"):
        found = [run for run in found if run.start >= _moment(call.query_value("fromDate"))]
    if call.query_value("toDate"):
        found = [run for run in found if run.start <= _moment(call.query_value("toDate"))]
    modes = call.account.modes
    listed = [item for run in found for item in (run.calls(now) if modes.runs_as == "calls" else [run.as_json(now)])]
    return call.page(listed[::-1] if call.query_value("sortAsc") else listed)


def _moment(text: str) -> datetime:
    """Read a moment."""
    # All dates of the API are UTC, also where nothing says so.
    moment = read_date_time(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _create(status: int, make: Callable[[_Call], Json]) -> Callable[[_Call], Json]:
    return lambda call: json_answer(make(call), status=status)


def _import(call: _Call) -> Json:
    return {"testCaseIds": call.account.cases.import_file(call.body["file"].encode("latin-1"))}


def _export(call: _Call) -> Json:
    return PortalAnswer(status=200, body=call.account.cases.get(call.number("case")).file, media_type="application/xml")


def _execute_campaign(call: _Call) -> Json:
    run = call.account.campaigns.execute(call.number("campaign"))
    return call.account.modes.answer_start("campaignRunId", run.ticket, run.as_json(call.account.clock.now()))


def _execute_test_case(call: _Call) -> Json:
    ticket = call.account.cases.execute(call.number("case"))["testRunTicketId"]
    return call.account.modes.answer_start("testRunTicketId", ticket, call.account.cases.result(ticket))


def _results(call: _Call) -> Json:
    results = call.account.campaigns.results(call.number("campaign"), call.number("run"))
    number = call.query_value("pageno") or 1
    return call.account.modes.results_page(results, number, lambda entries, number: call.page(entries, number=number))


def _run(call: _Call) -> Json:
    return call.account.campaigns.run(call.number("campaign"), call.number("run")).as_json(call.account.clock.now())


_CASE: Final = _A + r"/testcases/(?P<case>\d+)"
_USER: Final = r"(?P<user>[0-9a-fA-F-]{36})"
_RUN: Final = r"/runs/(?P<run>\d+)"
_RESULTS: Final = _A + r"/report/campaigns/(?P<campaign>\d+)" + _RUN + "/results"
_FOLDERS: Final = _A + "/directories/TestCase/folders"

# By method and path, never by operation id: a customer's own document may name the same operations differently.
_TABLE: Final[tuple[tuple[str, str, Callable[[_Call], Json]], ...]] = (
    ("GET", _A + "/testcases", lambda c: c.page(c.account.cases.summaries())),
    ("GET", _CASE, lambda c: c.account.cases.details(c.number("case"))),
    ("POST", _A + "/testcases/import", _import),
    ("POST", _CASE + "/execute", _execute_test_case),
    ("GET", _CASE + "/export", _export),
    ("GET", _A + r"/testresults/(?P<ticket>[0-9a-fA-F-]{36})", lambda c: c.account.cases.result(c.text("ticket"))),
    ("GET", _A + "/campaigns", lambda c: c.page(c.account.campaigns.summaries())),
    ("POST", _A + "/campaigns", _create(201, lambda c: c.account.campaigns.create(c.body))),
    ("GET", _CAMPAIGN, lambda c: c.account.campaigns.details(c.number("campaign"))),
    ("PUT", _CAMPAIGN, lambda c: c.account.campaigns.update(c.number("campaign"), c.body)),
    ("DELETE", _CAMPAIGN, lambda c: c.account.campaigns.delete(c.number("campaign"))),
    ("POST", _CAMPAIGN + "/execute", _execute_campaign),
    ("GET", _CAMPAIGN + "/runs", _runs),
    ("GET", _CAMPAIGN + _RUN, _run),
    ("GET", _RESULTS, _results),
    ("GET", _A + "/plans", lambda c: c.page(campaigns.plan_summaries())),
    ("GET", _A + r"/plans/(?P<plan>\d+)", lambda c: campaigns.plan(c.number("plan"))),
    ("GET", _FOLDERS, lambda c: c.account.cases.folders()),
    ("GET", _FOLDERS + r"/(?P<folder>\d+)", lambda c: c.page(c.account.cases.folder(c.number("folder")))),
    ("GET", _A + "/users", lambda c: c.page(c.account.users.of_account())),
    ("GET", r"/v3\.0/users", lambda c: c.page(c.account.users.all())),
    ("POST", r"/v3\.0/users", _create(201, lambda c: c.account.users.create(c.body))),
    ("GET", r"/v3\.0/users/roles", lambda _: list(ROLES)),
    ("POST", r"/v3\.0/users/bulk", lambda c: c.account.users.create_bulk(c.body["users"])),
    ("GET", r"/v3\.0/users/" + _USER, lambda c: c.account.users.get(c.text("user"))),
    ("DELETE", r"/v3\.0/users/" + _USER, lambda c: c.account.users.delete(c.text("user"))),
    ("GET", rf"/v3\.0/users/{_USER}/accounts", lambda c: c.account.users.accounts(c.text("user"))),
    ("POST", _A + "/users/bulk", lambda c: c.account.users.attach_bulk(c.body["userIds"])),
    ("POST", _A + "/users/" + _USER, lambda c: c.account.users.attach(c.text("user"))),
    ("DELETE", _A + "/users/" + _USER, lambda c: c.account.users.detach(c.text("user"))),
)
_ROUTES: Final = tuple((method, re.compile(path, re.IGNORECASE), handler) for method, path, handler in _TABLE)

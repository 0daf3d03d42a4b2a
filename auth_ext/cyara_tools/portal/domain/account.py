"""Which request touches which part of the portal's life.

By method and path, never by operation id: a customer's own document may name the same routes differently. A request
that fits none of these is answered from its schema.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cyara_tools.portal.answers import PortalAnswer, json_answer, problem
from cyara_tools.portal.domain import campaigns
from cyara_tools.portal.domain.campaigns import Campaigns
from cyara_tools.portal.domain.clock import Clock
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
    """The life of one account behind the bundled document."""

    def __init__(self, *, base_url: str, seed: int, speed: float) -> None:
        self.clock = Clock(speed=speed)
        self.base_url = base_url
        self.cases = TestCases(self.clock, seed, base_url, ACCOUNT)
        self.campaigns = Campaigns(self.clock, seed, lambda number: self.cases.get(number).name)
        self.users = Users(seed, ACCOUNT)
        self.cases.fill()
        self.campaigns.fill(self.cases.numbers)
        self.users.fill()

    def answer(self, request: IncomingRequest, verdict: ValidatedRequest) -> PortalAnswer | None:
        """Answer a valid request that belongs to this life, or return None."""
        for method, pattern, handler in _ROUTES:
            hit = pattern.fullmatch(request.path) if method == request.method else None
            if hit is None:
                continue
            try:
                if hit.groupdict().get("account", str(ACCOUNT)) != str(ACCOUNT):
                    raise not_found("account", hit["account"])
                made = handler(_Call(self, request, verdict, hit.groupdict()))
            except ProblemError as refusal:
                return problem(refusal.status, _TITLES[refusal.status], refusal.detail)
            if made is None:
                return PortalAnswer(status=204)
            return made if isinstance(made, PortalAnswer) else json_answer(made)
        return None


class _Call:
    """One request on its way through a handler."""

    def __init__(
        self, cyara: SimulatedAccount, request: IncomingRequest, verdict: ValidatedRequest, groups: dict[str, str]
    ) -> None:
        self.cyara, self.body, self._request = cyara, verdict.body, request
        self._values, self._groups = verdict.values, groups

    def number(self, name: str) -> int:
        return int(self._groups[name])

    def text(self, name: str) -> str:
        return self._groups[name]

    def asked(self, name: str) -> Json:
        return self._values.get(f"query.{name}")

    def page(self, entries: Sequence[Json]) -> Json:
        address = self.cyara.base_url + self._request.path
        return page(entries, address=address, query=self._request.query)


def _runs(call: _Call) -> Json:
    now = call.cyara.clock.now()
    found: list[Run] = call.cyara.campaigns.runs(call.number("campaign"))
    if call.asked("fromDate"):
        found = [run for run in found if run.start >= _moment(call.asked("fromDate"))]
    if call.asked("toDate"):
        found = [run for run in found if run.start <= _moment(call.asked("toDate"))]
    if call.asked("sortAsc"):
        found = found[::-1]
    return call.page([run.shown(now) for run in found])


def _moment(text: str) -> datetime:
    """Read a moment; one without a zone is UTC, as all dates of the API are."""
    moment = read_date_time(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _create(status: int, make: Callable[[_Call], Json]) -> Callable[[_Call], Json]:
    return lambda call: json_answer(make(call), status=status)


def _import(call: _Call) -> Json:
    return {"testCaseIds": call.cyara.cases.import_file(call.body["file"].encode("latin-1"))}


def _export(call: _Call) -> Json:
    return PortalAnswer(status=200, body=call.cyara.cases.get(call.number("case")).file, media_type="application/xml")


def _run(call: _Call) -> Json:
    return call.cyara.campaigns.run(call.number("campaign"), call.number("run")).shown(call.cyara.clock.now())


_CASE: Final = _A + r"/testcases/(?P<case>\d+)"
_USER: Final = r"(?P<user>[0-9a-fA-F-]{36})"
_RUN: Final = r"/runs/(?P<run>\d+)"
_RESULTS: Final = _A + r"/report/campaigns/(?P<campaign>\d+)" + _RUN + "/results"
_FOLDERS: Final = _A + "/directories/TestCase/folders"

_TABLE: Final[tuple[tuple[str, str, Callable[[_Call], Json]], ...]] = (
    ("GET", _A + "/testcases", lambda c: c.page(c.cyara.cases.summaries())),
    ("GET", _CASE, lambda c: c.cyara.cases.shown(c.number("case"))),
    ("POST", _A + "/testcases/import", _import),
    ("POST", _CASE + "/execute", lambda c: c.cyara.cases.execute(c.number("case"))),
    ("GET", _CASE + "/export", _export),
    ("GET", _A + r"/testresults/(?P<ticket>[0-9a-fA-F-]{36})", lambda c: c.cyara.cases.result(c.text("ticket"))),
    ("GET", _A + "/campaigns", lambda c: c.page(c.cyara.campaigns.summaries())),
    ("POST", _A + "/campaigns", _create(201, lambda c: c.cyara.campaigns.create(c.body))),
    ("GET", _CAMPAIGN, lambda c: c.cyara.campaigns.shown(c.number("campaign"))),
    ("PUT", _CAMPAIGN, lambda c: c.cyara.campaigns.update(c.number("campaign"), c.body)),
    ("DELETE", _CAMPAIGN, lambda c: c.cyara.campaigns.delete(c.number("campaign"))),
    ("POST", _CAMPAIGN + "/execute", lambda c: c.cyara.campaigns.execute(c.number("campaign"))),
    ("GET", _CAMPAIGN + "/runs", _runs),
    ("GET", _CAMPAIGN + _RUN, _run),
    ("GET", _RESULTS, lambda c: c.page(c.cyara.campaigns.results(c.number("campaign"), c.number("run")))),
    ("GET", _A + "/plans", lambda c: c.page(campaigns.plan_summaries())),
    ("GET", _A + r"/plans/(?P<plan>\d+)", lambda c: campaigns.plan(c.number("plan"))),
    ("GET", _FOLDERS, lambda c: c.cyara.cases.folders()),
    ("GET", _FOLDERS + r"/(?P<folder>\d+)", lambda c: c.page(c.cyara.cases.folder(c.number("folder")))),
    ("GET", r"/v3\.0/users", lambda c: c.page(c.cyara.users.all())),
    ("POST", r"/v3\.0/users", _create(201, lambda c: c.cyara.users.create(c.body))),
    ("GET", r"/v3\.0/users/roles", lambda _: list(ROLES)),
    ("POST", r"/v3\.0/users/bulk", lambda c: c.cyara.users.create_bulk(c.body["users"])),
    ("GET", r"/v3\.0/users/" + _USER, lambda c: c.cyara.users.get(c.text("user"))),
    ("DELETE", r"/v3\.0/users/" + _USER, lambda c: c.cyara.users.delete(c.text("user"))),
    ("GET", rf"/v3\.0/users/{_USER}/accounts", lambda c: c.cyara.users.accounts(c.text("user"))),
    ("POST", _A + "/users/bulk", lambda c: c.cyara.users.attach_bulk(c.body["userIds"])),
    ("POST", _A + "/users/" + _USER, lambda c: c.cyara.users.attach(c.text("user"))),
    ("DELETE", _A + "/users/" + _USER, lambda c: c.cyara.users.detach(c.text("user"))),
)
_ROUTES: Final = tuple((method, re.compile(path, re.IGNORECASE), handler) for method, path, handler in _TABLE)

"""Campaigns and plans: created, changed, deleted, executed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.domain import runs
from cyara_tools.portal.domain.clock import format_time
from cyara_tools.portal.domain.modes import Modes
from cyara_tools.portal.domain.problems import ProblemError, existing
from cyara_tools.portal.domain.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cyara_tools.portal.domain.clock import Clock
    from cyara_tools.portal.json_types import Json

PLANS: Final = (
    {"planId": 31, "name": "Pulse 10 ports", "type": "Pulse", "channel": "Voice", "concurrency": 10},
    {"planId": 32, "name": "Pulse outbound 5 ports", "type": "PulseOutbound", "channel": "Voice", "concurrency": 5},
    {"planId": 33, "name": "Cruncher 100 ports", "type": "Cruncher", "channel": "Voice", "concurrency": 100},
    {"planId": 34, "name": "Velocity 4 ports", "type": "Velocity", "channel": "Voice", "concurrency": 4},
)
SEEDED: Final = 130
FIRST_CAMPAIGN: Final = 801
FIRST_RUN: Final = 55_001
FIRST_RESULT: Final = 880_001
_LONG_HISTORY: Final = 60
_DETAIL_ONLY: Final = ("concurrency", "testCases", "frequency", "schedules", "requestedRunDate", "plan")


@attrs.define
class Campaigns:
    """All campaigns of the account, and their runs."""

    clock: Clock
    seed: int
    case_name: Callable[[int], str]
    """Name of a test case, by number.

    Raises:
        ProblemError: there is no test case with the number.
    """
    modes: Modes = attrs.field(factory=Modes)
    _campaigns: dict[int, dict[str, Json]] = attrs.field(factory=dict[int, dict[str, Any]], init=False)
    _runs: list[Run] = attrs.field(factory=list[Run], init=False)
    _results: int = attrs.field(default=FIRST_RESULT, init=False)

    def populate(self, cases: list[int]) -> None:
        """Make the campaigns that are there from the start; the first one has a history of several pages."""
        now = self.clock.now()
        for number in range(SEEDED):
            plan = PLANS[number % len(PLANS)]
            campaign_id = FIRST_CAMPAIGN + number
            chosen = [cases[(number + step) % len(cases)] for step in range(1 + number % 6)]
            self._campaigns[campaign_id] = self._new(
                campaign_id, f"Campaign {number + 1:03}", plan, 1 + number % 3, chosen
            )
            for back in range(_LONG_HISTORY if number == 0 else number % 3, 0, -1):
                self._add_run(self._campaigns[campaign_id], now - timedelta(hours=back))

    def summaries(self) -> list[Json]:
        """Return the campaigns as lists show them."""
        return [{k: v for k, v in self.details(number).items() if k not in _DETAIL_ONLY} for number in self._campaigns]

    def details(self, campaign_id: int) -> dict[str, Json]:
        """Return one campaign in full."""
        campaign = self._get(campaign_id)
        now = self.clock.now()
        own = [run for run in self._runs if run.campaign_id == campaign_id]
        # A queued run has not run yet.
        begun = [run.start for run in own if run.start <= now]
        return {**campaign, "status": _status(own, now), "lastRunDate": format_time(max(begun, default=None))}

    def create(self, body: dict[str, Json]) -> dict[str, Json]:
        """Make a campaign from a request's body."""
        # Never the number of a deleted campaign, unless it was the last one.
        number = max(self._campaigns, default=FIRST_CAMPAIGN) + 1
        plan = _plan_of(body)
        self._campaigns[number] = self._new(
            number, body["name"], plan, body.get("concurrency") or 1, body["testCaseIds"]
        )
        self._campaigns[number]["planType"] = body["planType"]
        return self.details(number)

    def update(self, campaign_id: int, body: dict[str, Json]) -> dict[str, Json]:
        """Change what the body names and keep the rest."""
        campaign = self._get(campaign_id)
        if "planId" in body:
            plan = _plan_of(body)
            campaign |= {"plan": {"planId": plan["planId"], "name": plan["name"]}, "planType": plan["type"]}
        if "testCaseIds" in body:
            campaign["testCases"] = self._cases(body["testCaseIds"])
        campaign |= {name: body[name] for name in ("name", "planType", "concurrency") if name in body}
        return self.details(campaign_id)

    def delete(self, campaign_id: int) -> None:
        """Forget a campaign, unless it is running."""
        if self.details(campaign_id)["status"] in {"Running", "Queued"}:
            raise ProblemError(409, f"Campaign {campaign_id} is running or queued.")
        del self._campaigns[campaign_id]

    def execute(self, campaign_id: int) -> Run:
        """Ask for a run and return it."""
        campaign = self._get(campaign_id)
        if not campaign["testCases"]:
            raise ProblemError(409, f"Campaign {campaign_id} has no test cases.")
        return self._add_run(campaign, self.clock.now(), endless=self.modes.endless)

    def runs(self, campaign_id: int) -> list[Run]:
        """Return the runs that have started, latest first; a queued run is not among them."""
        self._get(campaign_id)
        now = self.clock.now()
        own = [run for run in self._runs if run.campaign_id == campaign_id and run.start <= now]
        return sorted(own, key=lambda run: run.start, reverse=True)

    def run(self, campaign_id: int, run_id: int) -> Run:
        """Return one run."""
        return existing(next((run for run in self.runs(campaign_id) if run.run_id == run_id), None), "run", run_id)

    def results(self, campaign_id: int, run_id: int) -> list[Json]:
        """Return the results of a run, those under way included."""
        now = self.clock.now()
        return [test.as_json(now) for test in self.run(campaign_id, run_id).tests if test.start <= now]

    def _add_run(self, campaign: dict[str, Json], requested: datetime, *, endless: bool = False) -> Run:
        plan = _plan_of(campaign["plan"])
        ports = min(campaign["concurrency"] or 1, plan["concurrency"])
        start = runs.start_of(requested, campaign["campaignId"], plan["planId"], ports, plan["concurrency"], self._runs)
        cases = [(case["testCaseId"], case["name"]) for case in campaign["testCases"]]
        tests = runs.schedule(cases, start, ports, self._results)
        tests = runs.with_outcomes(tests, every=self.modes.every, late_failures=self.modes.late_failures)
        self._results += len(tests)
        tests = runs.without_end(tests) if endless else tests
        run_id = FIRST_RUN + len(self._runs)
        run = Run(
            run_id=run_id,
            ticket=runs.ticket(self.seed, run_id),
            campaign_id=campaign["campaignId"],
            plan_id=plan["planId"],
            ports=ports,
            requested=requested,
            start=start,
            end=max(test.end for test in tests),
            tests=tests,
        )
        self._runs.append(run)
        return run

    def _new(self, number: int, name: str, plan: Json, ports: int, cases: list[int]) -> dict[str, Json]:
        return {
            "campaignId": number,
            "name": name,
            "planType": plan["type"],
            "status": "Scheduled",
            "lastRunDate": None,
            "concurrency": ports,
            "testCases": self._cases(cases),
            "frequency": "00:15:00" if str(plan["type"]).startswith("Pulse") else None,
            "schedules": None,
            "requestedRunDate": None,
            "plan": {"planId": plan["planId"], "name": plan["name"]},
        }

    def _cases(self, numbers: list[int]) -> list[Json]:
        return [{"testCaseId": number, "name": self.case_name(number)} for number in numbers]

    def _get(self, campaign_id: int) -> dict[str, Json]:
        return existing(self._campaigns.get(campaign_id), "campaign", campaign_id)


def _plan_of(body: dict[str, Json]) -> dict[str, Json]:
    found = _find_plan(body["planId"])
    # 400 and not 404: what is wrong stands in the body, not in the address.
    if found is None:
        raise ProblemError(400, f"There is no plan {body['planId']}.")
    return found


def plan(plan_id: int) -> dict[str, Json]:
    """Return a plan in full."""
    return existing(_find_plan(plan_id), "plan", plan_id)


def _find_plan(plan_id: int) -> dict[str, Json] | None:
    return next((dict(entry) for entry in PLANS if entry["planId"] == plan_id), None)


def plan_summaries() -> list[Json]:
    """Return the plans as lists show them: without their limit of ports."""
    return [{key: value for key, value in entry.items() if key != "concurrency"} for entry in PLANS]


def _status(own: list[Run], now: datetime) -> str:
    if any(run.start <= now < run.end for run in own):
        return "Running"
    if any(run.start > now for run in own):
        return "Queued"
    return "Completed" if own else "Scheduled"

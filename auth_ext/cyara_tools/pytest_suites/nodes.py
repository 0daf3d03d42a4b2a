"""What pytest collects of a suite file: its campaigns, of each its test cases, and the gate."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import pytest

from cyara_tools.pytest_suites.execution import Execution, execute
from cyara_tools.pytest_suites.listing import ListedCampaign, list_campaigns
from cyara_tools.pytest_suites.once import once
from cyara_tools.pytest_suites.texts import class_name_of, fit, is_bad, is_same, meaning_of, name_of, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cyara_tools.run.suite import SuiteEntry

NodeT = TypeVar("NodeT", bound=pytest.Item | pytest.Collector)
GATE: Final = "gate"
_EXTRA: Final = ("typer", "rich", "yaml", "jsonschema")


class CalledAndFailedError(Exception):
    """A test was called, and its result is bad; or the gate failed by such ones."""


class NotCalledError(Exception):
    """There is no result to judge: the test was not called, or the campaign did not run to its end."""


def new_node(kind: type[NodeT], parent: pytest.Collector, **options: Any) -> NodeT:
    """Make a node of pytest's."""
    # Its own annotations leave open what it takes.
    make: Any = kind
    node: NodeT = make.from_parent(parent, **options)
    return node


class SuiteFile(pytest.File):
    """A suite file."""

    def __init__(self, *, session_folder: Callable[[], Path], **options: Any) -> None:
        super().__init__(**options)
        self.session_folder = session_folder

    def collect(self) -> Iterator[Campaign]:
        """Read the file, and what its campaigns list at the portal; nothing is started.

        Raises:
            CollectError: it cannot be used, or the portal cannot be asked.
        """
        if reruns_are_on(self.config) and not self.config.getini("cyara_reruns"):
            raise self.CollectError(
                "Each rerun of a result would be another run of its campaign, with its calls, so campaigns and reruns "
                "do not go together. Nothing was started. Next: leave --reruns out, or write `cyara_reruns = true` "
                "into the ini file to have campaigns run again"
            )
        missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
        if missing:
            raise self.CollectError(
                f"Suite files need {', '.join(missing)}. Nothing was started. Next: pip install 'cyara-client[cli]'"
            )
        suite, entries = self._read()
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:16]
        folder = self.session_folder() / digest
        listed = once(folder, lambda _: _listed_or_error(entries))
        if "error" in listed:
            raise self.CollectError(listed["error"])
        for values in listed["campaigns"]:
            campaign = ListedCampaign(**values)
            entry = {key: value for key, value in suite["campaigns"][campaign.entry].items() if key != "name"}
            yield new_node(
                Campaign,
                self,
                name=f"{class_name_of(campaign.name)} ({campaign.id})",
                listed=campaign,
                suite={**suite, "campaigns": [{**entry, "id": campaign.id}]},
                folder=folder / str(campaign.id),
            )

    def _read(self) -> tuple[dict[str, Any], tuple[SuiteEntry, ...]]:
        """Return what the file says, as it stands there and as it is read."""
        from cyara_tools.run.strict_yaml import read_yaml
        from cyara_tools.run.suite import SuiteFileError, read_suite

        try:
            suite = read_suite(self.path)
            suite.check_environment(os.environ)
        except SuiteFileError as error:
            raise self.CollectError(str(error)) from None
        return read_yaml(self.path.read_text(encoding="utf-8-sig")).value, suite.entries


class Campaign(pytest.Collector):
    """A campaign: a class, as pytest sees it."""

    def __init__(self, *, listed: ListedCampaign, suite: dict[str, Any], folder: Path, **options: Any) -> None:
        super().__init__(**options)
        self.listed = listed
        self._suite, self._folder = suite, folder
        self._executions: dict[int, Execution] = {}
        self.add_marker("cyara")
        self.extra_keyword_matches.update({listed.name, str(listed.id), listed.plan_type} - {""})
        if hasattr(self.config.option, "timeout"):
            # pytest-timeout: that of other tests would end a run in its middle; `cyara run` has its own.
            self.add_marker(pytest.mark.timeout(0))

    def collect(self) -> Iterator[pytest.Item]:
        """Return an item for each test case that the campaign lists, and one for the gate."""
        numbers = Counter[str]()
        taken = {GATE}
        for case in self.listed.cases:
            numbers[case] += 1
            name = wanted = name_of(case)
            again = 1
            while name in taken:
                again += 1
                name = f"{wanted} ({again})"
            taken.add(name)
            yield new_node(Result, self, name=name, case=case, number=numbers[case])
        yield new_node(GateItem, self, name=GATE)

    def execution(self, attempt: int) -> Execution:
        """Return what came of its run; the first who asks, in whichever worker, runs it."""
        if attempt not in self._executions:
            interval = self.config.getini("cyara_interval")
            options = ["--interval", str(interval)] if interval else []
            try:
                made = once(self._folder / str(attempt), lambda folder: execute(folder, self._suite, options))
            except KeyboardInterrupt as interrupt:
                pytest.exit(fit(str(interrupt)) or "Interrupted.")
            self._executions[attempt] = Execution(**made)
        return self._executions[attempt]


class _Item(pytest.Item):
    """What both kinds of items have."""

    parent: Campaign
    seconds = 0.0

    @property
    def execution(self) -> Execution:
        """What came of the campaign's run: the first one, unless reruns are allowed and this is one."""
        allowed = self.config.getini("cyara_reruns")
        return self.parent.execution(getattr(self, "execution_count", 1) if allowed else 1)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the file, no line, and a heading."""
        return self.path, None, f"{self.parent.name}: {self.name}"

    def sections(self) -> list[tuple[str, str]]:
        """Return what stands beside a report of the item, under headings."""
        return []


class Result(_Item):
    """What one test case of a campaign brought."""

    def __init__(self, *, case: str, number: int, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType]  # pytest leaves open what it takes
        self._case, self._number = case, number

    def setup(self) -> None:
        """Have the campaign run, if it has not; without a result this item is an error and no failure.

        Raises:
            NotCalledError: there is none, or the call could not be made.
        """
        execution = self.execution
        own = self._own(execution)
        self.seconds = sum(result["duration_s"] or 0.0 for result in own)
        self.user_properties = [("campaign", self.parent.listed.id), *_properties(execution)]
        self.user_properties += [("result", result["result"]) for result in own]
        if execution.verdict == "passed":
            return
        if not own:
            raise NotCalledError(f"There is no result.\n{fit(execution.why)}")
        lacking = [result for result in own if meaning_of(result) == "not_called"]
        if len(lacking) == len(own):
            raise NotCalledError(told(lacking))

    def runtest(self) -> None:
        """Judge the result.

        Raises:
            CalledAndFailedError: it is bad.
        """
        execution = self.execution
        own = self._own(execution)
        bad = [result for result in own if is_bad(result)]
        if execution.verdict == "passed" and (bad or not own):
            pytest.xfail(f"allowed by the gate: {told(bad) if bad else 'there is no result'}")
        if bad:
            raise CalledAndFailedError(told(bad))

    def _own(self, execution: Execution) -> list[dict[str, Any]]:
        """Return the results of this test case: several where its call was repeated."""
        named = [result for result in execution.results if is_same(result["name"], self._case)]
        return named[self._number - 1 :: self.parent.listed.cases.count(self._case)]


class GateItem(_Item):
    """What the gate says of a campaign's run; it speaks for results of tests that the campaign had not listed, too."""

    def setup(self) -> None:
        """Have the campaign run, if it has not.

        Raises:
            NotCalledError: it has not run to its end, or not every test could be called.
        """
        execution = self.execution
        self.user_properties = [("campaign", self.parent.listed.id), *_properties(execution)]
        if execution.verdict not in {"passed", "failed"}:
            raise NotCalledError(self._told(execution))

    def runtest(self) -> None:
        """Fail as the gate does.

        Raises:
            CalledAndFailedError: the gate failed.
        """
        if self.execution.verdict != "passed":
            raise CalledAndFailedError(self._told(self.execution))

    def sections(self) -> list[tuple[str, str]]:
        """Return what `cyara run` printed, for the report."""
        said = fit(self.execution.said)
        return [("What cyara run said", said)] if said else []

    def _told(self, execution: Execution) -> str:
        cases = self.parent.listed.cases
        others = [
            f"Not listed before the run: {name_of(result['name'])}: {told([result])}"
            for result in execution.results
            if is_bad(result) and not any(is_same(result["name"], case) for case in cases)
        ]
        return "\n".join([fit(execution.why), *others])


def reruns_are_on(config: pytest.Config) -> bool:
    """Say whether failed tests of this session are run again, by pytest-rerunfailures."""
    option = config.option
    if not hasattr(option, "reruns"):
        return False
    # In its own order.
    given = (getattr(option, "force_reruns", None), option.reruns)
    wanted = next((number for number in given if number is not None), config.getini("reruns"))
    return str(wanted or "0").strip() not in {"", "0"}


def _listed_or_error(entries: Sequence[SuiteEntry]) -> dict[str, Any]:
    from cyara_client.errors import CyaraError
    from cyara_tools.cli.command_output import sentence
    from cyara_tools.cli.exit_codes import EXPECTED

    try:
        return {"campaigns": [attrs.asdict(campaign) for campaign in list_campaigns(entries)]}
    except Exception as error:
        if not isinstance(error, (CyaraError, *EXPECTED)):
            raise
        # As a value, so that all workers say the same.
        return {"error": f"The campaigns of the suite cannot be listed. {sentence(error)}"}


def _properties(execution: Execution) -> list[tuple[str, Any]]:
    campaign = execution.campaign or {}
    return [("run", campaign["run"])] if campaign.get("run") else []

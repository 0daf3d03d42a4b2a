"""A campaign is started once or never: by selection, by workers, by reruns, after kills and Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cyara_tools.pytest_suites.once import exclusive, once

from .conftest import Start
from .project import Project, Result

TWO = "campaigns: [{id: 808}, {id: 813}]\n"


def test_collecting_reads_and_starts_nothing(start: Start):
    project = start()
    project.suite(TWO)
    done = project.pytest("--cyara", "--collect-only", "-q")
    assert done.code == 0
    assert "nightly.cyara.yaml::Campaign 008 (808)::gate" in done.out
    assert {visit.method for visit in project.portal.requests} == {"GET"}


SELECTIONS = {
    "a campaign by its name": (["-k", "Campaign and 013"], [813], 2),
    "a campaign by its number": (["-k", "808"], [808], 3),
    "one result": (["-k", "Test and case and 009"], [808], 1),
    "nothing of campaigns": (["-m", "not cyara"], [], 1),
    "nothing but campaigns": (["-m", "cyara"], [808, 813], 5),
    "one item by its address": (["nightly.cyara.yaml::Campaign 013 (813)::gate"], [813], 1),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_only_what_is_selected_runs(start: Start, name: str):
    arguments, started, items = SELECTIONS[name]
    project = start()
    project.suite(TWO)
    done = project.pytest("--cyara", *arguments)
    assert done.code == 0, done.out
    assert (project.started, len(done.cases)) == (started, items)


def test_all_workers_report_one_run_of_each_campaign(start: Start):
    project = start(late_failures=1)
    project.suite(TWO)
    project.suite("campaigns: [{id: 812, max_failures: 1}]\n", "weekly.cyara.yaml")
    (project.root / "conftest.py").write_text(
        "def pytest_sessionfinish(session):\n"
        "    print('SHARED', session.config.pluginmanager.get_plugin('cyara-suites').folder())\n",
        encoding="utf-8",
    )
    done = project.pytest("--cyara", "-n", "2", "-s")
    (shared,) = {line.partition("SHARED ")[2] for line in done.out.splitlines() if "SHARED " in line}
    assert not Path(shared).exists()
    assert done.code == 1
    assert sorted(project.started) == [808, 812, 813]
    assert len(done.cases) == 13
    assert done.outcomes["Campaign 012 (812)::gate"] == "passed"
    assert done.outcomes["Campaign 008 (808)::gate"] == "failure"


def test_a_stale_pair_costs_one_call_over_all_workers(start: Start):
    project = start()
    project.portal.regenerate_token()
    project.suite(TWO)
    done = project.pytest("--cyara", "-n", "2")
    assert done.code != 0
    assert project.portal.invalid_calls == 1
    assert "The campaigns of the suite cannot be listed." in done.out


def test_reruns_are_refused(start: Start):
    project = start(late_failures=1)
    project.suite(TWO)
    for arguments in (["--reruns", "2"], ["--force-reruns", "1"], ["-o", "reruns=1"], ["--reruns", "2", "-n", "2"]):
        done = project.pytest("--cyara", *arguments)
        assert done.code != 0
        assert "cyara_reruns = true" in done.out
    assert project.portal.arrivals == 0


def test_reruns_that_a_single_test_asks_for_are_no_runs(start: Start):
    project = start(late_failures=1)
    project.suite("campaigns: [{id: 808}]\n")
    (project.root / "conftest.py").write_text(
        "import pytest\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        item.add_marker(pytest.mark.flaky(reruns=2))\n",
        encoding="utf-8",
    )
    done = project.pytest("--cyara")
    assert done.code == 1
    assert project.started == [808]


def test_reruns_that_are_allowed_run_the_campaign_again_and_no_more_than_that(start: Start):
    project = start(late_failures=1)
    project.suite("campaigns: [{id: 808}]\n")
    done = project.pytest("--cyara", "--reruns", "2", "-o", "cyara_reruns=true")
    assert done.code == 1
    # The failed result asks for two more runs, and the gate's own reruns are those.
    assert project.started == [808] * 3


def children_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def wait_for_start(project: Project) -> None:
    deadline = time.monotonic() + 40
    while not project.started:
        assert time.monotonic() < deadline, "nothing was started"
        time.sleep(0.05)


def begin(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        project.command("--cyara", *arguments),
        cwd=project.root,
        env=project.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_worker_that_is_killed_leaves_one_run_that_another_reports(start: Start):
    # A run of some two seconds, which begin two seconds of the portal's after the start.
    project = start(speed=2)
    project.suite("campaigns: [{id: 808}]\n")
    process = begin(project, "-n", "2", "-v")
    wait_for_start(project)
    (runner,) = [child for child in children_of(process) if "cyara_tools.cli" in child.cmdline()]
    worker = runner.parent()
    assert worker is not None
    assert worker.pid != process.pid
    worker.kill()
    out, _ = process.communicate(timeout=50)
    done = project.checked(Result(process.returncode, out, project.root / "junit.xml"))
    assert done.code == 1
    assert "crashed while running" in done.out
    assert project.started == [808]
    # The item at which it was killed is the crash's; the two others report the run.
    assert [done.outcomes[name] for name in done.outcomes if "(808)" in name].count("passed") == 2, done.out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that one process can be sent")
def test_ctrl_c_leaves_no_process_and_says_how_to_go_on(start: Start):
    project = start(speed=0)
    project.suite("campaigns: [{id: 808}]\n")
    process = begin(project)
    wait_for_start(project)
    (runner,) = [child for child in children_of(process) if "cyara_tools.cli" in child.cmdline()]
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=50)
    assert process.returncode == 2
    assert "cyara run --resume" in out
    assert not runner.is_running()
    assert project.started == [808]


def test_something_is_made_once_and_its_lock_goes_with_its_holder(tmp_path: Path):
    made: list[int] = []

    def make(_: Path) -> dict[str, int]:
        made.append(1)
        return {"number": len(made)}

    assert [once(tmp_path / "thing", make) for _ in range(3)] == [{"number": 1}] * 3
    holds = "import sys, time; from pathlib import Path; from cyara_tools.pytest_suites.once import exclusive\n"
    holds += "with exclusive(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        os.kill(holder.pid, signal.SIGTERM)
        with exclusive(tmp_path / "lock"):
            assert time.monotonic() - began < 30

"""The command that people and CI type: standard library only, sets up once, stops at the first failure."""

import ast
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "dev.py"


@pytest.fixture(scope="module")
def dev():
    spec = importlib.util.spec_from_file_location("dev_under_test", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_imports_the_standard_library_only():
    tree = ast.parse(SCRIPT.read_text("utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert names <= sys.stdlib_module_names | {"__future__"}


def test_ci_calls_the_command_of_the_readme():
    assert "python3 scripts/dev.py test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_gate_is_among_the_steps(dev):
    commands = [" ".join(step.command) for step in dev.test_steps([])]
    for gate in ("ruff check", "ruff format --check", "mypy", "basedpyright", "regenerate.py check --full", "pytest"):
        assert any(gate in command for command in commands), gate
    if sys.platform == "linux" and shutil.which("redis-server"):
        assert any("--cov-fail-under=100" in command for command in commands)


def test_no_folder_of_tests_is_left_out(dev):
    # What runs on the other HTTP library runs once more.
    steps = [step.command for step in dev.test_steps([]) if "pytest" in step.command and not step.http_library]
    whole = [command for command in steps if not any(part.startswith("tests/") for part in command)]
    left_out = {part.removeprefix("--ignore=") for command in steps for part in command if part.startswith("--ignore=")}
    run_elsewhere = {part for command in steps if command not in whole for part in command if part.startswith("tests/")}
    assert len(whole) == 1
    assert left_out == run_elsewhere
    assert all((ROOT / folder).is_dir() for folder in run_elsewhere)


def test_what_speaks_to_the_http_library_runs_on_both(dev):
    (step,) = (step for step in dev.test_steps([]) if step.http_library)
    assert dev.child_environment(step)["CYARA_HTTP_LIBRARY"] == "httpx2"
    named = {part for part in step.command if part.startswith("tests/")}
    assert {"tests/auth/transport", "tests/auth/client", "tests/auth/guard", "tests/contract"} <= named
    assert all((ROOT / folder).is_dir() for folder in named)


def test_it_stops_at_the_first_step_that_fails(dev, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    reached = tmp_path / "reached"
    steps = [
        dev.Step("one", [sys.executable, "-c", "raise SystemExit(3)"]),
        dev.Step("two", [sys.executable, "-c", f"open({str(reached)!r}, 'w')"]),
    ]
    assert dev.run_steps(steps) == 3
    assert not reached.exists()
    assert "one: failed with exit code 3" in capfd.readouterr().out


def test_steps_side_by_side_meet_and_each_is_shown_whole(dev, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    meets = (
        "import pathlib, sys, time; me, other = sys.argv[1:]\n"
        "pathlib.Path(me).touch(); print(me, 'begins', flush=True)\n"
        "while not pathlib.Path(other).exists(): time.sleep(0.01)\n"
        "print(me, 'ends'); print(me, 'warns', file=sys.stderr); raise SystemExit(me == 'one')"
    )
    steps = [
        dev.Step("zero", [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r})"]),
        *(
            dev.Step(
                me,
                [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r})\n{meets}", me, other],
                beside_the_last=me == "two",
            )
            for me, other in (("one", "two"), ("two", "one"))
        ),
        dev.Step("never", [sys.executable, "-c", "print('reached')"]),
    ]
    assert dev.run_steps(steps) == 1
    said = capfd.readouterr().out
    lines = [line for line in said.splitlines() if not line.startswith("==")]
    assert sorted(lines[:3]) == ["one begins", "one ends", "one warns"]
    assert sorted(lines[3:]) == ["two begins", "two ends", "two warns"]
    assert "one: failed with exit code 1" in said
    assert "two: ok" in said


def test_both_type_checkers_judge_side_by_side(dev):
    mypy, pyright = dev.types_steps()
    assert not mypy.beside_the_last
    assert pyright.beside_the_last


def test_a_quick_run_keeps_the_options_and_leaves_the_plugins_of_ci_out(dev, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    (sync,) = dev.quick_steps(["tests/auth/strikes/test_admit.py::test_x", "-x"])
    (asynchronous,) = dev.quick_steps(["tests/auth/transport/test_async.py"])
    assert "anyio" not in sync.command
    assert "anyio" in asynchronous.command
    for step in (sync, asynchronous):
        assert dev.child_environment(step)["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "1"
        assert not any("no:" in part or part == "-c" for part in step.command)
    assert all("PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in dev.child_environment(step) for step in dev.test_steps([]))


def test_a_quick_run_is_green_where_a_whole_one_is(dev):
    (step,) = dev.quick_steps(["tests/house/test_tracked_files.py", "tests/auth/transport/test_async.py"])
    command = [sys.executable, *step.command[1:]]
    ran = subprocess.run(
        command, cwd=ROOT, env=dev.child_environment(step), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_only_benchmarks_install_their_peers(dev):
    assert any("bench.txt" in part for step in dev.bench_steps([]) for part in step.command)
    others = [task for task in dev.TASKS if task != "bench"]
    steps = [step for task in others for step in dev.TASKS[task][1]([])]
    assert not any("bench.txt" in part for step in steps for part in step.command)


def test_the_environment_is_made_again_when_the_lock_changes(dev, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lock = tmp_path / "dev.txt"
    lock.write_text("a==1\n")
    monkeypatch.setattr(dev, "LOCK", lock)
    before = dev.wanted_stamp()
    assert dev.wanted_stamp() == before
    lock.write_text("a==2\n")
    assert dev.wanted_stamp() != before


def test_a_wrong_task_is_one_sentence_and_sets_nothing_up():
    ended = subprocess.run([sys.executable, str(SCRIPT), "tset"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "invalid choice" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_old_python_is_told_so(dev, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(dev, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit):
        dev.set_up()
    assert "or newer is needed" in capsys.readouterr().err


def test_a_half_made_environment_is_made_again(dev, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    venv.create(tmp_path / "half", with_pip=False)
    monkeypatch.setattr(dev, "PYTHON", tmp_path / "half" / dev.PYTHON.relative_to(dev.ENVIRONMENT))
    assert not dev.is_whole(uv=None)
    assert dev.is_whole(uv="/usr/bin/uv")
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    assert dev.is_whole(uv=None)


def test_ctrl_c_while_setting_up_is_one_sentence(
    dev, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dev, "set_up", interrupted)
    assert dev.main(["setup"]) == 130
    assert capsys.readouterr().err == "dev.py: stopped by Ctrl-C; the same command can be run again.\n"


def test_files_that_are_named_for_regenerate_are_the_caller_s(
    dev, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    (tmp_path / "mine.json").write_text('{"openapi": "3.0.3", "openapi": "3.0.3"}')
    assert dev.run_steps(dev.regenerate_steps(["diff", "mine.json"])) == 1
    assert "stands twice" in capfd.readouterr().err


CLEANS_UP = """
import pathlib, time
try:
    pathlib.Path("ready").touch()
    time.sleep(50)
except KeyboardInterrupt:
    time.sleep(0.6)  # cleaning takes longer than the quarter of a second that subprocess.run() would leave
    pathlib.Path("cleaned").touch()
"""
DRIVER = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("dev_under_test", sys.argv[1])
dev = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dev)
dev.set_up = lambda: None
dev.TASKS["setup"] = ("", lambda _: [dev.Step("one", [sys.executable, "-c", sys.argv[2]], in_callers_folder=True)])
raise SystemExit(dev.main(["setup"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one group of processes there")
def test_ctrl_c_leaves_a_step_the_time_to_clean_up(tmp_path: Path):
    command = [sys.executable, "-c", DRIVER, str(SCRIPT), CLEANS_UP]
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ready").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said.decode()
    assert (tmp_path / "cleaned").exists()

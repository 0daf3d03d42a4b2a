"""The command line: exit status, what goes where, and Ctrl-C."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from pipeline import cli
from pipeline.progress import Live, Plain, Silent, StageProgress, display_for

from cyara_tools.portal import LocalPortal

if TYPE_CHECKING:
    from pathlib import Path


def run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(clone / "scripts" / "regenerate.py"), *arguments]
    return subprocess.run(command, capture_output=True, check=False, text=True, encoding="utf-8", cwd=clone)


def test_build_then_check(clone: Path) -> None:
    done = run(clone, "build", "--no-verify", "--report", "report.json")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 operations generated, 3 importable" in done.stdout
    lines = done.stderr.splitlines()
    assert [line.split()[0] for line in lines][:3] == ["source", "upgrade", "overlay"]
    assert all(line.endswith(" s") for line in lines)
    assert json.loads((clone / "report.json").read_bytes())["operations_generated"] == 3
    checked = run(clone, "check")
    assert checked.returncode == 1
    assert "without verification" in checked.stderr
    assert "Traceback" not in checked.stderr


def test_fetching_runs_on_httpx_whatever_other_programs_run_on(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalPortal(document_needs_credential=True) as portal:
        monkeypatch.setenv("CYARA_API_CREDENTIAL", portal.credential)
        monkeypatch.setenv("CYARA_STRIKE_STORE", "memory:")
        monkeypatch.setenv("CYARA_HTTP_LIBRARY", "httpx2")
        done = run(clone, "fetch", "--portal", portal.base_url)
        assert done.returncode == 0, done.stderr
        assert portal.invalid_calls == 0


def test_json_is_all_that_is_printed(clone: Path) -> None:
    done = run(clone, "build", "--no-verify", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["operations_in_document"] == 3
    assert report["error"] is None
    again = json.loads(run(clone, "build", "--no-verify", "--json").stdout)
    assert again["unchanged"] is True


def test_a_refusal_is_one_sentence_and_stands_in_the_report(clone: Path, kit: Any) -> None:
    kit.write_json(
        clone / "bad.json", {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"$ref": "x"}}}
    )
    done = run(clone, "build", "--source", "bad.json", "--report", "report.json")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("The document 'bad.json'")
    assert "Traceback" not in done.stderr
    assert json.loads((clone / "report.json").read_bytes())["error"].startswith("The document 'bad.json'")
    assert not (clone / "generated").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["build", "--source"],
        ["fetch", "--url", "u", "--portal", "p"],
        ["release"],
        ["build", "--source", "a", "--release", "1.0"],
        ["build", "--allow", "GetPets", "--no-verify"],
        ["fetch", "--timeout", "nan"],
        ["fetch", "--timeout", "-1"],
        ["fetch", "--timeout", "0"],
        ["fetch", "--timeout", "inf"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fetch"], "Say where the document is"),
        (["fetch", "--url", "http://portal.example/swagger.json"], "Only https"),
        (["build", "--release", "99.9"], "not in openapi/releases"),
        (["diff", "nowhere.json"], "cannot be read"),
        (["release", "--platform", "x"], "no platform release"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CYARA_BASE_URL", raising=False)
    assert cli.main(arguments) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("delay", [0.6, 1.2, 2.0])
def test_ctrl_c_leaves_nothing_behind(clone: Path, kit: Any, delay: float) -> None:
    before = kit.snapshot(clone)
    command = [sys.executable, str(clone / "scripts" / "regenerate.py"), "build", "--no-verify"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=clone) as process:
        deadline = time.monotonic() + 30
        while not (clone / ".regenerate").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(delay / 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode in {0, 130}, said.decode()
    assert not (clone / ".regenerate").exists()
    if process.returncode == 130:
        assert b"Stopped." in said
        assert kit.snapshot(clone) == before


def test_displays() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(display_for(io.StringIO(), silent=True), Silent)
    assert isinstance(display_for(io.StringIO(), silent=False), Plain)
    assert isinstance(display_for(Terminal(), silent=False), Live)


def test_a_terminal_shows_what_runs_and_takes_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    progress = StageProgress(display=Live())
    with progress.stage("fetch") as update:
        update("[bold]https://x/[/bold] 1.0 MiB")
    progress.note("[red]not red[/red]")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "[red]not red[/red]" in printed.err
    assert "fetch" in printed.err


def test_a_failed_stage_is_not_shown_as_done() -> None:
    stream = io.StringIO()
    progress = StageProgress(display=Plain(stream))
    with pytest.raises(ZeroDivisionError), progress.stage("generate"):
        raise ZeroDivisionError
    assert stream.getvalue() == ""
    assert progress.seconds == {}

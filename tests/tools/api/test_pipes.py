"""Long lists in pipes and on terminals: rows come with their pages, and whoever has enough of them may leave."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
import yaml

from cyara_tools.portal import LocalPortal

from .many import PAGE, ManyCampaigns
from .shell import PROGRAM, Shell

LIST = ("call", "GetCampaigns")
FORMS = ["jsonl", "json", "yaml", "csv", "tsv"]


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, portal: LocalPortal) -> Iterator[Shell]:
    portal.forget_requests()
    yield Shell(tmp_path, portal)
    portal.clear_faults()
    assert portal.invalid_calls == 0


def started(shell: Shell, server: ManyCampaigns, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, *LIST, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**shell.environ, "CYARA_BASE_URL": server.base_url, **variables},
    )


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_reader_that_leaves_ends_the_command_quietly(shell: Shell, form: str) -> None:
    with ManyCampaigns(10_000) as server:
        process = started(shell, server, "--all", "--output", form)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""
        process.stderr.close()
        assert len(server.asked) < 20


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_head_in_a_shell_gets_its_line(shell: Shell) -> None:
    with ManyCampaigns(10_000) as server:
        script = f'"{sys.executable}" -m cyara_tools.cli call GetCampaigns --all | head -1; echo "${{PIPESTATUS[0]}}"'
        environ = {**shell.environ, "CYARA_BASE_URL": server.base_url}
        done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=50, env=environ, check=False)
        assert done.stdout.decode() == "0\tKampagne 0 für 日本\tPulse\tReady\t\n141\n"
        assert done.stderr == b""


def first_page_of(stream: IO[bytes]) -> bytes:
    seen = b""
    while f"Kampagne {PAGE - 1} ".encode() not in seen:
        part = os.read(stream.fileno(), 65_536)
        assert part, "it ended early"
        seen += part
    return seen


def read_back(form: str, text: str) -> list[int]:
    if form == "jsonl":
        return [json.loads(line)["campaignId"] for line in text.splitlines()]
    if form == "json":
        return [row["campaignId"] for row in json.loads(text)]
    if form == "yaml":
        return [row["campaignId"] for row in yaml.load(text, yaml.CSafeLoader)]
    if form == "csv":
        return [int(row["campaignId"]) for row in csv.DictReader(io.StringIO(text, newline=""))]
    return [int(line.split("\t")[0]) for line in text.splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_all_of_a_long_list_arrives_in_order(shell: Shell, form: str) -> None:
    with ManyCampaigns(3_210) as server:
        result = shell(*LIST, "--all", "--output", form, CYARA_BASE_URL=server.base_url)
        assert (result.code, result.err) == (0, "")
        assert read_back(form, result.out) == list(range(3_210))
        assert "für 日本" in result.out


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_rows_are_there_before_the_next_page_is(shell: Shell, form: str) -> None:
    with ManyCampaigns(3 * PAGE, gate=2) as server:
        process = started(shell, server, "--all", "--output", form)
        assert process.stdout is not None
        seen = first_page_of(process.stdout)
        assert not server.opened.is_set()
        server.opened.set()
        rest, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, b"")
        assert len(read_back(form, (seen + rest).decode())) == 3 * PAGE


@pytest.mark.parametrize("form", FORMS)
def test_a_page_that_fails_leaves_whole_rows_and_a_code(shell: Shell, form: str) -> None:
    with ManyCampaigns(3 * PAGE, broken=3) as server:
        result = shell(*LIST, "--all", "--output", form, CYARA_BASE_URL=server.base_url)
        assert result.code == 8
        assert 'the portal says "It broke: on purpose"' in result.err
        text = f"{result.out}]" if form == "json" else result.out
        assert read_back(form, text) == list(range(2 * PAGE))
        if form == "json":
            with pytest.raises(json.JSONDecodeError):
                json.loads(result.out)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")
def test_ctrl_c_leaves_whole_rows_and_a_code(shell: Shell) -> None:
    with ManyCampaigns(3 * PAGE, gate=2) as server:
        process = started(shell, server, "--all", "--output", "csv")
        assert process.stdout is not None
        seen = first_page_of(process.stdout)
        process.send_signal(signal.SIGINT)
        server.opened.set()
        rest, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert b"Interrupted." in err
        numbers = read_back("csv", (seen + rest).decode())
        assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize(
    ("form", "variables"),
    [("csv", {"PYTHONIOENCODING": "cp1252"}), ("json", {"LC_ALL": "C", "PYTHONUTF8": "0"})],
)
def test_an_old_code_page_changes_nothing(shell: Shell, form: str, variables: dict[str, str]) -> None:
    with ManyCampaigns(2) as server:
        result = shell.process(*LIST, "--output", form, CYARA_BASE_URL=server.base_url, **variables)
        assert result.code == 0
        assert "Kampagne 0 für 日本" in result.out
        assert "\r" not in result.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_is_one_sentence(shell: Shell) -> None:
    with ManyCampaigns(600) as server, Path("/dev/full").open("wb") as full:
        environ = {**shell.environ, "CYARA_BASE_URL": server.base_url}
        done = subprocess.run(
            [*PROGRAM, *LIST, "--all", "--output", "csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=50,
            env=environ,
            check=False,
        )
        assert done.returncode == 7
        assert done.stderr.decode().startswith("The output cannot be written: No space left on device.")
        assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_closed_standard_output_is_one_sentence_and_no_call(shell: Shell, portal: LocalPortal) -> None:
    script = f'"{sys.executable}" -m cyara_tools.cli call GetCampaigns >&-'
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=50, env=shell.environ, check=False)
    assert done.returncode == 7
    assert done.stderr.decode() == ("There is no standard output to write to. Next: lead it to a file or a pipe\n")
    assert portal.requests == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
def test_memory_does_not_grow_with_the_list(shell: Shell) -> None:
    measured = (
        "import resource, sys\nfrom cyara_tools.cli import main\ntry:\n    main()\nfinally:\n"
        "    sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))\n"
    )

    def peak(count: int) -> float:
        with ManyCampaigns(count) as server:
            done = subprocess.run(
                [sys.executable, "-c", measured, *LIST, "--all", "--output", "csv"],
                capture_output=True,
                timeout=50,
                env={**shell.environ, "CYARA_BASE_URL": server.base_url},
                check=True,
            )
            return int(done.stderr) / (1024 * 1024 if sys.platform == "darwin" else 1024)

    # All rows at once would be some 20 MB more.
    assert peak(20_000) - peak(2_000) < 8


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal")
def test_a_person_sees_how_far_it_is_and_then_a_table(shell: Shell) -> None:
    with ManyCampaigns(2 * PAGE) as server:
        text = shell.terminal(*LIST, "--all", CYARA_BASE_URL=server.base_url, TERM="dumb").out
    progress, _, table = text.rpartition("\r")
    assert "500 of 1,000 read" in progress
    assert "read" not in table
    lines = table.splitlines()
    assert lines[0].split() == ["campaignId", "name", "planType", "status", "lastRunDate"]
    assert len([line for line in lines if "Kampagne" in line]) == 2 * PAGE
    assert max(map(len, lines)) <= 100


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal")
def test_a_person_sees_no_progress_among_rows(shell: Shell) -> None:
    with ManyCampaigns(PAGE + 1) as server:
        text = shell.terminal(*LIST, "--all", "--output", "tsv", CYARA_BASE_URL=server.base_url).out
    assert len(text.splitlines()) == PAGE + 1
    assert "read" not in text

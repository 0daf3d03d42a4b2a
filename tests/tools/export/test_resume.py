"""An export that was stopped goes on: the file has the same bytes as one that was not, whatever stopped it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from cyara_auth.client.cyara import Cyara
from cyara_tools.portal import LocalPortal, faults

from .conftest import campaign_with
from .program import LIMITED, Exporting

HISTORY = ("--campaign", "801")  # sixty runs
SLOW = faults.Fault(delay=0.03, times=None, path="/results")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def undisturbed(export: Exporting, form: str) -> bytes:
    assert export(*HISTORY, "--since", "40d", "--to", f"whole.{form}").code == 0
    return (export.folder / f"whole.{form}").read_bytes()


def calls_for_results(portal: LocalPortal) -> int:
    return sum(request.path.endswith("/results") for request in portal.requests)


@POSIX
@pytest.mark.parametrize(("form", "by"), [("jsonl", signal.SIGKILL), ("csv", signal.SIGINT)])
def test_killed_twice_it_has_the_same_bytes(portal: LocalPortal, export: Exporting, form: str, by: signal.Signals):
    whole = undisturbed(export, form)
    portal.inject(SLOW)
    command = (*HISTORY, "--since", "40d", "--to", f"results.{form}")
    for count in (7, 31):
        done = export.stopped(*command, when=f'"runs": {count}', by=by)
        assert done.code == (130 if by is signal.SIGINT else -by)
        assert not (export.folder / f"results.{form}").exists()
    portal.clear_faults()
    portal.forget_requests()
    done = export(*command)
    assert done.code == 0
    assert "this goes on with the export that began" in done.err
    assert (export.folder / f"results.{form}").read_bytes() == whole
    # What was whole was not fetched again, nor was the list of runs.
    assert calls_for_results(portal) <= 60 - 31
    assert not [request for request in portal.requests if request.path.endswith("/runs")]
    assert not list(export.folder.glob("results.*.*"))


@POSIX
def test_ctrl_c_says_how_to_go_on(portal: LocalPortal, export: Exporting):
    portal.inject(SLOW)
    done = export.stopped(*HISTORY, "--to", "results.csv", when='"runs": 3', by=signal.SIGINT)
    assert done.code == 130
    assert "the runs that are whole stay beside results.csv; the same command goes on from there" in done.err
    assert done.err.endswith("Interrupted.\n")


@POSIX
@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_what_is_made_of_lines_goes_on_by_them(portal: LocalPortal, export: Exporting, form: str):
    portal.inject(SLOW)
    command = (*HISTORY, "--to", f"results.{form}")
    assert export.stopped(*command, when='"runs": 9', by=signal.SIGKILL).code == -signal.SIGKILL
    portal.clear_faults()
    portal.forget_requests()
    assert export(*command).code == 0
    if form == "xlsx":
        # Each run is asked for its total once, and that was before it was killed.
        assert openpyxl.load_workbook(export.folder / "results.xlsx")["results"].max_row == 61
    else:
        assert pl.read_parquet(export.folder / "results.parquet").height == 60
    assert calls_for_results(portal) <= 60 - 9
    assert [path.name for path in export.folder.glob("results.*")] == [f"results.{form}"]


def test_runs_that_began_meanwhile_are_not_in_it(portal: LocalPortal, export: Exporting, cyara: Cyara):
    portal.inject(faults.Fault(skip=20, path="/results", status=404))
    command = (*HISTORY, "--since", "40d", "--to", "results.csv")
    assert export(*command).code == 8
    campaign_with(portal, cyara, 1)
    assert export(*command).code == 0
    assert len((export.folder / "results.csv").read_text("utf-8").splitlines()) == 61


def test_a_refused_call_says_how_to_go_on_and_a_new_pair_does(portal: LocalPortal, export: Exporting):
    portal.inject(faults.Fault(skip=5, path="/results", status=404))
    done = export(*HISTORY, "--to", "results.csv")
    assert done.code == 8
    assert "answered 404" in done.err
    assert "the same command goes on from there" in done.err
    export.environ["CYARA_API_CREDENTIAL"] = portal.regenerate_token()
    assert export(*HISTORY, "--to", "results.csv").code == 0
    assert portal.invalid_calls == 0


def test_lines_that_were_cut_off_do_not_come_through(portal: LocalPortal, export: Exporting):
    whole = undisturbed(export, "csv")
    portal.inject(faults.Fault(skip=10, path="/results", status=404))
    command = (*HISTORY, "--since", "40d", "--to", "results.csv")
    assert export(*command).code == 8
    # As a crash of the machine leaves them: half a line in either file.
    with (export.folder / "results.csv.part").open("ab") as part:
        part.write(b"801,Campaign 0")
    with (export.folder / "results.csv.journal").open("ab") as journal:
        journal.write(b'{"runs": 11, "si')
    assert export(*command).code == 0
    assert (export.folder / "results.csv").read_bytes() == whole


def test_a_part_that_is_shorter_than_its_journal_says_is_gone_on_from_what_is_there(
    portal: LocalPortal, export: Exporting
):
    whole = undisturbed(export, "jsonl")
    portal.inject(faults.Fault(skip=10, path="/results", status=404))
    command = (*HISTORY, "--since", "40d", "--to", "results.jsonl")
    assert export(*command).code == 8
    part = export.folder / "results.jsonl.part"
    part.write_bytes(part.read_bytes()[:1000])
    assert export(*command).code == 0
    assert (export.folder / "results.jsonl").read_bytes() == whole


def test_other_options_are_refused_by_their_names_and_restart_begins_anew(portal: LocalPortal, export: Exporting):
    portal.inject(faults.Fault(skip=10, path="/results", status=404))
    assert export(*HISTORY, "--to", "results.csv").code == 8
    part = (export.folder / "results.csv.part").read_bytes()
    done = export("--campaign", "803", "--since", "9d", "--to", "results.csv")
    assert done.code == 7
    assert "with other options: campaigns, since. Nothing was changed" in done.err
    assert (export.folder / "results.csv.part").read_bytes() == part
    assert export("--campaign", "803", "--since", "9d", "--to", "results.csv", "--restart").code == 0
    assert len((export.folder / "results.csv").read_text("utf-8").splitlines()) == 7


@POSIX
def test_a_second_export_into_the_same_file_is_refused(portal: LocalPortal, export: Exporting):
    portal.inject(SLOW)
    first = export.start(*HISTORY, "--to", "results.csv")
    journal = export.folder / "results.csv.journal"
    deadline = time.monotonic() + 30
    while not (journal.exists() and '"runs": 2' in journal.read_text("utf-8")) and time.monotonic() < deadline:
        time.sleep(0.01)
    second = export(*HISTORY, "--to", "results.csv")
    assert second.code == 7
    assert "Another export into results.csv is at work" in second.err
    portal.clear_faults()
    assert export.end(first).code == 0
    assert len((export.folder / "results.csv").read_text("utf-8").splitlines()) == 61


@POSIX
@pytest.mark.parametrize(
    ("form", "limit"),
    # The lines of 500 results take 170 kB, as CSV half of that, and the sheet before it is packed 230 kB.
    [("csv", 50_000), ("xlsx", 50_000), ("xlsx", 200_000)],
)
def test_a_full_disk_is_a_sentence_and_the_same_command_goes_on(
    portal: LocalPortal, cyara: Cyara, export: Exporting, form: str, limit: int
):
    # A limit of the system on the size of a file, which fails as a full disk does; and a store in no file.
    export.environ["CYARA_STRIKE_STORE"] = "memory:"
    command = ("--campaign", str(campaign_with(portal, cyara, 500)), "--to", f"results.{form}")
    done = export(*command, code=LIMITED, first=str(limit))
    assert done.code == 7, done
    assert "cannot be written: File too large" in done.err
    assert "repeat the command" in done.err
    assert not list(export.folder.glob("*.new"))
    assert not (export.folder / f"results.{form}").exists()
    done = export(*command)
    assert (done.code, done.out) == (0, f"Wrote 500 results of 1 run to results.{form}\n")


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_a_full_standard_output_is_a_sentence(export: Exporting):
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "cyara_tools.cli", "export", "results", *HISTORY, "--to", "-"],
            cwd=export.folder,
            env=export.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=50,
            check=False,
        )
    text = process.stderr.decode()
    assert process.returncode == 7
    assert "Traceback" not in text
    assert text.startswith("The output cannot be written: No space left on device.")


@POSIX
def test_whoever_has_read_enough_ends_it_quietly(export: Exporting):
    command = [sys.executable, "-m", "cyara_tools.cli", "export", "results", *HISTORY, "--to", "-"]
    with subprocess.Popen(
        command, cwd=export.folder, env=export.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        text = process.stderr.read().decode()
        assert process.wait(timeout=50) == 141
    assert text == ""


@POSIX
def test_without_a_standard_output_nothing_is_sent(portal: LocalPortal, export: Exporting):
    closed = "import os; os.close(1); import sys; sys.stdout = None; from cyara_tools.cli import main; main()"
    done = export(*HISTORY, "--to", "-", code=closed)
    assert done.code == 7
    assert done.err == "There is no standard output to write to. Next: lead it to a file or a pipe\n"
    assert portal.arrivals == 0


def test_the_journal_has_no_secret(portal: LocalPortal, export: Exporting):
    portal.inject(faults.Fault(skip=5, path="/results", status=404))
    assert export(*HISTORY, "--to", "results.csv").code == 8
    text = (export.folder / "results.csv.journal").read_text("utf-8")
    assert json.loads(text.splitlines()[0])["options"]["campaigns"] == [801]
    assert not any(secret in text for secret in portal.credential.split(":"))

"""`cyara auth rotate` and `reset`: the operator's part of the protocol, counted at the portal."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cyara_auth import connect
from cyara_auth.errors import AdmissionRefusedError
from cyara_tools.portal import LocalPortal

from .program import Program


@pytest.fixture
def proven(program: Program) -> Program:
    program.log_in()
    assert program("verify").code == 0
    return program


def begin(program: Program) -> None:
    assert program("rotate", "begin", "--longest", "0").code == 0


def test_begin_stops_every_call_and_abort_lets_them_go(proven: Program, portal: LocalPortal) -> None:
    facts = proven("rotate", "begin", "--longest", "0.2", "--json").facts
    assert (facts["mode"], facts["open"]) == ("draining", 0)
    stopped = proven("verify")
    assert stopped.code == 5
    assert "rotate abort" in stopped.err
    assert proven("status", "--json").facts["exit_code"] == 5
    assert any(
        "already in progress" in note for note in proven("rotate", "begin", "--longest", "0", "--json").facts["notes"]
    )
    assert portal.arrivals == 1
    assert proven("rotate", "abort", "--json").facts["aborted"]
    assert not proven("rotate", "abort", "--json").facts["aborted"]
    assert proven("verify").code == 0


def test_commit_stores_and_proves_the_new_pair(proven: Program, portal: LocalPortal) -> None:
    old = portal.credential
    begin(proven)
    new = proven.regenerate()
    facts = proven("rotate", "commit", "--json", text=f"ApiKey {new}").facts
    assert facts["verified"]
    assert facts["stored_in"] == f"profile file {proven.profile}"
    assert new in proven.profile.read_text()
    assert proven("verify").code == 0
    superseded = proven("verify", CYARA_API_CREDENTIAL=old)
    assert superseded.code == 4
    assert "Nothing was sent" in superseded.err
    assert portal.invalid_calls == 0


def test_commit_on_a_terminal(proven: Program) -> None:
    begin(proven)
    result = proven.on_terminal("rotate", "commit", typed=proven.regenerate())
    assert result.code == 0
    assert "The portal accepts" in result.out


def test_begin_on_a_terminal_shows_how_long_it_takes(proven: Program) -> None:
    result = proven.on_terminal("rotate", "begin", "--longest", "1")
    assert result.code == 0
    assert "Waiting for calls in flight" in result.out
    assert "Next: cyara auth rotate commit" in result.out


def test_commit_refuses_what_is_not_the_new_token(proven: Program, portal: LocalPortal) -> None:
    before = proven("rotate", "commit", text=portal.credential)
    assert before.code == 5
    assert "rotate begin" in before.err
    begin(proven)
    old = proven("rotate", "commit", text=portal.credential)
    assert old.code == 3
    assert "is an old one" in old.err
    assert proven("rotate", "commit", text="key:token").code == 3
    assert proven("status", "--json").facts["keys"][0]["mode"] == "draining"
    assert portal.arrivals == 1


def test_commit_says_what_it_cannot_store(proven: Program, portal: LocalPortal) -> None:
    old = portal.credential
    begin(proven)
    new = proven.regenerate()
    facts = proven("rotate", "commit", "--json", text=new, CYARA_API_CREDENTIAL=old).facts
    assert any("put the new pair into the environment variable" in note for note in facts["notes"])
    assert facts["verified"]


def test_commit_without_account_is_not_proven_but_done(proven: Program) -> None:
    begin(proven)
    facts = proven("rotate", "commit", "--json", text=proven.regenerate(), CYARA_ACCOUNT_ID="").facts
    assert facts["ok"]
    assert any("not verified yet" in note for note in facts["notes"])


def test_ctrl_c_while_waiting_leaves_the_rotation_in_progress(proven: Program) -> None:
    result = proven.interrupted("rotate", "begin", "--longest", "40", after='"draining"')
    assert result.code == 130
    assert proven("rotate", "abort", "--json").facts["aborted"]


@pytest.mark.parametrize("longest", ["nan", "inf", "86401"])
def test_begin_changes_nothing_when_it_cannot_wait_so_long(proven: Program, longest: str) -> None:
    refused = proven("rotate", "begin", "--longest", longest)
    assert refused.code == 7
    assert "at most 86400 seconds. Nothing was changed" in refused.err
    assert proven("status", "--json").facts["keys"][0]["mode"] == "normal"


def test_an_empty_variable_chooses_nothing(proven: Program) -> None:
    assert "fingerprint are missing" in proven("rotate", "begin", "--key", "").err
    assert "fingerprint are missing" in proven("reset", "--regenerated", "--forgive", "").err
    account = proven("status", "--json").facts["keys"][0]
    assert (account["mode"], account["epoch"]) == ("normal", 0)


def test_key_by_its_fingerprint(proven: Program) -> None:
    key = proven("status", "--json").facts["keys"][0]["key"]
    proven.profile.unlink()
    assert proven("rotate", "begin", "--longest", "0").code == 3
    assert proven("rotate", "begin", "--longest", "0", "--key", key[:8]).code == 0
    assert proven("rotate", "abort", "--key", "ffff").code == 7
    assert proven("rotate", "abort", "--key", key).code == 0


@contextmanager
def load(program: Program, threads: int) -> Iterator[dict[str, int]]:
    """Callers that never stop, in this process, on the same store and profile as the program."""
    counts = {"ok": 0, "refused": 0, "other": 0}
    stop = threading.Event()
    environ = {name: value for name, value in program.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    client = connect(environ=environ)

    def work() -> None:
        while not stop.is_set():
            try:
                answer = client.verify()
            except AdmissionRefusedError:
                counts["refused"] += 1
                time.sleep(0.05)
            else:
                counts["ok" if answer.status_code == 200 else "other"] += 1

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield counts
    finally:
        stop.set()
        for worker in workers:
            worker.join()
        client.close()


def wait_until(counts: dict[str, int], name: str, more: int) -> None:
    goal = counts[name] + more
    deadline = time.monotonic() + 20
    while counts[name] < goal:
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)


def test_row_67_rotation_under_load_costs_no_strike(proven: Program, portal: LocalPortal) -> None:
    with load(proven, threads=8) as counts:
        wait_until(counts, "ok", 20)
        assert proven("rotate", "begin", "--longest", "1").code == 0
        wait_until(counts, "refused", 5)
        new = proven.regenerate()
        assert proven("rotate", "commit", text=new).code == 0
        wait_until(counts, "ok", 50)
    assert counts["other"] == 0
    assert portal.invalid_calls == 0


def test_reset_only_on_the_operators_word(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    program.regenerate()
    assert program("verify").code == 4
    refused = program("reset")
    assert refused.code == 7
    assert "--regenerated" in refused.err
    assert program("status", "--json").facts["keys"][0]["strikes"] == 1
    facts = program("reset", "--regenerated", "--json").facts
    assert (facts["epoch"], facts["strikes_before"]) == (1, 1)
    [note] = facts["notes"]
    assert re.search(r"strikes forgotten: 1, the last one on \d{4}-\d\d-\d\d .* calling GetTestCases", note)
    assert "if the token was generated before that, they count against it, so generate it once more" in note
    assert program("reset", "--regenerated", "--json").facts["notes"] == []
    account = program("status", "--json").facts["keys"][0]
    assert (account["strikes"], account["pairs"][0]["state"]) == (0, "rejected")
    assert program("verify").code == 4
    assert portal.invalid_calls == 1


def test_row_63_a_pair_can_be_forgiven(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    fingerprint = program("status", "--json").facts["fingerprint"]
    assert program("reset", "--regenerated", "--forgive", fingerprint[:8]).code == 7
    program.regenerate()
    assert program("verify").code == 4
    assert program("reset", "--regenerated", "--forgive", fingerprint[:8], "--json").facts["forgiven"] == [fingerprint]
    assert "one call at a time" in program("status").out
    assert portal.invalid_calls == 1


def test_the_next_command_keeps_the_store_that_was_chosen(program: Program) -> None:
    program.log_in()
    store = f"sqlite://{program.home}/other/strikes.sqlite3"
    begun = program("rotate", "begin", "--longest", "0", "--store", store)
    assert f"cyara auth rotate commit --store {store}" in begun.err + begun.out

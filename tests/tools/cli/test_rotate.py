"""`cyara auth rotate` and `reset`: the operator's part of the protocol, counted at the portal."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cyara_auth import connect
from cyara_auth.errors import AdmissionRefusedError, RotationInProgressError
from cyara_tools.portal import LocalPortal
from cyara_tools.portal.faults import Fault

from .program import Program
from .test_unsettled_calls import lose_a_call, lose_a_call_that_is_soon_over


@pytest.fixture
def verified(program: Program) -> Program:
    program.log_in()
    assert program("verify").code == 0
    return program


def begin(program: Program) -> None:
    assert program("rotate", "begin", "--longest", "0").code == 0


def test_begin_stops_every_call_and_abort_lets_them_go(verified: Program, portal: LocalPortal) -> None:
    facts = verified("rotate", "begin", "--longest", "0.2", "--json").facts
    assert (facts["mode"], facts["open"]) == ("draining", 0)
    stopped = verified("verify")
    assert stopped.code == 5
    assert "rotate abort" in stopped.err
    assert verified("status", "--json").facts["exit_code"] == 5
    assert any(
        "already in progress" in note for note in verified("rotate", "begin", "--longest", "0", "--json").facts["notes"]
    )
    assert portal.arrivals == 1
    assert verified("rotate", "abort", "--json").facts["aborted"]
    assert not verified("rotate", "abort", "--json").facts["aborted"]
    assert verified("verify").code == 0


def test_commit_stores_and_verifies_the_new_pair(verified: Program, portal: LocalPortal) -> None:
    old = portal.credential
    begin(verified)
    new = verified.regenerate()
    facts = verified("rotate", "commit", "--json", text=f"ApiKey {new}").facts
    assert facts["verified"]
    assert facts["stored_in"] == f"profile file {verified.profile}"
    assert new in verified.profile.read_text()
    assert verified("verify").code == 0
    superseded = verified("verify", CYARA_API_CREDENTIAL=old)
    assert superseded.code == 4
    assert "Nothing was sent" in superseded.err
    assert portal.invalid_calls == 0


def test_commit_on_a_terminal(verified: Program) -> None:
    begin(verified)
    result = verified.on_terminal("rotate", "commit", typed=verified.regenerate())
    assert result.code == 0
    assert "The portal accepts" in result.out


def test_begin_on_a_terminal_shows_how_long_it_takes(verified: Program) -> None:
    facts = verified("status", "--json").facts
    lose_a_call_that_is_soon_over(verified, pair=facts["fingerprint"], key=facts["keys"][0]["key"], seconds=3.0)
    result = verified.on_terminal("rotate", "begin")
    assert result.code == 0
    assert "Waiting for calls in flight" in result.out
    assert "Next: cyara auth rotate commit" in result.out


def test_commit_refuses_what_is_not_the_new_token(verified: Program, portal: LocalPortal) -> None:
    before = verified("rotate", "commit", text=portal.credential)
    assert before.code == 5
    assert "rotate begin" in before.err
    begin(verified)
    old = verified("rotate", "commit", text=portal.credential)
    assert old.code == 3
    assert "is an old one" in old.err
    assert verified("rotate", "commit", text="key:token").code == 3
    assert verified("status", "--json").facts["keys"][0]["mode"] == "draining"
    assert portal.arrivals == 1


def test_commit_says_what_it_cannot_store(verified: Program, portal: LocalPortal) -> None:
    old = portal.credential
    begin(verified)
    new = verified.regenerate()
    facts = verified("rotate", "commit", "--json", text=new, CYARA_API_CREDENTIAL=old).facts
    assert any("put the new pair into the environment variable" in note for note in facts["notes"])
    assert facts["verified"]


def test_commit_without_account_is_not_verified_but_done(verified: Program) -> None:
    begin(verified)
    facts = verified("rotate", "commit", "--json", text=verified.regenerate(), CYARA_ACCOUNT_ID="").facts
    assert facts["ok"]
    assert any("not verified yet" in note for note in facts["notes"])


def test_ctrl_c_while_waiting_leaves_the_rotation_in_progress(verified: Program, portal: LocalPortal) -> None:
    lose_a_call(verified, portal)
    result = verified.interrupted("rotate", "begin", after='"draining"')
    assert result.code == 130
    assert "the rotation has begun and goes on" in result.err
    assert 0 < result.err.index("cyara auth rotate begin") < result.err.index("cyara auth rotate abort")
    assert verified("rotate", "abort", "--json").facts["aborted"]


@pytest.mark.parametrize("longest", ["nan", "inf", "86401"])
def test_begin_changes_nothing_when_it_cannot_wait_so_long(verified: Program, longest: str) -> None:
    refused = verified("rotate", "begin", "--longest", longest)
    assert refused.code == 7
    assert "at most 86400 seconds. Nothing was changed" in refused.err
    assert verified("status", "--json").facts["keys"][0]["mode"] == "normal"


def test_an_empty_variable_chooses_nothing(verified: Program) -> None:
    assert "fingerprint are missing" in verified("rotate", "begin", "--key", "").err
    assert "fingerprint are missing" in verified("reset", "--regenerated", "--forgive", "").err
    key = verified("status", "--json").facts["keys"][0]
    assert (key["mode"], key["generation"]) == ("normal", 0)


def test_key_by_its_fingerprint(verified: Program) -> None:
    key = verified("status", "--json").facts["keys"][0]["key"]
    verified.profile.unlink()
    assert verified("rotate", "begin", "--longest", "0").code == 3
    assert verified("rotate", "begin", "--longest", "0", "--key", key[:8]).code == 0
    assert verified("rotate", "abort", "--key", "ffff").code == 7
    assert verified("rotate", "abort", "--key", key).code == 0


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
        # Whatever failed, nobody shall wait for the end of a rotation.
        program("rotate", "abort")
        for worker in workers:
            worker.join()
        client.close()


def wait_until(counts: dict[str, int], name: str, more: int) -> None:
    goal = counts[name] + more
    deadline = time.monotonic() + 20
    while counts[name] < goal:
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)


def test_row_67_rotation_under_load_costs_no_strike(verified: Program, portal: LocalPortal) -> None:
    with load(verified, threads=8) as counts:
        wait_until(counts, "ok", 20)
        begun = verified("rotate", "begin", "--json").facts
        assert (begun["exit_code"], begun["open"], begun["late_calls"]) == (0, 0, 0)
        arrivals = portal.arrivals
        new = verified.regenerate()
        time.sleep(0.5)
        assert portal.arrivals == arrivals
        assert verified("rotate", "commit", text=new).code == 0
        wait_until(counts, "ok", 50)
    # Nobody was refused, either: callers wait for the end of the rotation.
    assert (counts["refused"], counts["other"]) == (0, 0)
    assert portal.invalid_calls == 0


def test_callers_who_do_not_wait_are_told_both_ways_out(verified: Program, portal: LocalPortal) -> None:
    begin(verified)
    environ = {name: value for name, value in verified.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    with connect(environ=environ, rotation_wait=0) as client, pytest.raises(RotationInProgressError) as refused:
        client.verify()
    assert "with the new token: cyara auth rotate commit; if none was generated: cyara auth rotate abort" in str(
        refused.value
    )
    assert portal.arrivals == 1


def test_begin_waits_for_calls_that_went_free(verified: Program) -> None:
    environ = {name: value for name, value in verified.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    with connect(environ=environ, policy="concurrent", timeout=5) as client:
        assert [client.verify().status_code for _ in range(2)] == [200, 200]
    # Nobody knows when the last of them left, so all of the time is waited for that one may take.
    result = verified.interrupted("rotate", "begin", after='"draining"')
    assert result.code == 130
    assert verified("rotate", "begin", "--longest", "0.5").code == 0


def test_commit_refuses_while_calls_with_the_old_token_are_in_flight(verified: Program, portal: LocalPortal) -> None:
    portal.inject(Fault(delay=12.0))
    environ = {name: value for name, value in verified.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    with connect(environ=environ) as client:
        call = threading.Thread(target=client.verify)
        arrivals = portal.arrivals
        call.start()
        while portal.arrivals == arrivals:
            time.sleep(0.01)
        hurried = verified("rotate", "begin", "--longest", "0")
        assert "calls in flight: 1; wait" in hurried.err
        new = verified.regenerate()
        refused = verified("rotate", "commit", text=new)
        assert refused.code == 5
        assert "still in flight: 1, so nothing was changed" in refused.err
        assert new not in verified.profile.read_text()
        assert verified("rotate", "commit", "--now", text=new).code == 0
        call.join()


def test_begin_ends_as_soon_as_the_last_call_does(verified: Program, portal: LocalPortal) -> None:
    portal.inject(Fault(delay=4.0))
    environ = {name: value for name, value in verified.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    answers: list[int] = []
    with connect(environ=environ) as client:
        call = threading.Thread(target=lambda: answers.append(client.verify().status_code))
        arrivals = portal.arrivals
        call.start()
        while portal.arrivals == arrivals:
            time.sleep(0.01)
        began = time.monotonic()
        begun = verified("rotate", "begin", "--json").facts
        assert (begun["open"], begun["late_calls"]) == (0, 0)
        assert answers == [200]
        assert time.monotonic() - began < 30
        call.join()


def test_reset_only_on_the_operators_word(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    program.regenerate()
    assert program("verify").code == 4
    refused = program("reset")
    assert refused.code == 7
    assert "--regenerated" in refused.err
    assert program("status", "--json").facts["keys"][0]["strikes"] == 1
    facts = program("reset", "--regenerated", "--json").facts
    assert (facts["generation"], facts["strikes_before"]) == (1, 1)
    [note] = facts["notes"]
    assert re.search(r"strikes forgotten: 1, the last one on \d{4}-\d\d-\d\d .* calling GetTestCases", note)
    assert "if the token was generated before that, they count against it, so generate it once more" in note
    assert program("reset", "--regenerated", "--json").facts["notes"] == []
    key = program("status", "--json").facts["keys"][0]
    assert (key["strikes"], key["pairs"][0]["state"]) == (0, "rejected")
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

"""Calls that were lost and may still reach the portal, when the operator replaces the token."""

import time
from pathlib import Path
from urllib.parse import urlsplit

from cyara_auth._platform import current_owner
from cyara_auth.machine import Instant
from cyara_auth.stores.sqlite import SqliteStrikeStore
from cyara_auth.strikes.events import Admit, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Incident, Outcome
from cyara_tools.portal import LocalPortal
from cyara_tools.portal.faults import drop

from .program import Program


def lose_a_call(program: Program, portal: LocalPortal) -> str:
    """Let the portal judge a call whose answer never comes, and return the key's fingerprint."""
    portal.inject(drop())
    assert program("verify", CYARA_AUTH_POLICY="strict").code == 8
    key = program("status", "--json").facts["keys"][0]
    assert key["unknown"] == 1
    return str(key["key"])


def lose_a_call_that_is_soon_over(
    program: Program, *, pair: str, key: str, seconds: float, now: Instant | None = None
) -> None:
    """Write down a lost call as the client would, had its `orphan_ttl` been that short."""
    store = SqliteStrikeStore(Path(urlsplit(program.environ["CYARA_STRIKE_STORE"]).path))
    facts = {"settings": GuardSettings(), "pair": pair, "origin": "https://portal:443", "ticket": "lost"}
    here = Incident(wall=time.time(), host="here", pid=1)
    store.apply(key, Admit(now=now or store.clock(), owner=current_owner(), orphan_ttl=seconds, **facts))
    store.apply(key, Settle(now=now or store.clock(), outcome=Outcome.UNKNOWN, incident=here, **facts))
    store.close()


def test_reset_refuses_while_a_lost_call_may_still_count_against_the_new_token(
    program: Program, portal: LocalPortal
) -> None:
    program.log_in()
    lose_a_call(program, portal)
    refused = program("reset", "--regenerated")
    assert refused.code == 5
    assert "1 call that was lost on its way may still reach the portal within" in refused.err
    assert "so nothing was changed" in refused.err
    assert "generate the token once more" in refused.err
    facts = program("reset", "--regenerated", "--json").facts
    assert (facts["exit_code"], facts["late_calls"]) == (5, 1)
    assert 100 < facts["late_seconds"] <= 150
    assert program("status", "--json").facts["keys"][0]["generation"] == 0


def test_reset_by_now_leaves_the_lost_call_charged(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    lose_a_call(program, portal)
    facts = program("reset", "--regenerated", "--now", "--json").facts
    assert (facts["exit_code"], facts["late_calls"], facts["generation"]) == (0, 1, 1)
    assert any("leaves them charged to the new token" in note for note in facts["notes"])
    key = program("status", "--json").facts["keys"][0]
    assert (key["strikes"], key["unknown"]) == (0, 1)
    assert program("verify").code == 0


def test_commit_refuses_before_it_changes_anything_and_goes_on_by_now(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    lose_a_call(program, portal)
    old = program.profile.read_text()
    begun = program("rotate", "begin", "--longest", "0", "--now", "--json").facts
    assert (begun["exit_code"], begun["late_calls"]) == (0, 1)
    assert any("wait for them before you generate the token" in note for note in begun["notes"])
    new = program.regenerate()
    refused = program("rotate", "commit", "--json", text=new).facts
    assert (refused["exit_code"], refused["late_calls"]) == (5, 1)
    assert "may still reach the portal" in refused["error"]["message"]
    assert program.profile.read_text() == old
    assert program("status", "--json").facts["keys"][0]["mode"] == "draining"
    done = program("rotate", "commit", "--now", "--json", text=new).facts
    assert done["verified"]
    assert program("status", "--json").facts["keys"][0]["unknown"] == 1
    assert portal.invalid_calls == 0


def test_begin_waits_until_lost_calls_are_over_so_that_commit_need_not_ask(
    program: Program, portal: LocalPortal
) -> None:
    program.log_in()
    facts = program("status", "--json").facts
    key = facts["keys"][0]["key"]
    lose_a_call_that_is_soon_over(program, pair=facts["fingerprint"], key=key, seconds=3.0)
    begun = program("rotate", "begin", "--longest", "0", "--json").facts
    assert (begun["late_calls"], begun["late_seconds"]) == (0, 0)
    done = program("rotate", "commit", "--json", text=program.regenerate()).facts
    assert (done["verified"], done["late_calls"]) == (True, 0)
    key = program("status", "--json").facts["keys"][0]
    assert (key["strikes"], key["unknown"]) == (0, 0)


def test_waiting_ends_for_a_call_of_an_earlier_boot_too(program: Program) -> None:
    program.log_in()
    facts = program("status", "--json").facts
    before = Instant(domain="an earlier boot", seconds=1.0)
    key = facts["keys"][0]["key"]
    lose_a_call_that_is_soon_over(program, pair=facts["fingerprint"], key=key, seconds=2.0, now=before)
    refused = program("reset", "--regenerated", "--json").facts
    assert (refused["exit_code"], refused["late_calls"], refused["late_seconds"]) == (5, 1, 2)
    deadline = time.monotonic() + 40
    while program("reset", "--regenerated").code == 5:
        assert time.monotonic() < deadline
    assert program("status", "--json").facts["keys"][0]["unknown"] == 0

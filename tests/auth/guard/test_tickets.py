import gc
import subprocess
import sys
import textwrap

import pytest

from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.guard.tickets import Ticket
from cyara_auth.strikes.state import Outcome, TicketStatus

from .parts import CONCURRENT, GUARDED, NEW, OLD, PORTAL, STRICT, call, eventually, make, state, verify


def statuses(guard: StrikeGuard) -> list[TicketStatus]:
    return [ticket.status for ticket in state(guard).tickets]


def test_a_ticket_tells_what_it_is_for() -> None:
    guard = make(STRICT)
    with guard.admit(OLD, PORTAL) as ticket:
        assert (ticket.pair, ticket.verified, ticket.reserved) == (OLD.fingerprint, False, True)
        ticket.settle(Outcome.VERIFICATION)
    with guard.admit(OLD, PORTAL) as ticket:
        assert (ticket.verified, ticket.reserved) == (True, True)


def test_a_free_ticket_tells_that_nothing_is_charged() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    with guard.admit(OLD, PORTAL) as ticket:
        assert (ticket.pair, ticket.verified, ticket.reserved) == (OLD.fingerprint, True, False)


def test_leaving_the_block_unsent_gives_the_charge_back() -> None:
    guard = make()
    with guard.admit(OLD, PORTAL):
        assert statuses(guard) == [TicketStatus.OPEN]
    assert statuses(guard) == []


def test_leaving_the_block_after_sending_keeps_the_charge() -> None:
    guard = make()

    def interrupted() -> None:
        with guard.admit(OLD, PORTAL) as ticket:
            ticket.sent()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert statuses(guard) == [TicketStatus.UNKNOWN]


def test_a_dropped_ticket_settles_itself_at_the_next_attempt() -> None:
    guard = make()
    guard.admit(OLD, PORTAL).sent()
    gc.collect()
    guard.admit(OLD, PORTAL, timeout=5.0).settle(Outcome.NOT_SENT)
    assert statuses(guard) == [TicketStatus.UNKNOWN]
    guard.admit(OLD, PORTAL)
    gc.collect()
    guard.admit(OLD, PORTAL, timeout=5.0).settle(Outcome.VERIFICATION)
    guard.close()  # which gives the kept place back
    assert statuses(guard) == [TicketStatus.UNKNOWN]


def test_only_the_first_settlement_counts() -> None:
    guard = make(CONCURRENT)
    ticket = guard.admit(OLD, PORTAL)
    ticket.settle(Outcome.NOT_SENT)
    ticket.settle(Outcome.STRIKE)
    ticket.give_up()
    assert state(guard).strikes == 0
    free = verified_ticket(guard)
    free.settle(Outcome.VERIFICATION)
    free.settle(Outcome.STRIKE)
    free.give_up()
    assert state(guard).strikes == 0


def verified_ticket(guard: StrikeGuard) -> Ticket:
    verify(guard, OLD)
    ticket = guard.admit(OLD, PORTAL)
    ticket.sent()
    return ticket


def test_a_free_call_without_an_outcome_changes_nothing() -> None:
    guard = make(CONCURRENT)
    with verified_ticket(guard):
        pass
    for outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.INCONCLUSIVE, Outcome.BUSY):
        verified_ticket(guard).settle(outcome)
    assert statuses(guard) == []
    call(guard, OLD, Outcome.VERIFICATION)


@pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])
def test_places_come_back_however_a_ticket_ends(settings: GuardSettings) -> None:
    guard = make(settings)
    call(guard, OLD, Outcome.VERIFICATION)
    with guard.admit(OLD, PORTAL):
        pass
    for _ in range(5):
        guard.admit(OLD, PORTAL, timeout=5.0)
        gc.collect()
    held = guard.admit(OLD, PORTAL, timeout=5.0)
    held.settle(Outcome.VERIFICATION)
    held.settle(Outcome.VERIFICATION)
    with guard.admit(OLD, PORTAL, timeout=5.0), guard.admit(OLD, PORTAL, timeout=5.0):
        pass


def test_closing_the_guard_settles_what_is_open() -> None:
    guard = make(STRICT)
    verify(guard, OLD, times=1)
    kept = [guard.admit(OLD, PORTAL), guard.admit(OLD, PORTAL)]
    kept[0].sent()
    guard.close()
    assert statuses(guard) == [TicketStatus.UNKNOWN]
    kept[0].settle(Outcome.STRIKE)
    assert state(guard).strikes == 0


def test_a_guard_that_is_let_go_settles_what_is_open() -> None:
    guard = make()
    store = guard.store
    ticket = guard.admit(NEW, PORTAL)
    ticket.sent()
    del guard
    gc.collect()
    eventually(lambda: [left.status for left in store.read("key").tickets] == [TicketStatus.UNKNOWN])


@pytest.mark.parametrize(("send", "left"), [("pass", "[]"), ("ticket.sent()", "['unknown']")])
def test_row_90_the_end_of_the_interpreter_settles_open_tickets(send: str, left: str) -> None:
    # The first function registered is the last to run, so it sees what the guard has done at the end.
    script = textwrap.dedent(f"""
        import atexit
        atexit.register(lambda: print([t.status.value for t in store.read("key").tickets]))
        from types import SimpleNamespace
        from cyara_auth.guard.guard import GuardSettings, StrikeGuard
        from cyara_auth.stores.memory import MemoryStrikeStore
        store = MemoryStrikeStore()
        guard = StrikeGuard(store=store)
        pair = SimpleNamespace(fingerprint="p", key_fingerprint="key", source=None)
        ticket = guard.admit(pair, "https://portal:443")
        {send}
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout.strip(), done.stderr) == (left, "")

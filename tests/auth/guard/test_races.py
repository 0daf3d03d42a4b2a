import subprocess
import sys
from collections.abc import Callable

import pytest

from cyara_auth._platform.owner import identify
from cyara_auth._platform.system import this_system
from cyara_auth.errors import CredentialRejectedError
from cyara_auth.guard.call import Call
from cyara_auth.guard.rejections import Rejections
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.events import Admit, Decision, Event
from cyara_auth.strikes.state import Admission, Outcome, TicketStatus

from .parts import CONCURRENT, GUARDED, OLD, PORTAL, call, make, state, verify


class Meddling(MemoryStrikeStore):
    """A store during whose next answer to a caller something else happens, as in another thread."""

    meanwhile: Callable[[], None] | None = None

    def apply(self, key_id: str, event: Event) -> Decision:
        decision = super().apply(key_id, event)
        if self.meanwhile is not None and decision.admission is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return decision


def test_a_401_that_arrives_while_the_store_says_free_wins() -> None:
    store = Meddling()
    guard, elsewhere = make(CONCURRENT, store=store), make(CONCURRENT, store=store)
    verify(guard, OLD)
    in_flight = guard.admit(OLD, PORTAL)
    call(guard, OLD, Outcome.REVERIFY)
    call(elsewhere, OLD, Outcome.VERIFICATION)
    store.meanwhile = lambda: in_flight.settle(Outcome.STRIKE)
    with pytest.raises(CredentialRejectedError):
        guard.admit(OLD, PORTAL)
    assert state(guard).strikes == 1


def test_ctrl_c_while_the_store_answers_leaves_no_charge() -> None:
    store = Meddling()
    guard = make(store=store)

    def interrupt() -> None:
        raise KeyboardInterrupt

    store.meanwhile = interrupt
    with pytest.raises(KeyboardInterrupt):
        guard.admit(OLD, PORTAL)
    assert len(state(guard).tickets) == 1
    guard.close()
    assert not state(guard).tickets


def test_a_ticket_of_a_process_that_ended_is_given_up_and_stays_charged() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        gone = identify(process.pid, system=this_system())
        if not gone.started:
            pytest.skip("this system does not tell when a process started")
    guard = make()
    event = Admit(
        now=guard.store.clock(),
        settings=GUARDED,
        pair=OLD.fingerprint,
        origin=PORTAL,
        owner=gone,
        ticket="left behind",
        orphan_ttl=150.0,
    )
    assert guard.store.apply("key", event).admission is Admission.GRANT
    with guard.admit(OLD, PORTAL, timeout=0.0):
        assert [ticket.status for ticket in state(guard).tickets] == [TicketStatus.UNKNOWN, TicketStatus.OPEN]


def test_a_rejection_that_was_just_lifted_refuses_nobody() -> None:
    rejections = Rejections(MemoryStrikeStore())
    rejections.refuse(
        Call(
            key_id="key",
            pair=OLD.fingerprint,
            origin=PORTAL,
            source=None,
            operation=None,
            orphan_ttl=150.0,
            confirm=False,
        )
    )

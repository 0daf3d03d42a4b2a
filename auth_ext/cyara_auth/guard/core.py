"""The one core behind the sync and the async face of the guard: it decides at once and never waits for other callers.

`attempt` answers a caller with a ticket, a refusal or a `Wait`; the `settle_*` methods take outcomes. Where time has to
pass (a waiter's sleep, a worker thread for the store), the faces in `guard` let it pass.
"""

import itertools
import time
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex

import attrs

from cyara_auth._platform import current_owner, is_dead, machine_clock
from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.failpoints import hit
from cyara_auth.guard.call import Call
from cyara_auth.guard.gates import Gate, Gates, Passage
from cyara_auth.guard.outbox import CONDEMNING, Outbox, Report, flush_soon
from cyara_auth.guard.refusals import not_shared, refusal
from cyara_auth.guard.rejections import Rejections
from cyara_auth.guard.tickets import FreeTicket, Hold, RampedTicket, ReservedTicket, Ticket
from cyara_auth.guard.waiters import Waiters
from cyara_auth.machine import Instant, Owner
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.events import Admit, Decision
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, GuardPolicy, Incident, KeyState, Outcome, PairState

_VERDICTS = CONDEMNING | {Outcome.VERIFICATION}


@attrs.frozen(kw_only=True)
class Wait:
    """Not now. `decision` tells for whom, None if for another call of this process; `retry_in` in seconds."""

    decision: Decision | None = None
    retry_in: float | None = None


def _machine_seconds() -> float:
    return machine_clock().seconds


class GuardCore:
    """Everything that one process knows and does about admissions over one store."""

    def __init__(
        self,
        store: StrikeStore,
        settings: GuardSettings,
        *,
        steady: Callable[[], float] = _machine_seconds,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.settings = settings
        self.waiters = Waiters()
        self._steady = steady
        self._wall = wall
        self._outbox = Outbox(store, settings, steady=steady, learn=self._learn)
        self.gates = Gates(store, settings, steady=steady, refresh=self._refresh)
        self._rejections = Rejections(store)
        self._forsaken: frozenset[Owner] = frozenset()
        self._begin_process()

    def attempt(self, call: Call) -> Ticket | Wait:
        """Admit a call, or say that it has to wait.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        if self.settings.require_shared_store and not self.store.shared:
            raise not_shared(call, self.store.describe())
        if self._rejections.knows(call.pair):
            self._flush_quietly()
            self._rejections.refuse(call)
        gate = self.gates.table.get((call.pair, call.origin))
        if gate is not None and not gate.condemned:
            answer = self._through(gate, call)
            if answer is not None:
                return answer
            late = self.gates.late_success(gate)
            if late is not None:
                self._refresh(gate, late)
        self._outbox.flush()
        if self._outbox.owes(call.key_id):  # another thread is writing it; its end wakes whoever waits
            return Wait()
        answer = self._ask_store(call)
        if isinstance(answer, ReservedTicket) and self._outbox.owes(call.key_id):
            answer.give_up()  # the store was asked before it could know of a strike that is known here
            return Wait()
        return answer

    def settle_reserved(self, hold: Hold, outcome: Outcome, retry_after: float | None) -> None:
        """Take a reservation's outcome; only the first one counts."""
        if self._holds.pop(hold.id, None) is not None:
            self._deliver(self._report(hold, outcome, retry_after))

    def settle_free(self, gate: Gate, outcome: Outcome, *, source: str | None, operation: str | None) -> None:
        """Take bad news about a pair that went free; anything but a rejection or a denial changes nothing."""
        if outcome is Outcome.REVERIFY:
            gate.reverify(self._steady())
        elif outcome not in CONDEMNING:
            return
        self._deliver(self._free_report(gate, outcome, source=source, operation=operation))

    def drop(self, hold: Hold) -> None:
        """Note that a ticket was dropped; called by the garbage collector, so the next attempt writes it."""
        if self._holds.pop(hold.id, None) is not None:
            self._outbox.add(self._report(hold, hold.fate, None))

    def place_free(self, key_id: str) -> None:
        """Wake a caller who waits for a place on the ramp."""
        self.waiters.wake_one(key_id)

    def finish(self) -> None:
        """Settle what is open and write what can be written: the guard, or the interpreter, ends."""
        for hold in tuple(self._holds.values()):
            self.drop(hold)
        self._flush_quietly()

    def before_fork(self) -> None:
        """Need not stand still: the child starts with fresh locks."""

    def after_fork_in_parent(self) -> None:
        """Go on as before."""

    def after_fork_in_child(self) -> None:
        """Keep what is known; reservations, reports and waiters are the parent's."""
        if not self.store.shared:
            # Nobody will ever settle the parent's tickets in this private copy of the states.
            self._forsaken |= {self._owner}
        self.waiters.after_fork_in_child()
        self._outbox.clear()
        self.gates.after_fork_in_child()
        self._begin_process()

    def _begin_process(self) -> None:
        self._owner = current_owner()
        self._holds: dict[str, Hold] = {}
        self._prefix = token_hex(8)
        self._numbers = itertools.count(1)

    def _through(self, gate: Gate, call: Call) -> Ticket | Wait | None:
        match self.gates.passage(gate):
            case Passage.FREE:
                return FreeTicket(self, gate, call.source, call.operation)
            case Passage.RAMPED:
                return RampedTicket(self, gate, call.source, call.operation)
            case Passage.FULL:
                return Wait()
            case _:
                return None

    def _ask_store(self, call: Call) -> Ticket | Wait:
        hold = Hold(id=f"{self._prefix}-{next(self._numbers)}", call=call)
        try:
            event, decision = self._apply(hold)
            if decision.admission is Admission.GRANT:
                self._holds[hold.id] = hold
                hit("after_reserve")
                verified = decision.pair is not None and decision.pair.verification_at(call.origin) is not None
                return ReservedTicket(self, hold, verified=verified)
        except BaseException:
            # The store may have granted it before the answer got lost, or before a Ctrl-C.
            self._holds.pop(hold.id, None)
            self._outbox.add(self._report(hold, Outcome.NOT_SENT, None))
            raise
        if decision.admission is Admission.WAIT:
            return Wait(decision=decision, retry_in=decision.retry_in)
        if decision.admission is Admission.FREE:
            gate = self._open_gate(call.key_id, call.pair, call.origin, decision.state, event.now)
            return self._through(gate, call) or Wait(retry_in=0.0)
        if decision.pair is not None and decision.pair.verdict.is_final:
            self._rejections.confirm(call.pair, decision.pair.incident, decision.state.generation)
        raise refusal(call, decision, self.settings)

    def _apply(self, hold: Hold) -> tuple[Admit, Decision]:
        """Ask the store; if owners stand in the way, ask again without those who are dead."""
        call = hold.call
        event = Admit(
            now=self.store.clock(),
            settings=self.settings,
            pair=call.pair,
            origin=call.origin,
            owner=self._owner,
            ticket=hold.id,
            orphan_ttl=call.orphan_ttl,
            dead=self._forsaken,
            confirm=call.confirm or self.settings.confirm_suspects,
            incident=self._here(call.source, call.operation),
        )
        decision = self.store.apply(call.key_id, event)
        gone = frozenset(owner for owner in decision.blockers if owner != self._owner and is_dead(owner))
        if gone:
            event = attrs.evolve(event, now=self.store.clock(), dead=self._forsaken | gone)
            decision = self.store.apply(call.key_id, event)
        return event, decision

    def _deliver(self, report: Report) -> None:
        if report.outcome in CONDEMNING:
            # Here first: no call of this process may go before the store has been told, or if it cannot be.
            self._rejections.add(report.pair, report.incident)
            self.gates.condemn(report.pair)
        self._outbox.add(report)
        if not (self.store.blocking and report.outcome not in CONDEMNING and flush_soon(self._flush_quietly)):
            self._flush_quietly()

    def _flush_quietly(self) -> None:
        with suppress(StrikeStoreUnavailableError):  # stays queued, and nothing unverified is admitted until it is out
            self._outbox.flush()

    def _learn(self, report: Report, decision: Decision) -> None:
        """Take over what the store made of a report."""
        hit("after_settle")
        record = decision.pair
        if report.outcome in CONDEMNING and record is not None:
            if record.verdict is PairState.SUSPECT:
                self._rejections.forget(report.pair)
            else:
                self._rejections.confirm(report.pair, report.incident, decision.state.generation)
        elif report.outcome is Outcome.VERIFICATION and self.settings.policy is GuardPolicy.GUARDED and report.ticket:
            self._open_gate(report.key_id, report.pair, report.origin, decision.state, self.store.clock())
        if report.outcome in _VERDICTS:
            self.waiters.wake_all(report.key_id)
        else:
            self.waiters.wake_one(report.key_id)

    def _open_gate(self, key_id: str, pair: str, origin: str, state: KeyState, now: Instant) -> Gate:
        gate = self.gates.opened(key_id, pair, origin, state, now)
        if self._rejections.knows(pair):  # another thread got a 401 after the store had given this answer
            gate.condemn()
        return gate

    def _refresh(self, gate: Gate, at: float) -> None:
        """Tell the store of a success that needed no reservation, so that other processes need no probe."""
        report = self._free_report(gate, Outcome.VERIFICATION, source=None, operation=None)
        self._outbox.add(attrs.evolve(report, at=at))
        self._flush_quietly()

    def _here(self, source: str | None, operation: str | None) -> Incident:
        return Incident(
            wall=self._wall(), host=self._owner.host, pid=self._owner.pid, source=source, operation=operation
        )

    def _report(self, hold: Hold, outcome: Outcome, retry_after: float | None) -> Report:
        call = hold.call
        return Report(
            key_id=call.key_id,
            pair=call.pair,
            origin=call.origin,
            outcome=outcome,
            ticket=hold.id,
            incident=self._here(call.source, call.operation),
            retry_after=retry_after,
            at=self._steady(),
        )

    def _free_report(self, gate: Gate, outcome: Outcome, *, source: str | None, operation: str | None) -> Report:
        return Report(
            key_id=gate.key_id,
            pair=gate.pair,
            origin=gate.origin,
            outcome=outcome,
            ticket=None,
            incident=self._here(source, operation),
            retry_after=None,
            at=self._steady(),
        )

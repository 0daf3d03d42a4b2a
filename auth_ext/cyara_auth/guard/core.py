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
from cyara_auth.guard.outbox import REJECTING, Outbox, OutcomeReport, flush_soon
from cyara_auth.guard.refusals import not_shared, refusal
from cyara_auth.guard.rejections import Rejections
from cyara_auth.guard.tickets import FreeTicket, RampedTicket, Reservation, ReservedTicket, Ticket
from cyara_auth.guard.waiters import Waiters
from cyara_auth.machine import Instant, Owner
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.events import Admit, Decision
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, GuardPolicy, Incident, KeyState, Outcome, PairState

_VERDICTS = REJECTING | {Outcome.VERIFICATION}


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
        self._orphaned: frozenset[Owner] = frozenset()
        self._begin_process()

    def attempt(self, call: Call) -> Ticket | Wait:
        """Admit a call, or say that it has to wait.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        if self.settings.require_shared_store and not self.store.shared:
            raise not_shared(call, self.store.describe())
        # Before the gates: what was rejected here goes nowhere, whatever the store or a gate believes.
        if self._rejections.knows(call.pair):
            self._flush_quietly()
            self._rejections.refuse(call)
        gate = self.gates.table.get((call.pair, call.origin))
        if gate is not None and not gate.rejected_here:
            answer = self._through(gate, call)
            if answer is not None:
                return answer
            succeeded_at = self.gates.take_delayed_success(gate)
            if succeeded_at is not None:
                self._refresh(gate, succeeded_at)
        self._outbox.flush()
        # A strike that is left is being written by another thread, whose end wakes whoever waits.
        if self._outbox.has_pending(call.key_id):
            return Wait()
        answer = self._ask_store(call)
        # Again, since the store was asked before it could know of a strike that has been learnt here meanwhile.
        if isinstance(answer, ReservedTicket) and self._outbox.has_pending(call.key_id):
            answer.give_up()
            return Wait()
        return answer

    def settle_reserved(self, reservation: Reservation, outcome: Outcome, retry_after: float | None) -> None:
        """Take a reservation's outcome; only the first one counts."""
        if self._reservations.pop(reservation.id, None) is not None:
            self._deliver(self._reserved_report(reservation, outcome, retry_after))

    def settle_free(self, gate: Gate, outcome: Outcome, *, source: str | None, operation: str | None) -> None:
        """Take bad news about a pair that went free; anything but a rejection or a denial changes nothing."""
        # The gate stops here and now, for the threads of this process; the store lets the others know.
        if outcome is Outcome.REVERIFY:
            gate.reverify(self._steady())
        elif outcome not in REJECTING:
            return
        self._deliver(self._report(gate, outcome, self._incident(source, operation)))

    def drop(self, reservation: Reservation) -> None:
        """Note that a ticket was dropped."""
        # The garbage collector calls this in any thread, under any lock: the next attempt writes it.
        if self._reservations.pop(reservation.id, None) is not None:
            self._outbox.add(self._reserved_report(reservation, reservation.default_outcome))

    def place_free(self, key_id: str) -> None:
        """Wake a caller who waits for a place on the ramp."""
        self.waiters.wake_one(key_id)

    def finish(self) -> None:
        """Settle what is open and write what can be written: the guard, or the interpreter, ends."""
        for reservation in tuple(self._reservations.values()):
            self.drop(reservation)
        self._flush_quietly()

    def before_fork(self) -> None:
        """Need not stand still: the child starts with fresh locks."""

    def after_fork_in_parent(self) -> None:
        """Go on as before."""

    def after_fork_in_child(self) -> None:
        """Keep what is known; reservations, reports and waiters are the parent's."""
        if not self.store.shared:
            # The parent lives, so no process table would tell that its tickets here are orphaned. Nobody will
            # ever settle them in this private copy of the states.
            self._orphaned |= {self._owner}
        self.waiters.after_fork_in_child()
        self._outbox.clear()
        self.gates.after_fork_in_child()
        self._begin_process()

    def _begin_process(self) -> None:
        self._owner = current_owner()
        self._reservations: dict[str, Reservation] = {}
        # Random, because a process id comes back, and a ticket's id must not.
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
        reservation = Reservation(id=f"{self._prefix}-{next(self._numbers)}", call=call)
        try:
            event, decision = self._apply(reservation)
            if decision.admission is Admission.GRANT:
                self._reservations[reservation.id] = reservation
                hit("after_reserve")
                verified = decision.pair is not None and decision.pair.verification_at(call.origin) is not None
                return ReservedTicket(self, reservation, verified=verified)
        except BaseException:
            # The store may have granted it before the answer got lost, or before a Ctrl-C. Nothing was sent, so the
            # charge goes as soon as the store can be reached.
            self._reservations.pop(reservation.id, None)
            self._outbox.add(self._reserved_report(reservation, Outcome.NOT_SENT))
            raise
        if decision.admission is Admission.WAIT:
            return Wait(decision=decision, retry_in=decision.retry_in)
        if decision.admission is Admission.FREE:
            # The gate may say no all the same: another thread got a 401, or the ramp is full.
            gate = self._update_gate(call.key_id, call.pair, call.origin, decision.state, event.now)
            return self._through(gate, call) or Wait(retry_in=0.0)
        if decision.pair is not None and decision.pair.verdict.is_final:
            self._rejections.confirm(call.pair, decision.pair.incident, decision.state.generation)
        raise refusal(call, decision, self.settings)

    def _apply(self, reservation: Reservation) -> tuple[Admit, Decision]:
        """Ask the store; if owners stand in the way, ask again without those who are dead."""
        call = reservation.call
        event = Admit(
            now=self.store.clock(),
            settings=self.settings,
            pair=call.pair,
            origin=call.origin,
            owner=self._owner,
            ticket=reservation.id,
            orphan_ttl=call.orphan_ttl,
            dead=self._orphaned,
            confirm=call.confirm or self.settings.confirm_suspects,
            incident=self._incident(call.source, call.operation),
        )
        decision = self.store.apply(call.key_id, event)
        # Asked here, not in the store: only this machine knows its processes, and asking takes system calls.
        others, one_machine = decision.blockers - {self._owner}, self.store.one_machine
        gone = frozenset(owner for owner in others if is_dead(owner, one_machine=one_machine))
        if gone:
            event = attrs.evolve(event, now=self.store.clock(), dead=self._orphaned | gone)
            decision = self.store.apply(call.key_id, event)
        return event, decision

    def _deliver(self, report: OutcomeReport) -> None:
        if report.outcome in REJECTING:
            # Here first: no call of this process may go before the store knows of it, or if it cannot be reached.
            self._rejections.add(report.pair, report.incident)
            self.gates.reject(report.pair)
        self._outbox.add(report)
        # A strike is written before its caller goes on, even in an event loop; everything else can wait a moment.
        if not (self.store.blocking and report.outcome not in REJECTING and flush_soon(self._flush_quietly)):
            self._flush_quietly()

    def _flush_quietly(self) -> None:
        # What cannot be written stays queued, and nothing unverified is admitted before it is out.
        with suppress(StrikeStoreUnavailableError):
            self._outbox.flush()

    def _learn(self, report: OutcomeReport, decision: Decision) -> None:
        """Take over what the store made of a report."""
        hit("after_settle")
        record = decision.pair
        if report.outcome in REJECTING and record is not None:
            # Not final, so other processes may end it: from here on the store is asked each time.
            if record.verdict is PairState.SUSPECT:
                self._rejections.forget(report.pair)
            else:
                self._rejections.confirm(report.pair, report.incident, decision.state.generation)
        elif report.outcome is Outcome.VERIFICATION and self.settings.policy is GuardPolicy.GUARDED and report.ticket:
            self._update_gate(report.key_id, report.pair, report.origin, decision.state, self.store.clock())
        if report.outcome in _VERDICTS:
            self.waiters.wake_all(report.key_id)
        else:
            self.waiters.wake_one(report.key_id)

    def _update_gate(self, key_id: str, pair: str, origin: str, state: KeyState, now: Instant) -> Gate:
        gate = self.gates.update(key_id, pair, origin, state, now)
        # Another thread may have got a 401 after the store had given this answer.
        if self._rejections.knows(pair):
            gate.reject()
        return gate

    def _refresh(self, gate: Gate, at: float) -> None:
        """Write a success that needed no reservation, so that other processes need no probe."""
        report = self._report(gate, Outcome.VERIFICATION, self._incident(None, None))
        self._outbox.add(attrs.evolve(report, at=at))
        self._flush_quietly()

    def _incident(self, source: str | None, operation: str | None) -> Incident:
        return Incident(
            wall=self._wall(), host=self._owner.host, pid=self._owner.pid, source=source, operation=operation
        )

    def _reserved_report(
        self, reservation: Reservation, outcome: Outcome, retry_after: float | None = None
    ) -> OutcomeReport:
        call = reservation.call
        incident = self._incident(call.source, call.operation)
        return self._report(call, outcome, incident, ticket=reservation.id, retry_after=retry_after)

    def _report(
        self,
        target: Call | Gate,
        outcome: Outcome,
        incident: Incident,
        *,
        ticket: str | None = None,
        retry_after: float | None = None,
    ) -> OutcomeReport:
        return OutcomeReport(
            key_id=target.key_id,
            pair=target.pair,
            origin=target.origin,
            outcome=outcome,
            ticket=ticket,
            incident=incident,
            retry_after=retry_after,
            at=self._steady(),
        )

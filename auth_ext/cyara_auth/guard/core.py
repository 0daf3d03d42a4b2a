"""The one core behind the sync and the async face of the guard: it decides at once and never waits for other callers.

`attempt` answers a caller with a ticket, a refusal or a `Wait`; the `settle_*` methods take outcomes. Where time has to
pass (a waiter's sleep, a worker thread for the store), the faces in `guard` let it pass.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex

import attrs

from cyara_auth._platform import current_owner, is_dead
from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.failpoints import hit
from cyara_auth.guard.call import FENCE, Call, Moment, ago
from cyara_auth.guard.gates import Gate, Gates
from cyara_auth.guard.outbox import REJECTING, Outbox, OutcomeReport
from cyara_auth.guard.places import RENEW_AFTER, Places
from cyara_auth.guard.refusals import not_shared, refusal
from cyara_auth.guard.rejections import Rejections
from cyara_auth.guard.tickets import NOT_SENT, Answer, FreeTicket, Reservation, ReservedTicket, Ticket
from cyara_auth.guard.waiters import Waiter, Waiters
from cyara_auth.guard.waiting import Told
from cyara_auth.guard.workers import Workers
from cyara_auth.machine import Instant, Owner
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.admit import is_fresh
from cyara_auth.strikes.events import Admit, Decision, Renew, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    Admission,
    GuardPolicy,
    Incident,
    KeyMode,
    KeyState,
    Outcome,
    PairState,
    TicketStatus,
    verdict_against,
)

_VERDICTS = REJECTING | {Outcome.VERIFICATION}
_LEAVES_PLACE = frozenset({Outcome.VERIFICATION, Outcome.INCONCLUSIVE, Outcome.NOT_SENT})
"""Outcomes after which a process may keep its place; a 401, a loss or a doubt settles it."""

_POLLS_AFTER_HANDING_OVER = 3
_LAST_WRITE = 2.0


@attrs.frozen(kw_only=True)
class Wait:
    """Not now. `decision` tells for whom, None if for another call of this process; `retry_in` in seconds."""

    decision: Decision | None = None
    retry_in: float | None = None


class GuardCore:
    """Everything that one process knows and does about admissions over one store."""

    def __init__(
        self, store: StrikeStore, settings: GuardSettings, *, steady: Callable[[], float], wall: Callable[[], float]
    ) -> None:
        self.store = store
        self.settings = settings
        self.waiters = Waiters()
        self.workers = Workers()
        self.told = Told()
        self.turns: Counter[str] = Counter()
        self._steady = steady
        self._wall = wall
        self._outbox = Outbox(store, steady=steady, learn=self._learn)
        self.gates = Gates(store, settings, steady=steady, refresh=self._refresh)
        self._rejections = Rejections(store)
        self._places = Places(self, quantum=store.pace.quantum, steady=steady)
        self._is_concurrent = settings.policy is GuardPolicy.CONCURRENT
        self._era = 0
        self._orphaned: frozenset[Owner] = frozenset()
        self._begin_process()

    def attempt(self, call: Call, waiter: Waiter | None = None) -> Ticket | Wait:
        """Admit a call, or say that it has to wait; `waiter` is its place in the queue, if it has waited already.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        if self.settings.require_shared_store and not self.store.shared:
            raise not_shared(call, self.store.describe())
        # Before all else: what was rejected here goes nowhere, whatever the store or a gate believes.
        if self._rejections.knows(call.pair, call.origin):
            self.write_rest()
            self._rejections.refuse(call)
        answer = self._free(call) if self._is_concurrent else self._on_kept_place(call, waiter)
        if answer is not None:
            return answer
        if self._is_behind(call, waiter):
            return Wait(decision=self._latest.get(call.key_id))
        self._flush()
        # A strike that is left is being written by another thread, whose end wakes whoever waits.
        if self._outbox.has_pending(call.key_id) or self._has_just_handed_over(call.key_id):
            return Wait()
        answer = self._ask_store(call)
        # Again, since the store was asked before it could know of a strike that has been learnt here meanwhile.
        if isinstance(answer, ReservedTicket) and self._outbox.has_pending(call.key_id):
            answer.give_up()
            return Wait()
        return answer

    def attempt_at_once(self, call: Call, waiter: Waiter | None) -> Ticket | Wait | None:
        """Do what `attempt` does, as far as no store has to be asked; None if one has to."""
        rejected = self._rejections.knows(call.pair, call.origin)
        if self._is_concurrent or rejected or (self.settings.require_shared_store and not self.store.shared):
            return None
        return self._on_kept_place(call, waiter, young=True)

    def moment(self) -> Moment:
        """Read both clocks."""
        return Moment(self._steady(), self._wall())

    def settle_reserved(self, reservation: Reservation, answer: Answer) -> None:
        """Take a reservation's outcome; only the first one counts."""
        if not self._places.end(reservation):
            return
        key_id, outcome = reservation.call.key_id, answer.outcome
        self.turns[key_id] += 1
        keeps = outcome in _LEAVES_PLACE and self._may_keep(reservation)
        if keeps and reservation.fresh:
            # Nothing is written: the store knows that the pair is verified, not long ago, and the place in use.
            if outcome is Outcome.VERIFICATION:
                reservation.verified_at = self._steady()
            if self._places.keep(reservation):
                self.waiters.wake_one(key_id)
                return
        keeps = keeps and outcome is Outcome.VERIFICATION and not reservation.fresh
        kept, yields = reservation if keeps else None, self._places.is_due(reservation)
        self._deliver(attrs.evolve(self._end(reservation, answer), kept=kept, yields=yields, era=self._era))

    def somebody_waits(self, key_id: str) -> bool:
        """Look whether another process waits for a place of a key, or an operator for all of them."""
        try:
            state, now = self.store.read(key_id), self.store.clock()
        except StrikeStoreUnavailableError:
            return False
        mark, life = state.waiting_at, self.store.pace.waiting_life
        waits = mark is not None and mark.domain == now.domain and now.seconds - mark.seconds < life
        return waits or state.mode is KeyMode.DRAINING

    def hand_back(self, reservation: Reservation, *, wanted: bool = False) -> None:
        """Give an idle place back."""
        self._outbox.add(attrs.evolve(self._end(reservation), yields=wanted))
        self.write_rest()

    def hand_all_back(self) -> None:
        """Give every idle place back."""
        for reservation in self._places.release():
            self._outbox.add(self._end(reservation))
        with suppress(StrikeStoreUnavailableError):  # once: a guard that has ended writes no more
            self._outbox.flush()

    def write_rest(self) -> None:
        """Write what is queued, as far as the store can be reached."""
        # What cannot be written stays queued, and nothing unverified is admitted before it is out.
        with suppress(StrikeStoreUnavailableError):
            self._flush()

    def has_rest(self) -> bool:
        """Return whether anything is left to write."""
        return self._outbox.has_reports()

    def renew_sending(self, reservation: Reservation) -> None:
        """Date the reservation of a call anew that still sends its body."""
        call, now = reservation.call, self.moment()
        if now.since(reservation.taken) >= FENCE:
            return  # the machine slept, and what has not left by now must not: the key may have been rotated
        with suppress(StrikeStoreUnavailableError):
            event = Renew(now=self.store.clock(), settings=self.settings, ticket=reservation.id, sending=True)
            if self.store.apply(call.key_id, event).admission is Admission.GRANT:
                reservation.taken = now

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
        if self._places.end(reservation):
            self._outbox.add(self._end(reservation, Answer(reservation.default_outcome)))

    def finish(self) -> None:
        """Settle what is open and write what can be written: the guard, or the interpreter, ends."""
        self._era += 1
        for reservation in self._places.busy():
            self.drop(reservation)
        self.hand_all_back()
        # The process may end now, and with it the thread of the background in the middle of its writing.
        self._outbox.wait_for_others(_LAST_WRITE)

    def before_fork(self) -> None:
        """Need not stand still: the child starts with fresh locks. A private store is copied, so nothing is kept."""
        if not self.store.shared:
            self.hand_all_back()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""

    def after_fork_in_child(self) -> None:
        """Keep what is known; reservations, reports and waiters are the parent's."""
        if not self.store.shared:
            # The parent lives, so no process table would tell that its tickets here are orphaned. Nobody will
            # ever settle them in this private copy of the states.
            self._orphaned |= {self._owner}
        for part in (self.waiters, self.workers, self.told, self.gates, self._places):
            part.after_fork_in_child()
        self._outbox.clear()
        self._begin_process()

    def _begin_process(self) -> None:
        self._owner = current_owner()
        self._handed_over: dict[str, tuple[int, float]] = {}
        self._latest: dict[str, Decision] = {}
        # Random, because a process id comes back, and a ticket's id must not.
        self._prefix = token_hex(8)
        self._numbers = itertools.count(1)

    def _free(self, call: Call) -> Ticket | None:
        gate = self.gates.table.get((call.pair, call.origin))
        if gate is None or gate.rejected_here:
            return None
        if self.gates.lets_through(gate):
            return FreeTicket(self, gate, call.source, call.operation)
        succeeded_at = self.gates.take_delayed_success(gate)
        if succeeded_at is not None:
            self._refresh(gate, succeeded_at)
        return None

    def _is_behind(self, call: Call, waiter: Waiter | None) -> bool:
        # Whoever comes new stands behind those who wait, or the thread that has just given a place back takes it again.
        return self.waiters.has(call.key_id) if waiter is None else not waiter.is_first()

    def _on_kept_place(self, call: Call, waiter: Waiter | None, *, young: bool = False) -> Ticket | Wait | None:
        if self._is_behind(call, waiter):
            return Wait(decision=self._latest.get(call.key_id))
        now = self.moment()
        ticket = self._places.take(call, self, now=now, young=young)
        if ticket is None:
            # Both in use here, or one that serves no call of this kind stands in its way.
            if not young:
                for other in self._places.release(call):
                    self.hand_back(other)
            return Wait() if self._places.count(call.key_id) >= self.settings.budget else None
        place = ticket.reservation
        return ticket if now.since(place.taken) < RENEW_AFTER or self._renewed(place, now) else None

    def _renewed(self, place: Reservation, now: Moment) -> bool:
        """Date a kept place anew before its next call; if it is lost, it goes back."""
        call, clock = place.call, self.store.clock
        verified_at = None
        try:
            if place.verified_at is not None:
                verified_at = ago(clock(), self._steady() - place.verified_at)
            event = Renew(now=clock(), settings=self.settings, ticket=place.id, verified_at=verified_at)
            decision = self.store.apply(call.key_id, event)
        except BaseException:
            if self._places.end(place) and not self._places.keep(place):
                self._outbox.add(self._end(place))
            raise
        if decision.admission is not Admission.GRANT:
            self._places.end(place)
            self.hand_back(place)
            return False
        place.taken, place.verified_at = now, None
        self._note_standing(place, decision, event.now)
        return True

    def _note_standing(self, place: Reservation, decision: Decision, now: Instant) -> None:
        """Note what the store knows of the pair of a place that it has just granted or renewed."""
        standing = None if decision.pair is None else decision.pair.at(place.call.origin)
        place.verified = standing is not None and standing.is_verified
        place.fresh = standing is not None and is_fresh(standing, now, self.settings)

    def _may_keep(self, reservation: Reservation) -> bool:
        if self._is_concurrent or self._places.is_due(reservation):
            return False
        call = reservation.call
        if self._rejections.knows(call.pair, call.origin) or self._outbox.has_pending(call.key_id):
            return False
        # STRICT charges the place of a keeper that is killed, so it is kept only from one call to the next.
        return self.settings.policy is GuardPolicy.GUARDED or self.waiters.has(call.key_id)

    def _has_just_handed_over(self, key_id: str) -> bool:
        """Return whether this process gave a place to somebody who has not come for it yet."""
        grants, until = self._handed_over.get(key_id, (0, -math.inf))
        if self._steady() < until and self.store.read(key_id).grants == grants:
            return True
        self._handed_over.pop(key_id, None)
        return False

    def _ask_store(self, call: Call) -> Ticket | Wait:
        taken = self.moment()
        name, since = f"{self._prefix}-{next(self._numbers)}", taken.steady
        reservation = Reservation(id=name, call=call, orphan_ttl=call.orphan_ttl, taken=taken, held_since=since)
        try:
            event, decision = self._apply(reservation)
            if decision.admission is Admission.GRANT:
                self._note_standing(reservation, decision, event.now)
                ticket = ReservedTicket(self, reservation)
                self._places.note_busy(reservation)
                hit("after_reserve")
                return ticket
        except BaseException:
            # The store may have granted it before the answer got lost, or before a Ctrl-C. Nothing was sent, so the
            # charge goes as soon as the store can be reached.
            self._places.end(reservation)
            self._outbox.add(self._end(reservation))
            raise
        if decision.admission is Admission.WAIT or self._may_wait_for_rotation(decision, event.now):
            self._latest[call.key_id] = decision
            return Wait(decision=decision, retry_in=decision.retry_in)
        if decision.admission is Admission.FREE:
            # The gate may say no all the same: another thread got a 401.
            gate = self._update_gate(call.key_id, call.pair, call.origin, decision.state, event.now)
            free = self.gates.lets_through(gate)
            return FreeTicket(self, gate, call.source, call.operation) if free else Wait(retry_in=0.0)
        if decision.admission is Admission.REJECTED and decision.pair is not None:
            incident = decision.pair.at(call.origin).incident
            self._rejections.add(call.pair, call.origin, incident, generation=decision.state.generation)
        raise refusal(call, decision, self.settings)

    def _may_wait_for_rotation(self, decision: Decision, now: Instant) -> bool:
        # From the begin and not from the caller's own start, so that nobody waits for a rotation that was forgotten.
        began = decision.state.drained_at
        if decision.admission is not Admission.DRAINING or began is None:
            return False
        passed = now.since(began)
        return passed is None or passed < self.settings.rotation_wait

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
            confirm=call.confirm,
            incident=self._incident(call.source, call.operation),
            # Who holds a place has its turn already.
            waiting_life=None if self._places.count(call.key_id) else self.store.pace.waiting_life,
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
        event = report.event
        rejects = event.outcome in REJECTING
        if rejects:
            # Here first: no call of this process may go before the store knows of it, or if it cannot be reached.
            self._rejections.add(event.pair, event.origin, event.incident)
            self.gates.reject(event.pair, event.origin)
        self._outbox.add(report)
        # A strike is written before its caller goes on, even in an event loop; everything else can wait a moment.
        if rejects or not self.store.blocking or not self.workers.soon(self.write_rest):
            self.write_rest()

    def _flush(self) -> None:
        try:
            self._outbox.flush()
        except BaseException:
            self._places.watch()  # this process may call no more, and others wait for what it knows
            raise

    def _learn(self, report: OutcomeReport, decision: Decision) -> None:
        """Take over what the store made of a report."""
        hit("after_settle")
        event, key_id = report.event, report.key_id
        if event.outcome in REJECTING:
            against = verdict_against(decision.pair, event.origin)
            # Not final, so other processes may end it: from here on the store is asked each time.
            if against is None or against[0] is PairState.SUSPECT:
                self._rejections.forget(event.pair, event.origin)
            else:
                generation = decision.state.generation
                self._rejections.add(event.pair, event.origin, event.incident, generation=generation)
        elif event.outcome is Outcome.VERIFICATION and self._is_concurrent and event.ticket:
            self._update_gate(key_id, event.pair, event.origin, decision.state, self.store.clock())
        if report.kept is not None:
            self._keep(report.kept, decision, is_closed=report.era != self._era)
        if report.yields:
            until = self._steady() + _POLLS_AFTER_HANDING_OVER * self.store.pace.poll
            self._handed_over[key_id] = decision.state.grants, until
        if event.outcome in _VERDICTS:
            self.waiters.wake_all(key_id)
        else:
            self.waiters.wake_one(key_id)

    def _keep(self, reservation: Reservation, decision: Decision, *, is_closed: bool) -> None:
        """Keep a place whose first success the store has taken down, if that verified the pair."""
        ticket, record = decision.state.ticket(reservation.id), decision.pair
        is_open = ticket is not None and ticket.status is TicketStatus.OPEN
        reservation.verified = record is not None and record.at(reservation.call.origin).is_verified
        reservation.fresh = reservation.verified
        # What was given up meanwhile goes, too: the call has been answered. And `rotate begin` waits for it.
        wanted = is_closed or decision.state.mode is KeyMode.DRAINING
        if wanted or not is_open or not reservation.fresh or not self._places.keep(reservation):
            self._outbox.add(self._end(reservation))

    def _update_gate(self, key_id: str, pair: str, origin: str, state: KeyState, now: Instant) -> Gate:
        gate = self.gates.update(key_id, pair, origin, state, now)
        # Another thread may have got a 401 after the store had given this answer.
        if self._rejections.knows(pair, origin):
            gate.reject()
        return gate

    def _refresh(self, gate: Gate, at: float) -> None:
        """Write a success that needed no reservation, so that other processes need no probe."""
        self._outbox.add(self._report(gate, Outcome.VERIFICATION, self._incident(), at=at))
        self.write_rest()

    def _incident(self, source: str | None = None, operation: str | None = None, reason: str | None = None) -> Incident:
        host, pid = self._owner.host, self._owner.pid
        return Incident(wall=self._wall(), host=host, pid=pid, source=source, operation=operation, reason=reason)

    def _end(self, reservation: Reservation, answer: Answer = NOT_SENT) -> OutcomeReport:
        """Return the report that a reservation's call has ended."""
        call, outcome, at = reservation.call, answer.outcome, None
        if reservation.verified_at is not None and outcome in (Outcome.NOT_SENT, Outcome.INCONCLUSIVE):
            # The last success on this place was not written yet.
            outcome, at = Outcome.VERIFICATION, reservation.verified_at
        report = self._report(call, outcome, self._incident(call.source, call.operation, answer.reason), at=at)
        event = attrs.evolve(report.event, ticket=reservation.id, retry_after=answer.retry_after)
        return attrs.evolve(report, event=event)

    def _report(
        self, target: Call | Gate, outcome: Outcome, incident: Incident, *, at: float | None = None
    ) -> OutcomeReport:
        event = Settle(
            # By this process's clock: asking the store's may fail, and a ticket may be dropped anywhere.
            now=Instant(domain="this process", seconds=self._steady() if at is None else at),
            settings=self.settings,
            pair=target.pair,
            origin=target.origin,
            outcome=outcome,
            ticket=None,
            incident=incident,
        )
        return OutcomeReport(key_id=target.key_id, event=event)

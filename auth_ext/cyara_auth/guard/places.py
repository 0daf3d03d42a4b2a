"""The places that a process keeps from call to call, so that most calls ask no store.

GUARDED and STRICT let two calls of a key be in flight, over everything that shares the store. Asking for such a place
and giving it back costs two writes, which on a network is more than many calls. So a process keeps the place of a
verified pair while its calls follow each other, and hands it over when somebody else waits.

One thread of the background serves all places of a guard: it looks whether somebody waits, hands idle places back, and
keeps the reservation of a call that still sends its body young, and writes what nobody else will: a ticket that was
dropped, an outcome for which the store could not be reached. It ends when nothing of all this is left.
"""

import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Final, Protocol

import attrs

from cyara_auth.guard.call import FENCE, Call, Moment
from cyara_auth.guard.tickets import Reservation, ReservedTicket, Settler

RENEW_AFTER: Final = FENCE / 2
"""Seconds after which a kept place is dated anew before its next call."""

IDLE: Final = 1.0
"""Seconds without a call after which a place goes back."""

IDLE_WANTED: Final = 0.2
"""The same, while somebody waits."""

_TICK: Final = 0.1
_REST: Final = 1.0
_LOOKS: Final = 50
"""A look may cost a fiftieth of the time between two of them."""


class Keeper(Protocol):
    """What the thread of the background asks the guard to do."""

    def somebody_waits(self, key_id: str) -> bool:
        """Look at the store."""
        ...

    def hand_back(self, reservation: Reservation, *, wanted: bool) -> None:
        """Give an idle place back."""
        ...

    def hand_all_back(self) -> None:
        """Give every idle place back."""
        ...

    def write_rest(self) -> None:
        """Write what could not be written when it was learnt."""
        ...

    def has_rest(self) -> bool:
        """Return whether anything is left to write."""
        ...

    def renew_sending(self, reservation: Reservation) -> None:
        """Date the reservation of a call anew that still sends."""
        ...


class Places:
    """Every place of one guard: idle ones by reservation id, and busy ones, whose call is not settled."""

    def __init__(self, keeper: Keeper, *, quantum: float, steady: Callable[[], float]) -> None:
        self._keeper = weakref.ref(keeper)
        self._quantum = quantum
        self._steady = steady
        self._lock = threading.Lock()
        self._idle: dict[str, Reservation] = {}
        self._busy: dict[Reservation, None] = {}
        self._wanted: set[str] = set()
        self._thread: threading.Thread | None = None
        self._awaits_end = False

    def take(self, call: Call, settler: Settler, *, now: Moment, young: bool) -> ReservedTicket | None:
        """Return a ticket for an idle place, now busy; it may have to be renewed first, unless `young`."""
        with self._lock:
            for place in self._idle.values():
                if self._serves(place, call) and not (young and now.since(place.taken) >= RENEW_AFTER):
                    # A new object: the ticket of the call before must not settle this one.
                    used = attrs.evolve(place, call=call, sent=False)
                    # Before the place is busy: a Ctrl-C from then on drops the ticket, and that frees the place.
                    ticket = ReservedTicket(settler, used)
                    del self._idle[place.id]
                    self._busy[used] = None
                    return ticket
        return None

    def release(self, blocked: Call | None = None) -> list[Reservation]:
        """Return idle places, no longer kept: those that stand in the way of a call, or all of them."""
        with self._lock:
            places = [place for place in self._idle.values() if blocked is None or self._blocks(place, blocked)]
            for place in places:
                del self._idle[place.id]
        return places

    def is_due(self, reservation: Reservation) -> bool:
        """Return whether a place that is about to be kept belongs to those who wait."""
        held = self._steady() - reservation.held_since
        return reservation.call.key_id in self._wanted and held >= self._quantum

    def keep(self, reservation: Reservation) -> bool:
        """Keep a place whose call has ended; return whether there is a thread that will hand it back."""
        reservation.used_at = self._steady()
        with self._lock:
            if not self._start():
                return False
            self._idle[reservation.id] = reservation
        return True

    def note_busy(self, reservation: Reservation) -> None:
        """Note a place that was just granted."""
        with self._lock:
            self._busy[reservation] = None
            self._start()  # the very first call of a process may be the one that sends for minutes

    def watch(self) -> None:
        """Have the thread write what is left."""
        with self._lock:
            self._start()

    def end(self, reservation: Reservation) -> bool:
        """Note that a place is not busy any more; return whether this was the first time."""
        # One step and no lock: the garbage collector comes here, too, and no Ctrl-C between finding and taking.
        try:
            del self._busy[reservation]
        except KeyError:
            return False
        return True

    def busy(self) -> tuple[Reservation, ...]:
        """Return the places whose calls are not settled."""
        return tuple(self._busy)

    def count(self, key_id: str) -> int:
        """Return how many places of a key this process holds, idle or in use."""
        with self._lock:
            places = [*self._idle.values(), *self._busy.copy()]
        return sum(place.call.key_id == key_id for place in places)

    def after_fork_in_child(self) -> None:
        """Forget the places: they are the parent's, and so is the thread."""
        self._lock = threading.Lock()
        self._idle = {}
        self._busy = {}
        self._wanted = set()
        self._thread = None
        self._awaits_end = False

    def _start(self) -> bool:
        if self._thread is None:
            self._thread = threading.Thread(target=_serve, args=(weakref.ref(self),), daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # the system has no thread left, or the interpreter ends
                self._thread = None
        if not self._awaits_end:
            self._awaits_end = True
            _await_end_of_child(self._keeper)
        return self._thread is not None

    @staticmethod
    def _serves(place: Reservation, call: Call) -> bool:
        # A call that may be evaluated later than the reservation says would no longer be counted by then.
        same = place.call.pair == call.pair and place.call.origin == call.origin
        return same and call.orphan_ttl <= place.orphan_ttl

    def _blocks(self, place: Reservation, call: Call) -> bool:
        return place.call.key_id == call.key_id and not self._serves(place, call)

    def serve(self, cost: dict[str, float], due: dict[str, float]) -> bool:
        """Do what is due now; return whether there is anything left to serve."""
        try:
            return self._serve(cost, due)
        except BaseException:  # a warning of the store that the program has made an error: the next call starts anew
            self._thread = None
            raise

    def _serve(self, cost: dict[str, float], due: dict[str, float]) -> bool:
        keeper = self._keeper()
        if keeper is None:
            return False
        now = self._steady()
        if now >= due.get("", 0.0):
            keeper.write_rest()
            due[""] = now + _REST
        with self._lock:
            # Copies are made in one step; `end` may come between any two.
            places = [*self._idle.values(), *self._busy.copy()]
            if not places and not keeper.has_rest():
                self._thread = None
                return False
        for key_id in {place.call.key_id for place in places}:
            if now >= due.get(key_id, 0.0):
                began = time.monotonic()
                waits = keeper.somebody_waits(key_id)
                spent = time.monotonic() - began
                cost[key_id] = spent if key_id not in cost else 0.7 * cost[key_id] + 0.3 * spent
                due[key_id] = now + max(self._quantum, _LOOKS * cost[key_id])
                (self._wanted.add if waits else self._wanted.discard)(key_id)
        for place in places:
            wanted = place.call.key_id in self._wanted
            with self._lock:
                idle = self._idle.get(place.id) is place
                if idle and now - place.used_at >= (IDLE_WANTED if wanted else IDLE):
                    del self._idle[place.id]
                else:
                    idle = False
                sending = place in self._busy and place.sent
            if idle:
                keeper.hand_back(place, wanted=wanted)
            elif sending and now - place.taken.steady >= RENEW_AFTER:
                keeper.renew_sending(place)
        return True


def _await_end_of_child(keeper: weakref.ref[Keeper]) -> None:
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and processes.parent_process() is not None:
        from multiprocessing.util import Finalize

        # Children of multiprocessing end by os._exit, before which Python up to 3.13 calls nothing else.
        Finalize(keeper(), _end, args=(keeper,), exitpriority=0)


def _end(reference: weakref.ref[Keeper]) -> None:
    keeper = reference()
    if keeper is not None:
        keeper.hand_all_back()


def _serve(reference: "weakref.ref[Places]") -> None:
    cost: dict[str, float] = {}
    due: dict[str, float] = {}
    while True:
        # Without a reference of its own across the sleep: the thread must not keep a guard alive that nobody uses.
        places = reference()
        if places is None or not places.serve(cost, due):
            return
        del places
        time.sleep(_TICK)

"""What this process has learnt and the store does not know yet: a queue that loses nothing but on a kill.

Outcomes go through it because three places cannot write themselves: the garbage collector that finds a dropped ticket,
an event loop that must not wait for a disk, and a call that ends while the store is unreachable. Nothing unverified is
admitted before the queue is empty, so a strike that could not be written still counts.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from cyara_auth.guard.call import ago
from cyara_auth.guard.tickets import Reservation
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.events import Decision, Settle
from cyara_auth.strikes.state import Outcome

REJECTING: Final = frozenset({Outcome.STRIKE, Outcome.AMBIGUOUS, Outcome.INTERCEPTED})
"""Outcomes after which this process refuses the pair, before the store knows of them."""

_LOOK: Final = 0.005


@attrs.frozen(kw_only=True)
class OutcomeReport:
    """An outcome on its way to the store.

    Attributes:
        key_id: Fingerprint of the key.
        event: What the call taught; dated by this process's steady clock until it is written.
        kept: The place that this process keeps, once the store has taken the success down.
        yields: The place goes to somebody who waits.
        era: How often the guard had been closed then: what was kept before goes back.
    """

    key_id: str
    event: Settle
    kept: Reservation | None = None
    yields: bool = False
    era: int = 0


class Outbox:
    """Reports in the order in which they were learnt."""

    def __init__(
        self, store: StrikeStore, *, steady: Callable[[], float], learn: Callable[[OutcomeReport, Decision], None]
    ) -> None:
        self._store = store
        self._steady = steady
        self._learn = learn
        self._reports: deque[OutcomeReport] = deque()
        # The queue cannot tell what another thread is writing just now, so strikes stay here until the store has them.
        self._strikes: dict[int, OutcomeReport] = {}
        self._writers: list[int] = []

    def add(self, report: OutcomeReport) -> None:
        """Queue a report."""
        # Each step is one operation of a container: safe wherever Python code can run, in the garbage collector too.
        # The strike is in sight before it is in the queue, or `has_pending` could miss it in between.
        if report.event.outcome in REJECTING:
            self._strikes[id(report)] = report
        self._reports.append(report)

    def has_pending(self, key_id: str) -> bool:
        """Return whether a strike of this key is not in the store yet, queued or being written by another thread."""
        return any(report.key_id == key_id for report in tuple(self._strikes.values()))

    def has_reports(self) -> bool:
        """Return whether anything is queued."""
        return bool(self._reports)

    def flush(self) -> None:
        """Write what is queued.

        Raises:
            StrikeStoreUnavailableError: the store takes no more; the rest stays queued.
        """
        self._writers.append(threading.get_ident())
        try:
            while (report := self._next()) is not None:
                try:
                    decision = self._store.apply(report.key_id, self._dated(report))
                except BaseException:
                    # Ctrl-C too: a report that is written twice is settled once, one that is lost never.
                    self._reports.appendleft(report)
                    raise
                self._strikes.pop(id(report), None)
                self._learn(report, decision)
        finally:
            self._writers.remove(threading.get_ident())

    def wait_for_others(self, seconds: float) -> None:
        """Wait until no other thread is writing a report that it has taken from the queue."""
        end = time.monotonic() + seconds
        while any(writer != threading.get_ident() for writer in tuple(self._writers)) and time.monotonic() < end:
            time.sleep(_LOOK)

    def clear(self) -> None:
        """Forget everything: after a fork, the parent writes it."""
        self._reports = deque()
        self._strikes = {}
        self._writers = []

    def _next(self) -> OutcomeReport | None:
        try:
            return self._reports.popleft()
        except IndexError:  # empty, perhaps because another thread took the last one
            return None

    def _dated(self, report: OutcomeReport) -> Settle:
        # Dated by when it was learnt: it may have waited for hours, and a verification must not be younger than it is.
        now = ago(self._store.clock(), self._steady() - report.event.now.seconds)
        return attrs.evolve(report.event, now=now, keep=report.kept is not None)

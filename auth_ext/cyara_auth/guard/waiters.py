"""Callers who wait for another caller's call: woken one after the other in this process, polling across processes.

A wake-up that gets lost costs time, never safety.
"""

import threading
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Self

_QUEUED_POLL = 1.0
"""Seconds between the attempts of those who are not first in the queue, should the first one hang."""

_HANGS = 5.0
"""Seconds after its last sign of life from which a waiter is passed over: its event loop stands still, or it left."""


class Waiter(ABC):
    """A place in the queue of one key, as a context."""

    def __init__(self, queue: "Waiters", key_id: str) -> None:
        self._queue = queue
        self._key_id = key_id
        self.seen = monotonic()

    @abstractmethod
    def notify(self) -> None:
        """Wake whoever waits here."""

    def poll_interval(self, interval: float) -> float:
        """Return the seconds to sleep at most: `interval` for the first in the queue, more for the others."""
        # Another process cannot wake anybody here, so somebody has to ask the store now and then. One is enough.
        return interval if self.is_first() else max(interval, _QUEUED_POLL)

    def is_first(self) -> bool:
        """Return whether nobody stands before it."""
        self.seen = monotonic()
        return self._queue.first(self._key_id) is self

    def __enter__(self) -> Self:
        self._queue.enter(self._key_id, self)
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.leave(self._key_id, self)


class Waiters:
    """The queues of all keys in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Waiter]] = {}

    def after_fork_in_child(self) -> None:
        """Forget the waiters: their threads stayed in the parent."""
        self._lock = threading.Lock()
        self._queues = {}

    def enter(self, key_id: str, waiter: Waiter) -> None:
        """Queue up."""
        with self._lock:
            self._queues.setdefault(key_id, deque()).append(waiter)

    def leave(self, key_id: str, waiter: Waiter) -> None:
        """Leave, and wake the next."""
        with self._lock:
            queue = self._queues[key_id]
            queue.remove(waiter)
            if not queue:
                del self._queues[key_id]
        # Whoever leaves may have been woken for a place that it did not take.
        self.wake_one(key_id)

    def has(self, key_id: str) -> bool:
        """Return whether anybody waits."""
        return key_id in self._queues

    def first(self, key_id: str) -> Waiter | None:
        """Return the one who asks the store for the others; not whoever hangs, or was left behind by a Ctrl-C."""
        latest = monotonic() - _HANGS
        with self._lock:
            queue = self._queues.get(key_id, ())
            return next((waiter for waiter in queue if waiter.seen > latest), queue[0] if queue else None)

    def wake_one(self, key_id: str) -> None:
        """A place became free: one caller can take it, so the others sleep on."""
        first = self.first(key_id)
        # Without the lock: whoever is woken takes it.
        if first is not None:
            first.notify()

    def wake_all(self, key_id: str) -> None:
        """A verdict is known: it is the answer for everybody."""
        with self._lock:
            waiters = list(self._queues.get(key_id, ()))
        for waiter in waiters:
            waiter.notify()


class ThreadWaiter(Waiter):
    """A place for the calling thread."""

    def __init__(self, queue: Waiters, key_id: str) -> None:
        super().__init__(queue, key_id)
        self._event = threading.Event()

    def notify(self) -> None:
        """Wake it, or spare it its next sleep."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Sleep until notified, at most `seconds`."""
        self._event.wait(seconds)
        self._event.clear()


class TaskWaiter(Waiter):
    """A place for the running task, which any thread may wake."""

    def __init__(self, queue: Waiters, key_id: str) -> None:
        super().__init__(queue, key_id)
        # Here and below: programs without an event loop are spared the import.
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake it."""
        # A loop that is closed has nobody left to wake. Asking first would leave a moment in between.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._event.set)

    async def sleep(self, seconds: float) -> None:
        """Sleep until notified, at most `seconds`."""
        import asyncio

        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()

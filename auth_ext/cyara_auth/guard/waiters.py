"""Callers who wait for another caller's probe: woken one after the other in this process, polling across processes.

Waking one is enough when a place became free; when a verdict is known, all are woken. Whoever is first in the queue
also looks at the store now and then, because another process cannot wake anybody here. A wake-up that gets lost costs
time, never safety.
"""

import threading
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

_QUEUED_LOOK = 1.0
"""Seconds between the looks of those who are not first in the queue, should the first one hang."""


class _Bell(Protocol):
    def ring(self) -> None: ...


class Waiter:
    """A place in the queue of one key, as a context."""

    __slots__ = ("_bell", "_key_id", "_queue")

    def __init__(self, queue: "Waiters", key_id: str, bell: _Bell) -> None:
        self._queue = queue
        self._key_id = key_id
        self._bell = bell

    def ring(self) -> None:
        """Wake whoever waits here."""
        self._bell.ring()

    def patience(self, look: float) -> float:
        """Return the seconds to sleep at most: `look` for the first in the queue, more for the others."""
        return look if self._queue.is_first(self._key_id, self) else max(look, _QUEUED_LOOK)

    def __enter__(self) -> Self:
        self._queue.enter(self._key_id, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
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

    def thread(self, key_id: str) -> "tuple[Waiter, ThreadBell]":
        """Return a place for the calling thread, and the bell it sleeps on."""
        bell = ThreadBell()
        return Waiter(self, key_id, bell), bell

    def task(self, key_id: str) -> "tuple[Waiter, TaskBell]":
        """Return a place for the running task, and the bell it sleeps on."""
        bell = TaskBell()
        return Waiter(self, key_id, bell), bell

    def enter(self, key_id: str, waiter: Waiter) -> None:
        """Queue up."""
        with self._lock:
            self._queues.setdefault(key_id, deque()).append(waiter)

    def leave(self, key_id: str, waiter: Waiter) -> None:
        """Leave, and wake the next: whoever leaves may have been woken for a place that it did not take."""
        with self._lock:
            queue = self._queues[key_id]
            queue.remove(waiter)
            if not queue:
                del self._queues[key_id]
        self.wake_one(key_id)

    def is_first(self, key_id: str, waiter: Waiter) -> bool:
        """Return whether a waiter is the one who looks for the others."""
        with self._lock:
            queue = self._queues.get(key_id)
            return queue is not None and queue[0] is waiter

    def wake_one(self, key_id: str) -> None:
        """A place became free."""
        with self._lock:
            queue = self._queues.get(key_id)
            first = None if queue is None else queue[0]
        if first is not None:
            first.ring()

    def wake_all(self, key_id: str) -> None:
        """A verdict is known."""
        with self._lock:
            waiters = list(self._queues.get(key_id, ()))
        for waiter in waiters:
            waiter.ring()


class ThreadBell:
    """Wakes a thread."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        """Wake it, or spare it its next sleep."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Sleep until the bell rings, at most `seconds`."""
        self._event.wait(seconds)
        self._event.clear()


class TaskBell:
    """Wakes an asyncio task, from any thread."""

    __slots__ = ("_event", "_loop")

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415 - threads do not need it

        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake it; a loop that is closed has nobody left to wake."""
        with suppress(RuntimeError):  # asking first would leave a moment in between
            self._loop.call_soon_threadsafe(self._event.set)

    async def sleep(self, seconds: float) -> None:
        """Sleep until the bell rings, at most `seconds`."""
        import asyncio  # noqa: PLC0415 - threads do not need it

        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()

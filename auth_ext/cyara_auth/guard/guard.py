"""`StrikeGuard`: no byte leaves without an admission, and every admission is settled by what came back.

Two faces, one core. Both ask the core for an answer at once and differ only in how they wait when the answer is "not
now": a thread sleeps, a task awaits. A blocking `admit` inside an event loop would wait for a task that it keeps from
running, so async code has to use `aadmit`.
"""

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from cyara_auth._platform import machine_clock
from cyara_auth._platform.fork import watch_forks
from cyara_auth.errors import UnsupportedClientError
from cyara_auth.guard.call import Call
from cyara_auth.guard.core import GuardCore, Wait
from cyara_auth.guard.tickets import FreeTicket, Ticket
from cyara_auth.guard.waiters import TaskWaiter, ThreadWaiter, Waiter
from cyara_auth.guard.waiting import PollSchedule
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.settings import GuardSettings

if TYPE_CHECKING:
    import asyncio

__all__ = ["GuardSettings", "GuardedCredential", "StrikeGuard", "Ticket"]

T = TypeVar("T")


class GuardedCredential(Protocol):
    """What the guard has to know of a credential: never the secret."""

    @property
    def fingerprint(self) -> str:
        """Of `key:token`."""
        ...

    @property
    def key_fingerprint(self) -> str:
        """Of `key`: the key whose strikes are counted."""
        ...

    @property
    def source(self) -> str | None:
        """Where it came from, in words, for refusal texts."""
        ...


class StrikeGuard:
    """Admits and settles calls of any number of credentials over one store; shared by threads, loops and forks.

    It does not close the store, which other guards of the process may share.

    Attributes:
        store: The store that this guard asks.
        settings: Policy and numbers of this guard.
    """

    def __init__(
        self,
        *,
        store: StrikeStore,
        settings: GuardSettings | None = None,
        steady: Callable[[], float] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Make a guard.

        Args:
            store: Where strikes are counted.
            settings: Policy and numbers.
            steady: Clock for the age of verifications, in seconds; the machine's uptime by default.
            wall: Clock for texts, in seconds since 1970.
        """
        self.store: Final = store
        self.settings: Final = GuardSettings() if settings is None else settings
        self._core = GuardCore(store, self.settings, steady=_machine_seconds if steady is None else steady, wall=wall)
        self._gates = self._core.gates.table
        watch_forks(self._core)
        # At the end of the interpreter, or of this object, whichever comes first.
        weakref.finalize(self, _finish, weakref.ref(self), self._core)

    def admit(  # noqa: PLR0913  # each is a fact of the call, by keyword
        self,
        credential: GuardedCredential,
        origin: str,
        *,
        operation: str | None = None,
        timeout: float | None = None,
        read_timeout: float | None = None,
        confirm: bool = False,
    ) -> Ticket:
        """Wait for the right to send one request with `credential` to `origin`, and return it.

        Args:
            credential: The pair that will be injected.
            origin: `scheme://host:port`, canonical (`Origin.canonical`).
            operation: Operation id, for texts.
            timeout: Longest wait in seconds, whatever for. By default a wait for another caller's probe ends after
                `probe_wait`, one for a place when none of the key's calls has made progress for the longest time
                that one may take, and one for a rotation `rotation_wait` after its begin.
            read_timeout: Read timeout of this call, in seconds; it bounds how long a lost call can still be evaluated.
            confirm: Spend budget on a pair that an ambiguous 401 has made suspect.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        # The fast path of CONCURRENT: a look-up and one comparison of a clock, no lock, no system call.
        gate = self._gates.get((credential.fingerprint, origin))
        if gate is not None and monotonic() < gate.until and not gate.rejected_here:
            return FreeTicket(self._core, gate, credential.source, operation)
        call = self._call(credential, origin, operation, read_timeout, confirm=confirm)
        answer = self._core.attempt(call)
        return self._wait(call, timeout) if isinstance(answer, Wait) else answer

    async def aadmit(  # noqa: PLR0913  # as admit
        self,
        credential: GuardedCredential,
        origin: str,
        *,
        operation: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # bounds the wait for somebody else's probe, as in admit
        read_timeout: float | None = None,
        confirm: bool = False,
    ) -> Ticket:
        """As `admit`, for asyncio: waits without blocking the event loop, and loses no ticket to a cancellation.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
            UnsupportedClientError: the event loop is not asyncio's; nothing may be sent.
        """
        gate = self._gates.get((credential.fingerprint, origin))
        if gate is not None and monotonic() < gate.until and not gate.rejected_here:
            return FreeTicket(self._core, gate, credential.source, operation)
        _check_loop()
        call = self._call(credential, origin, operation, read_timeout, confirm=confirm)
        answer = await self._attempt(call)
        return await self._await(call, timeout) if isinstance(answer, Wait) else answer

    async def run_blocking(self, work: Callable[[], T]) -> T:
        """Run something that may wait for a disk or a program on a thread of the guard's own."""
        return await self._core.workers.run(work)

    def close(self) -> None:
        """Settle what is still open: NOT_SENT if nothing left, else UNKNOWN. The store stays open."""
        self._core.finish()

    def _call(
        self,
        credential: GuardedCredential,
        origin: str,
        operation: str | None,
        read_timeout: float | None,
        *,
        confirm: bool,
    ) -> Call:
        settings = self.settings
        return Call(
            key_id=credential.key_fingerprint,
            pair=credential.fingerprint,
            origin=origin,
            source=credential.source,
            operation=operation,
            orphan_ttl=settings.orphan_margin + (settings.read_timeout if read_timeout is None else read_timeout),
            confirm=confirm,
        )

    def _wait(self, call: Call, timeout: float | None) -> Ticket:
        core = self._core
        schedule = PollSchedule(self.settings, core.told, timeout=timeout)
        with ThreadWaiter(core.waiters, call.key_id) as waiter:
            while isinstance(answer := core.attempt(call, waiter), Wait):
                waiter.sleep(self._next_sleep(schedule, call, answer, waiter))
        return answer

    async def _await(self, call: Call, timeout: float | None) -> Ticket:  # noqa: ASYNC109  # as in aadmit
        core = self._core
        schedule = PollSchedule(self.settings, core.told, timeout=timeout)
        with TaskWaiter(core.waiters, call.key_id) as waiter:
            while isinstance(answer := await self._attempt(call, waiter), Wait):
                await waiter.sleep(self._next_sleep(schedule, call, answer, waiter))
        return answer

    def _next_sleep(self, schedule: PollSchedule, call: Call, wait: Wait, waiter: Waiter) -> float:
        poll = waiter.poll_interval(self.store.pace.poll)
        turns = self._core.turns[call.key_id]
        return schedule.next_sleep(call, wait.decision, turns, poll=poll, retry_in=wait.retry_in)

    async def _attempt(self, call: Call, waiter: Waiter | None = None) -> Ticket | Wait:
        # A store in memory answers faster than a worker thread starts.
        if not self.store.blocking:
            return self._core.attempt(call, waiter)
        at_once = self._core.attempt_at_once(call, waiter)
        if at_once is not None:
            return at_once
        import asyncio

        running = self._core.workers.run(partial(self._core.attempt, call, waiter))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The worker thread cannot be stopped; what it is granted belongs to nobody and nothing will be sent.
            running.add_done_callback(_give_up_result)
            raise


def _machine_seconds() -> float:
    return machine_clock().seconds


def _finish(guard: "weakref.ref[StrikeGuard]", core: GuardCore) -> None:
    if guard() is None:
        # The garbage collector comes here in any thread, under any lock, and a store needs locks of its own.
        with suppress(RuntimeError):  # no thread is left
            threading.Thread(target=core.finish).start()
            return
    core.finish()


def _check_loop() -> None:
    """Refuse what could neither wait nor ask a store here."""
    # Imported late, here and above: threads do without asyncio.
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise UnsupportedClientError(
            "Async calls wait for each other in asyncio, and this event loop is another one (trio?). Nothing was sent. "
            "Next: make the blocking calls in worker threads, as by trio.to_thread.run_sync"
        ) from None


def _give_up_result(attempt: "asyncio.Future[Ticket | Wait]") -> None:
    if not attempt.cancelled() and attempt.exception() is None and not isinstance(answer := attempt.result(), Wait):
        answer.give_up()

"""`StrikeGuard`: no byte leaves without an admission, and every admission is settled by what came back.

Two faces, one core. Both ask the core for an answer at once and differ only in how they wait when the answer is "not
now": a thread sleeps, a task awaits. A blocking `admit` inside an event loop would wait for a task that it keeps from
running, so async code has to use `aadmit`.
"""

import time
import weakref
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from cyara_auth._platform.fork import watch_forks
from cyara_auth.errors import UnsupportedClientError
from cyara_auth.guard.call import Call
from cyara_auth.guard.core import GuardCore, Wait
from cyara_auth.guard.refusals import waited
from cyara_auth.guard.tickets import FreeTicket, Ticket
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.settings import GuardSettings

if TYPE_CHECKING:
    import asyncio

__all__ = ["GuardSettings", "GuardedCredential", "StrikeGuard", "Ticket"]

_LONGEST_POLL = 0.25
_SHORTEST_SLEEP = 0.001


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
        settings = GuardSettings() if settings is None else settings
        self._core = GuardCore(store, settings, wall=wall, **({} if steady is None else {"steady": steady}))
        self._gates = self._core.gates.table
        watch_forks(self._core)
        # At the end of the interpreter, or of this object, whichever comes first.
        self._finish = weakref.finalize(self, self._core.finish)

    @property
    def store(self) -> StrikeStore:
        """The store that this guard asks."""
        return self._core.store

    @property
    def settings(self) -> GuardSettings:
        """Policy and numbers of this guard."""
        return self._core.settings

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
            origin: `scheme://host:port`, normalised.
            operation: Operation id, for texts.
            timeout: Longest wait for another caller's probe, in seconds; the settings' `probe_wait` by default.
            read_timeout: Read timeout of this call, in seconds; it bounds how long a lost call can still be evaluated.
            confirm: Spend budget on a pair that an ambiguous 401 has made suspect.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        # The fast path: a look-up and one comparison of a clock, with no call in between, no lock, no system call.
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
        settings = self._core.settings
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
        schedule = _PollSchedule(self._core.settings, timeout)
        waiter, notifier = self._core.waiters.thread(call.key_id)
        with waiter:
            while isinstance(answer := self._core.attempt(call), Wait):
                notifier.sleep(schedule.next_sleep(call, answer, waiter.poll_interval(schedule.interval)))
        return answer

    async def _await(self, call: Call, timeout: float | None) -> Ticket:  # noqa: ASYNC109  # as in aadmit
        schedule = _PollSchedule(self._core.settings, timeout)
        waiter, notifier = self._core.waiters.task(call.key_id)
        with waiter:
            while isinstance(answer := await self._attempt(call), Wait):
                await notifier.sleep(schedule.next_sleep(call, answer, waiter.poll_interval(schedule.interval)))
        return answer

    async def _attempt(self, call: Call) -> Ticket | Wait:
        # A store in memory answers faster than a worker thread starts.
        if not self._core.store.blocking:
            return self._core.attempt(call)
        import asyncio

        running = asyncio.get_running_loop().run_in_executor(None, self._core.attempt, call)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The worker thread cannot be stopped; what it is granted belongs to nobody and nothing will be sent.
            running.add_done_callback(_give_up_result)
            raise


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


class _PollSchedule:
    """How long one caller sleeps between two attempts, and when it stops."""

    def __init__(self, settings: GuardSettings, timeout: float | None) -> None:
        self._began = monotonic()
        self._timeout = settings.probe_wait if timeout is None else timeout
        self.interval = settings.poll_interval

    def next_sleep(self, call: Call, wait: Wait, interval: float) -> float:
        """Return the seconds until the next attempt.

        Raises:
            ProbeWaitTimeoutError: there is no time left for another one.
        """
        passed = monotonic() - self._began
        if passed >= self._timeout:
            raise waited(call, wait.decision, passed)
        # Longer each time: whoever waits for long need not ask the store twenty times a second.
        self.interval = min(_LONGEST_POLL, self.interval * 1.5)
        soonest = interval if wait.retry_in is None else min(interval, wait.retry_in)
        # Never none: two callers who just miss each other would spin.
        return min(self._timeout - passed, max(_SHORTEST_SLEEP, soonest))

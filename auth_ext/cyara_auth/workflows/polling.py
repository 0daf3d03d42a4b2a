"""Wait for something at the portal: ask, look, pause, ask again, until it holds or the deadline has passed.

Nothing is known of callbacks: what was executed is followed by asking again. Each question is an ordinary guarded call,
so waiting can neither burn a token nor outlive a rejected one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from cyara_auth.arguments import seconds_above, seconds_from
from cyara_auth.errors import WaitTimeoutError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class PollProgress(Generic[T]):
    """What a progress callback is told after each question that did not end the wait.

    `value` is what the call returned, `attempt` counts from 1, `elapsed` and `next_in` are seconds.
    """

    value: T
    attempt: int
    elapsed: float
    next_in: float


@attrs.frozen(kw_only=True)
class Pace:
    """How often to ask, in seconds, and for how long.

    Each delay is `backoff` times the one before, up to `longest_interval`. The last is cut so that the last question is
    asked at the deadline, not after it.

    Raises:
        ConfigurationError: a number is none, or would ask without pause or never.
    """

    # People who script this API ask every five seconds.
    interval: float = attrs.field(default=5.0, validator=seconds_above(0))
    backoff: float = attrs.field(default=1.0, validator=seconds_from(1))
    longest_interval: float = attrs.field(default=60.0, validator=seconds_above(0))
    deadline: float = attrs.field(default=3600.0, validator=seconds_above(0))

    def delay(self, *, attempt: int, elapsed: float) -> float | None:
        """Return the seconds to wait after question number `attempt`, or None when the time is up."""
        left = self.deadline - elapsed
        if left <= 0:
            return None
        # The exponent is capped: a float overflows long before any wait ends.
        wanted = self.interval * self.backoff ** min(attempt - 1, 64)
        # An interval above the longest one was asked for in so many words, so it holds.
        return min(wanted, max(self.longest_interval, self.interval), left)


@attrs.define
class Asking(Generic[T]):
    """One wait: how often it has asked, and since when."""

    _pace: Pace
    _on_progress: Callable[[PollProgress[T]], object] | None
    _clock: Callable[[], float] = time.monotonic
    _began: float = attrs.field(default=attrs.Factory(lambda self: self._clock(), takes_self=True), init=False)
    _attempt: int = attrs.field(default=0, init=False)

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self._clock() - self._began

    @property
    def attempts(self) -> int:
        """How often it has asked and gone on."""
        return self._attempt

    def next_delay(self, answer: T, *, report: bool = True) -> float:
        """Return the seconds until the next question, and report the answer that did not end the wait.

        Raises:
            WaitTimeoutError: the time is up.
        """
        self._attempt += 1
        elapsed = self.elapsed
        delay = self._pace.delay(attempt=self._attempt, elapsed=elapsed)
        if delay is None:
            raise WaitTimeoutError(last=answer, attempts=self._attempt, seconds=elapsed)
        # Only now: after the last answer there is no next question to speak of.
        if report and self._on_progress is not None:
            self._on_progress(PollProgress(value=answer, attempt=self._attempt, elapsed=elapsed, next_in=delay))
        return delay


def wait(  # noqa: PLR0913 - every argument is keyword-only and has a default that suits most
    call: Callable[[], T],
    *,
    until: Callable[[T], bool],
    pace: Pace | None = None,
    on_progress: Callable[[PollProgress[T]], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Ask until `until(answer)` is true and return that answer.

    Raises:
        WaitTimeoutError: the deadline passed first; it carries the last answer as `last`. Whatever was started at the
            portal goes on there.

    Errors of `call` itself are raised as they are, and so is Ctrl-C: nothing is left behind but the question.
    """
    asking = Asking(pace or Pace(), on_progress, clock)
    # Asked once more at the deadline, so a deadline shorter than the interval still gets a second look.
    while not until(answer := call()):
        sleep(asking.next_delay(answer))
    return answer


async def async_sleep(seconds: float) -> None:
    """Sleep in an event loop."""
    # A tenth of all that importing this package costs, paid only by those who have a loop.
    import asyncio

    await asyncio.sleep(seconds)


async def wait_async(  # noqa: PLR0913 - as above
    call: Callable[[], Awaitable[T]],
    *,
    until: Callable[[T], bool],
    pace: Pace | None = None,
    on_progress: Callable[[PollProgress[T]], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = async_sleep,
) -> T:
    """Do as `wait` does, without blocking the event loop; cancelling the task ends it at once."""
    asking = Asking(pace or Pace(), on_progress, clock)
    while not until(answer := await call()):
        await sleep(asking.next_delay(answer))
    return answer

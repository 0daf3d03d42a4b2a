"""Wait for something at the portal: ask, look, pause, ask again, until it holds or the deadline has passed.

The API has no callbacks: what was executed is followed by asking again. Each question is an ordinary guarded call, so
waiting can neither burn a token nor outlive a rejected one.
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
class Progress(Generic[T]):
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

    Each pause is `backoff` times the one before, up to `longest_interval`; people who script this API ask every five
    seconds. The last pause is cut so that the last question is asked at the deadline, not after it.

    Raises:
        ConfigurationError: a number is none, or would ask without pause or never.
    """

    interval: float = attrs.field(default=5.0, validator=seconds_above(0))
    backoff: float = attrs.field(default=1.0, validator=seconds_from(1))
    longest_interval: float = attrs.field(default=60.0, validator=seconds_above(0))
    deadline: float = attrs.field(default=3600.0, validator=seconds_above(0))

    def pause(self, *, attempt: int, elapsed: float) -> float | None:
        """Return the seconds to pause after question number `attempt`, or None when the time is up."""
        left = self.deadline - elapsed
        if left <= 0:
            return None
        # The exponent is capped: a float overflows long before any wait ends.
        wanted = self.interval * self.backoff ** min(attempt - 1, 64)
        return min(wanted, max(self.longest_interval, self.interval), left)


def wait(  # noqa: PLR0913 - every argument is keyword-only and has a default that suits most
    call: Callable[[], T],
    *,
    until: Callable[[T], bool],
    pace: Pace | None = None,
    on_progress: Callable[[Progress[T]], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Ask until `until(answer)` is true and return that answer.

    Raises:
        WaitTimeoutError: the deadline passed first; it carries the last answer as `last`. Whatever was started at the
            portal goes on there.

    Errors of `call` itself are raised as they are, and so is Ctrl-C: nothing is left behind but the question.
    """
    rhythm = pace or Pace()
    began = clock()
    attempt = 0
    while True:
        answer = call()
        attempt += 1
        if until(answer):
            return answer
        sleep(_next_pause(rhythm, answer, attempt, clock() - began, on_progress))


async def async_sleep(seconds: float) -> None:
    """Sleep in an event loop; only those who do pay for asyncio, a tenth of all that importing this package costs."""
    import asyncio

    await asyncio.sleep(seconds)


async def wait_async(  # noqa: PLR0913 - as above
    call: Callable[[], Awaitable[T]],
    *,
    until: Callable[[T], bool],
    pace: Pace | None = None,
    on_progress: Callable[[Progress[T]], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = async_sleep,
) -> T:
    """Do as `wait` does, without blocking the event loop; cancelling the task ends it at once."""
    rhythm = pace or Pace()
    began = clock()
    attempt = 0
    while True:
        answer = await call()
        attempt += 1
        if until(answer):
            return answer
        await sleep(_next_pause(rhythm, answer, attempt, clock() - began, on_progress))


def _next_pause(
    pace: Pace,
    answer: T,
    attempt: int,
    elapsed: float,
    on_progress: Callable[[Progress[T]], object] | None,
) -> float:
    pause = pace.pause(attempt=attempt, elapsed=elapsed)
    if pause is None:
        raise WaitTimeoutError(last=answer, attempts=attempt, seconds=elapsed)
    if on_progress is not None:
        on_progress(Progress(value=answer, attempt=attempt, elapsed=elapsed, next_in=pause))
    return pause

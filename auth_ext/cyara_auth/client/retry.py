"""When a call is tried again: a decision that is a value, made in one place, with the effects at the edge.

The retry sits outermost, above the guard, so every attempt is an admission of its own and the guard sees each wire
call. Never repeated are a 401 or 403, a call of a pair that is not verified, a refusal of the guard, a POST whose
caller did not say that it is idempotent, and a body that is read once.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from cyara_auth.arguments import invalid_argument, seconds_above, seconds_from, whole_from
from cyara_auth.errors import ConfigurationError
from cyara_auth.extensions import RETRYABLE_STATUSES


def _status_set(value: Iterable[int]) -> frozenset[int]:
    if not _is_collection(value):
        raise invalid_argument("statuses", value, takes="a set of statuses", example="{429, 503}")
    return frozenset(value)


def _operation_ids(value: Iterable[str]) -> frozenset[str]:
    names: frozenset[object] = frozenset(value) if _is_collection(value) else frozenset({None})
    if not all(isinstance(name, str) for name in names):
        raise invalid_argument("also_idempotent", value, takes="a set of operation ids", example="{'ExecuteCampaign'}")
    return frozenset(value)


def _is_collection(value: object) -> bool:
    """Return whether it can be made a set of; a text can, of its letters, and never is what was meant."""
    return isinstance(value, Iterable) and not isinstance(value, str)


def _statuses(_: object, __: object, value: frozenset[int]) -> None:
    # Three invalid calls void the token, so 401 and 403 cannot be configured in.
    surplus = sorted(value - RETRYABLE_STATUSES)
    if surplus:
        raise ConfigurationError(
            f"Status {', '.join(map(str, surplus))} cannot be retried; only {sorted(RETRYABLE_STATUSES)} can. "
            "Repeating a 401 or 403 is what voids tokens."
        )


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often, how long, and for what.

    Attributes:
        attempts: Wire calls in total for one call of yours; 1 switches retries off.
        deadline: Seconds after the first attempt began, after which none begins.
        base: Seconds that the first pause is drawn from; it doubles with each attempt (full jitter).
        longest_pause: Seconds that no drawn pause exceeds.
        longest_retry_after: Seconds of `Retry-After` that are waited; a longer one is reported in the error instead.
        statuses: Statuses that are retried, a subset of `RETRYABLE_STATUSES`.
        also_idempotent: Operation ids of POST operations that you know to be safe to repeat; `connect` refuses those
            that its client does not have.

    Raises:
        ConfigurationError: a number, a status or a name is none that would do.
    """

    attempts: int = attrs.field(default=3, validator=whole_from(1))
    deadline: float = attrs.field(default=60.0, validator=seconds_above(0))
    base: float = attrs.field(default=0.5, validator=seconds_from(0))
    longest_pause: float = attrs.field(default=8.0, validator=seconds_from(0))
    longest_retry_after: float = attrs.field(default=30.0, validator=seconds_from(0))
    statuses: frozenset[int] = attrs.field(default=RETRYABLE_STATUSES, converter=_status_set, validator=_statuses)
    also_idempotent: frozenset[str] = attrs.field(default=frozenset(), converter=_operation_ids)

    def check_operations(self, known: Mapping[str, object]) -> None:
        """Refuse operation ids that a client does not have: a misspelt one would silently repeat nothing.

        Raises:
            ConfigurationError: `also_idempotent` has a name that is not in `known`.
        """
        unknown = sorted(name for name in self.also_idempotent if name not in known)
        if unknown:
            # Late: only a misspelt name pays for it.
            from difflib import get_close_matches

            near = get_close_matches(unknown[0], known, n=1)
            hint = f"write {near[0]!r}, if you mean that" if near else "look its id up in client.operations"
            raise ConfigurationError(
                f"also_idempotent= names {unknown[0]!r}, which is no operation of this client. Nothing was sent. "
                f"Next: {hint}"
            )


@attrs.frozen(kw_only=True)
class FailedAttempt:
    """What is known when an attempt has ended without the answer that the caller wants.

    `status` is `None` when no connection was made; `retry_after` is in seconds.
    """

    number: int
    elapsed: float
    repeatable: bool
    status: int | None = None
    retry_after: float | None = None
    unrepeatable: bool = False


def pause_before_next(policy: RetryPolicy, attempt: FailedAttempt, draw: float) -> float | None:
    """Return the seconds to wait before the next attempt, or `None` if this was the last.

    `draw` is a random number from 0 to 1.
    """
    # A pair that was never verified may be counted again by each repetition, whatever the portal answers.
    if attempt.number >= policy.attempts or not attempt.repeatable or attempt.unrepeatable:
        return None
    if attempt.status is not None and attempt.status not in policy.statuses:
        return None
    # Full jitter: the whole pause is drawn, which spreads a fleet that failed together.
    pause = draw * min(policy.longest_pause, policy.base * 2 ** (attempt.number - 1))
    if attempt.retry_after is not None:
        if attempt.retry_after > policy.longest_retry_after:
            return None
        pause = max(pause, attempt.retry_after)
    return None if attempt.elapsed + pause > policy.deadline else pause


class RetryQuota:
    """A bucket that retries empty and successes fill, so that an outage is not answered with three times the load.

    A retry costs 5 of 100, a success that needed none gives 1 back, a success after a retry the retry's cost.
    """

    # The numbers of the AWS SDKs' standard mode, scaled to one client.
    COST: Final = 5
    CAPACITY: Final = 100

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = self.CAPACITY

    def take(self) -> bool:
        """Take the cost of one retry if it is there."""
        with self._lock:
            if self._left < self.COST:
                return False
            self._left -= self.COST
            return True

    def give_back(self, *, retried: bool) -> None:
        """Account for a success."""
        # Without the lock, since nearly every call ends here; a stale look loses one refill at most.
        if self._left == self.CAPACITY:
            return
        with self._lock:
            self._left = min(self.CAPACITY, self._left + (self.COST if retried else 1))

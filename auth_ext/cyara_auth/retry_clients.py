"""httpx clients whose `send` retries: the effects of `retry`, once for threads and once for tasks.

Subclasses rather than a transport, because retries belong above the guard: a retrying transport below it would turn one
admitted call into several wire calls that the guard takes for one.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from cyara_auth._http import httpx
from cyara_auth.retry import (
    ATTEMPT,
    CHARGED,
    IDEMPOTENT,
    IDEMPOTENT_METHODS,
    Attempt,
    RetryPolicy,
    RetryQuota,
    pause_before_next,
    seconds_of_retry_after,
)

_SUCCESS = 400
"""Statuses below this one refill the quota."""


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen(kw_only=True)
class Effects:
    """Everything that retrying takes from the outside world, so that tests can give their own."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now
    draw: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep
    async_sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class _Attempts:
    """The attempts of one call: counts them and asks for each failure whether another one follows."""

    def __init__(self, request: httpx.Request, policy: RetryPolicy, quota: RetryQuota, effects: Effects) -> None:
        self._request = request
        self._policy = policy
        self._quota = quota
        self._effects = effects
        self._number = 0
        self._began = effects.clock() if policy.attempts > 1 else 0.0

    def begin(self) -> None:
        self._number += 1
        self._request.extensions[ATTEMPT] = self._number

    def after_response(self, response: httpx.Response) -> float | None:
        """Return the pause before the next attempt, or `None` if the response is for the caller."""
        response.extensions[ATTEMPT] = self._number
        if response.status_code < _SUCCESS:
            self._quota.give_back(retried=self._number > 1)
            return None
        if response.status_code not in self._policy.statuses:
            return None
        return self._pause(
            status=response.status_code,
            retry_after=seconds_of_retry_after(response.headers, self._effects.now()),
            charged=bool(response.extensions.get(CHARGED)),
        )

    def after_no_connection(self) -> float | None:
        """Return the pause before the next attempt, or `None` if the error is for the caller."""
        return self._pause()

    def _pause(self, **facts: Any) -> float | None:  # noqa: ANN401 - keyword arguments of Attempt, checked there
        attempt = Attempt(
            number=self._number,
            elapsed=self._effects.clock() - self._began,
            repeatable=self._repeatable(),
            **facts,
        )
        pause = pause_before_next(self._policy, attempt, self._effects.draw())
        return pause if pause is not None and self._quota.take() else None

    def _repeatable(self) -> bool:
        # Only a body held in memory can be sent twice; a file or a generator is at its end after the first attempt.
        if not isinstance(self._request.stream, httpx.ByteStream):
            return False
        if self._request.method in IDEMPOTENT_METHODS or self._request.extensions.get(IDEMPOTENT) is True:
            return True
        operation = self._request.extensions.get("cyara.operation")
        return getattr(operation, "operation_id", None) in self._policy.also_idempotent


class RetryingClient(httpx.Client):
    """An `httpx.Client` that repeats what may be repeated; everything else about it is httpx's own."""

    def __init__(
        self,
        *,
        retry_policy: RetryPolicy,
        retry_quota: RetryQuota,
        retry_effects: Effects,
        **options: Any,  # noqa: ANN401 - handed on to httpx unread
    ) -> None:
        super().__init__(**options)
        self._retry = (retry_policy, retry_quota, retry_effects)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - handed on to httpx unread
        """Send the request, and again where the policy allows it."""
        attempts = _Attempts(request, *self._retry)
        while True:
            attempts.begin()
            try:
                response = super().send(request, **options)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                pause = attempts.after_no_connection()
                if pause is None:
                    raise
            else:
                pause = attempts.after_response(response)
                if pause is None:
                    return response
                response.close()
            self._retry[2].sleep(pause)


class AsyncRetryingClient(httpx.AsyncClient):
    """The same for tasks."""

    def __init__(
        self,
        *,
        retry_policy: RetryPolicy,
        retry_quota: RetryQuota,
        retry_effects: Effects,
        **options: Any,  # noqa: ANN401 - handed on to httpx unread
    ) -> None:
        super().__init__(**options)
        self._retry = (retry_policy, retry_quota, retry_effects)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - handed on unread
        """Send the request, and again where the policy allows it."""
        attempts = _Attempts(request, *self._retry)
        while True:
            attempts.begin()
            try:
                response = await super().send(request, **options)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                pause = attempts.after_no_connection()
                if pause is None:
                    raise
            else:
                pause = attempts.after_response(response)
                if pause is None:
                    return response
                await response.aclose()
            await self._retry[2].async_sleep(pause)

"""httpx clients whose `send` retries: the effects of `retry`, once for threads and once for tasks."""

import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from cyara_auth._http import httpx
from cyara_auth.arguments import check_library
from cyara_auth.client.fast_clients import FastAsyncClient, FastClient
from cyara_auth.client.retry import FailedAttempt, RetryPolicy, RetryQuota, pause_before_next
from cyara_auth.errors import CyaraAuthError, ForeignPageError
from cyara_auth.extensions import ATTEMPT, UNREPEATABLE, is_idempotent, operation_of, seconds_of_retry_after
from cyara_auth.transport.inferred import InferredGate
from cyara_auth.workflows.polling import async_sleep

_SUCCESS = 400
"""Statuses below this one refill the quota."""


@attrs.frozen(kw_only=True)
class Effects:
    """Everything that retrying takes from the outside world, so that tests can give their own."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    draw: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep
    async_sleep: Callable[[float], Awaitable[None]] = async_sleep


@attrs.frozen(kw_only=True)
class Retrying:
    """How a client repeats its calls.

    Attributes:
        policy: What is repeated, how often, how long.
        quota: Shared by all calls of a client.
        effects: Clocks, chance and sleep.
        on_answer: Called with each answer that goes to the caller, if its body has been read; may raise.
        gate: Says which operations may be sent at all; None leaves that to the transports.
    """

    policy: RetryPolicy = attrs.field(factory=RetryPolicy)
    quota: RetryQuota = attrs.field(factory=RetryQuota)
    effects: Effects = attrs.field(factory=Effects)
    on_answer: Callable[[httpx.Response], None] | None = None
    gate: InferredGate | None = None


class ClosedClientError(CyaraAuthError, RuntimeError):
    """The client was closed before the call; it is the `RuntimeError` of httpx, too."""

    def __init__(self) -> None:
        super().__init__("This client is closed. Nothing was sent. Next: make another one with connect()")


class _RetryState:
    """The state of one call: counts its attempts and decides after each whether another one follows."""

    def __init__(self, request: httpx.Request, retrying: Retrying, *, streamed: bool) -> None:
        self._request = request
        self._retrying = retrying
        self._on_answer = None if streamed else retrying.on_answer
        self._number = 0
        self._began = retrying.effects.clock()

    def begin(self) -> None:
        self._number += 1
        self._request.extensions[ATTEMPT] = self._number

    def after_response(self, response: httpx.Response) -> float | None:
        """Return the pause before the next attempt, or `None` if the response is for the caller."""
        response.extensions[ATTEMPT] = self._number
        pause = None
        if response.status_code < _SUCCESS:
            self._retrying.quota.give_back(retried=self._number > 1)
        elif response.status_code in self._retrying.policy.statuses:
            wait = seconds_of_retry_after(response.headers, self._retrying.effects.now())
            unrepeatable = bool(response.extensions.get(UNREPEATABLE))
            pause = self._pause(status=response.status_code, retry_after=wait, unrepeatable=unrepeatable)
        if pause is None and self._on_answer is not None:
            self._on_answer(response)
        return pause

    def after_failure(self, error: httpx.RequestError, client: httpx.Client | httpx.AsyncClient) -> float:
        """Return the pause before the next attempt.

        Raises:
            TransportError: there is none; it is the error of httpx, too.
        """
        # Of a connection that was made, the portal may have heard the call.
        pause = self._pause() if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) else None
        if pause is None:
            # Late: only a call without an answer pays for it.
            from cyara_auth.transport.errors import transport_error

            raise transport_error(error, self._request, client) from None
        return pause

    def _pause(self, **facts: Any) -> float | None:
        elapsed = self._retrying.effects.clock() - self._began
        attempt = FailedAttempt(number=self._number, elapsed=elapsed, repeatable=self._repeatable(), **facts)
        pause = pause_before_next(self._retrying.policy, attempt, self._retrying.effects.draw())
        return pause if pause is not None and self._retrying.quota.take() else None

    def _repeatable(self) -> bool:
        # Only a body held in memory can be sent twice; a file or a generator is at its end after the first attempt.
        if not isinstance(self._request.stream, httpx.ByteStream):
            return False
        if is_idempotent(self._request.method, self._request.extensions):
            return True
        operation = operation_of(self._request.extensions)
        return getattr(operation, "operation_id", None) in self._retrying.policy.also_idempotent


# Subclasses rather than transports: a transport that retries below the guard would turn one admitted call into several
# wire calls that the guard takes for one.


class _Retrying:
    """What both clients have in common."""

    foreign_page_error = ForeignPageError
    """What the iterators of the generated client raise for a link to another origin than the base URL's."""

    def __init__(self, *, retrying: Retrying, **options: Any) -> None:
        super().__init__(**options)
        self._retrying = retrying


class RetryingClient(_Retrying, FastClient):
    """An `httpx.Client` that repeats what may be repeated; everything else about it is httpx's own."""

    def check_operation(self, operation: Any) -> None:
        """Return if an operation may be sent, and warned of; endpoint functions and workflows ask this first.

        Raises:
            InferredOperationError: it would change things and is a guess.
        """
        if self._retrying.gate is not None:
            self._retrying.gate.check(operation)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send the request, and again where the policy allows it.

        Raises:
            TransportError: no answer came; it is the error of httpx, too.
            ClosedClientError: this client was closed.
        """
        check_library({"request": request, **options})
        state = _RetryState(request, self._retrying, streamed=bool(options.get("stream")))
        pause: float | None
        while True:
            # Another thread may have closed it while a pause lasted.
            if self.is_closed:
                raise ClosedClientError
            state.begin()
            try:
                response = super().send(request, **options)
            except httpx.RequestError as error:
                pause = state.after_failure(error, self)
            else:
                if (pause := state.after_response(response)) is None:
                    return response
                response.close()
            self._retrying.effects.sleep(pause)


class AsyncRetryingClient(_Retrying, FastAsyncClient):
    """The same for tasks."""

    async def check_operation(self, operation: Any) -> None:
        """Return if an operation may be sent."""
        if self._retrying.gate is not None:
            await self._retrying.gate.acheck(operation)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send the request, and again where the policy allows it."""
        check_library({"request": request, **options})
        state = _RetryState(request, self._retrying, streamed=bool(options.get("stream")))
        pause: float | None
        while True:
            # Another task may have closed it while a pause lasted.
            if self.is_closed:
                raise ClosedClientError
            state.begin()
            try:
                response = await super().send(request, **options)
            except httpx.RequestError as error:
                pause = state.after_failure(error, self)
            else:
                if (pause := state.after_response(response)) is None:
                    return response
                await response.aclose()
            await self._retrying.effects.async_sleep(pause)

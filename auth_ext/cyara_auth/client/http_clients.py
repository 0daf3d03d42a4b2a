"""The httpx clients under a `Cyara`: guarded, retrying, with a timeout, and one of each per process and event loop."""

import logging
import os
import ssl
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cyara_auth._http import httpx
from cyara_auth.arguments import DEFAULT_TIMEOUT, check_certificate, check_timeout, check_verify, invalid_argument
from cyara_auth.client.binding import Binding, ProxyBinding
from cyara_auth.client.hooks import EventHooks, event_hooks_of, hooks_for_tasks, hooks_for_threads
from cyara_auth.client.proxies import check_proxy, environment_mounts, readable_proxies
from cyara_auth.client.retry import RetryPolicy, RetryQuota
from cyara_auth.client.retrying_clients import AsyncRetryingClient, ClosedClientError, Retrying, RetryingClient
from cyara_auth.client.tls import ClientCertificate, tls_context
from cyara_auth.errors import ConfigurationError
from cyara_auth.transport.wrap import guard_client, shared_transports

if TYPE_CHECKING:
    import asyncio


_log = logging.getLogger("cyara_auth")

ClientKind = TypeVar("ClientKind", RetryingClient, AsyncRetryingClient)


def _retry_policy(value: RetryPolicy | int | None) -> RetryPolicy:
    if isinstance(value, RetryPolicy):
        return value
    if value is None:
        return RetryPolicy()
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise invalid_argument("retries", value, takes="a whole number from 0, or a RetryPolicy", example="2")
    return RetryPolicy(attempts=value + 1)


def _check_verify(instance: object, attribute: object, value: object) -> None:
    check_verify(instance, attribute, value)
    if isinstance(value, str | Path) and not Path(value).exists():
        raise ConfigurationError(f"verify= names no file or folder of certificate authorities: {value}")
    if value is False:
        _log.warning(
            "Certificates are not verified (verify=False): whoever answers for the portal gets the credential."
        )


@attrs.frozen(kw_only=True)
class HttpOptions:
    """How to speak HTTP; the options of `connect` that do not concern the credential."""

    timeout: httpx.Timeout | float | None = attrs.field(default=DEFAULT_TIMEOUT, validator=check_timeout)
    verify: ssl.SSLContext | str | Path | bool = attrs.field(default=True, validator=_check_verify)
    cert: ClientCertificate | None = attrs.field(default=None, repr=False, validator=check_certificate)
    proxy: str | httpx.URL | httpx.Proxy | None = attrs.field(default=None, repr=False, validator=check_proxy)
    retries: RetryPolicy = attrs.field(default=None, converter=_retry_policy)
    event_hooks: EventHooks = attrs.field(default=None, converter=event_hooks_of)
    user_agent: str
    strict: bool = False


def _running_loop() -> "asyncio.AbstractEventLoop | None":
    # Late: threads do not need it.
    import asyncio

    with suppress(RuntimeError):
        return asyncio.get_running_loop()
    return None


class HttpClients:
    """The httpx clients of one process, made when first asked for.

    With `parent`, they have timeout, retries and headers of their own and share its transports, so that there is
    nothing to close.
    """

    def __init__(
        self, binding: Binding | ProxyBinding, options: HttpOptions, parent: "HttpClients | None" = None
    ) -> None:
        self._binding = binding
        self._options = options
        self._parent = parent
        self._quota = RetryQuota()
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None
        self._sync: RetryingClient | None = None
        self._by_loop: dict[asyncio.AbstractEventLoop | None, AsyncRetryingClient] = {}
        self.is_closed = False

    def sync(self) -> RetryingClient:
        """Return the client for threads."""
        self._check_open()
        if self._sync is None:
            parent = None if self._parent is None else self._parent.sync()
            # Threads may share a client of httpx, so 64 that come at once get one.
            with self._lock:
                self._sync = self._sync or self._build(RetryingClient, parent)
        return self._sync

    def asynchronous(self) -> AsyncRetryingClient:
        """Return the client of the running event loop (one for all, where the loop is not asyncio's)."""
        self._check_open()
        loop = _running_loop()
        # A connection belongs to the loop that opened it.
        client = self._by_loop.get(loop)
        if client is None:
            parent = None if self._parent is None else self._parent.asynchronous()
            with self._lock:
                # A loop that has ended cannot close its connections any more; letting go of them is all that is left.
                alive = {it: its for it, its in self._by_loop.items() if it is None or not it.is_closed()}
                # Where the loop is not asyncio's, another thread may have been quicker.
                client = alive[loop] = alive.get(loop) or self._build(AsyncRetryingClient, parent)
                # Assigned, not changed: other threads look into it without the lock.
                self._by_loop = alive
        return client

    def close(self) -> None:
        """Close what can be closed without a loop. Async clients end with their loop, or by `aclose`."""
        with self._lock:
            self.is_closed = True
            client = self._sync
        if client is not None and self._parent is None:
            client.close()

    async def aclose(self) -> None:
        """Close the client for threads and that of the running loop."""
        self.close()
        with self._lock:
            mine = self._by_loop.pop(_running_loop(), None)
        if mine is not None and self._parent is None:
            await mine.aclose()

    def _check_open(self) -> None:
        if self.is_closed or (self._parent is not None and self._parent.is_closed):
            raise ClosedClientError

    def _build(self, kind: type[ClientKind], parent: ClientKind | None) -> ClientKind:
        options, binding = self._options, self._binding
        hooks_for = hooks_for_threads if kind is RetryingClient else hooks_for_tasks
        on_answer = None
        if options.strict:
            # Late: only strict clients pay for reading the document.
            from cyara_auth.drift.watch import raise_on_drift as on_answer
        headers = {"User-Agent": options.user_agent, "Accept": "application/json"}
        settings: dict[str, Any] = {"base_url": binding.base.url, "headers": headers, "timeout": options.timeout}
        settings["retrying"] = Retrying(
            policy=options.retries,
            quota=self._quota,
            on_answer=on_answer,
            gate=binding.gate if isinstance(binding, Binding) else None,
        )
        settings["event_hooks"] = hooks_for(options.event_hooks)
        if parent is not None:
            return kind(**settings, **shared_transports(parent))
        # One context for all transports of both kinds: reading the certificates takes longer than a call.
        if self._tls is None:
            self._tls = tls_context(verify=options.verify, cert=options.cert)
        # A proxy of the environment is for the outside world; on plain http it could also read the header.
        outside = binding.base.origin.scheme == "https"
        by_proxy = httpx.HTTPTransport if kind is RetryingClient else httpx.AsyncHTTPTransport
        with readable_proxies(options.proxy, environment=outside):
            if outside and options.proxy is None:
                send_by = partial(by_proxy, self._tls)
                settings["mounts"] = environment_mounts(binding.base.origin, lambda address: send_by(proxy=address))
            client = kind(**settings, verify=self._tls, proxy=options.proxy, trust_env=False)
        if isinstance(binding, Binding):
            guard_client(client, source=binding.source, guard=binding.guard, base=binding.base, gate=binding.gate)
        return client


class ClientsByProcess:
    """`HttpClients` of this process, whichever it is; after a fork the child makes its own."""

    def __init__(
        self, binding: Binding | ProxyBinding, options: HttpOptions, parent: "ClientsByProcess | None" = None
    ) -> None:
        self._parts = (binding, options)
        self._parent = parent
        self._by_pid: dict[int, HttpClients] = {}

    def here(self) -> HttpClients:
        """Return the clients of this process."""
        # Both processes would read from one socket, and the parent's lock may be held for ever in its child. So what
        # the parent made is neither used nor closed here.
        pid = os.getpid()
        found = self._by_pid.get(pid)
        if found is not None:
            return found
        parent = None if self._parent is None else self._parent.here()
        # setdefault is atomic, so that the first threads of a child agree on one object without a lock.
        return self._by_pid.setdefault(pid, HttpClients(*self._parts, parent))

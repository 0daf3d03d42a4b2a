"""The guard for scripts that use `requests`, as the vendor's own sample does (extra `requests`).

```python
from cyara_auth.requests import guarded_session

session = guarded_session()  # in place of requests.Session(); base URL and credential as in cyara_auth.connect()
session.get(f"{session.base_url}/v3.0/accounts/1/campaigns")
```

A session of your own gets the guard by `session.mount(adapter.prefix, adapter)`, with `adapter = GuardedAdapter()`.

The guard, its store and its refusals are the same as everywhere else. requests waits for ever by default; this adapter
does not.
"""

from functools import partial
from typing import Any, Final, Never, Unpack, cast
from urllib.parse import urljoin

from cyara_auth._http import httpx
from cyara_auth.client.binding import Binding, CredentialArgument, GuardOptions, bind
from cyara_auth.errors import CyaraAuthError, MissingExtraError, UnsupportedClientError
from cyara_auth.redact import scrub
from cyara_auth.transport.guarded_connection import REPEATS, guarded_connection, single_send
from cyara_auth.transport.head_trace import StaleAdmissionError
from cyara_auth.transport.hop import AUTHORIZATION, UNLIMITED_READ, Hop, Injector, name_call

try:
    import requests
    from requests.adapters import BaseAdapter, HTTPAdapter
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
    from urllib3.util import Retry
except ImportError as error:
    raise MissingExtraError("This needs requests. Run: pip install 'cyara-client[requests]'") from error

DEFAULT_TIMEOUT: Final = (5.0, 30.0)
"""Seconds to connect and between two pieces of an answer, where the call does not say."""


class GuardedAdapter(HTTPAdapter):
    """A `requests` adapter for one portal. Mount it at `prefix`; other hosts pass through it without the credential.

    The options are `cyara_auth.client.binding.GuardOptions`. It never retries.

    Raises:
        ConfigurationError, CredentialError: as `connect`.
        UnsupportedClientError: at a call, if somebody has set or edited `max_retries` since.
    """

    def __init__(
        self, base_url: str | None = None, credential: CredentialArgument = None, **guard: Unpack[GuardOptions]
    ) -> None:
        # A traceback that prints locals must not find the credential in this frame.
        holder = [credential]
        del credential
        super().__init__()
        binding = bind(base_url, holder.pop(), **guard)
        base = binding.base
        self.base_url = base.url
        # The whole scheme: requests compares prefixes letter by letter, so that a user name or a port written out in
        # the address would lead past an adapter that is mounted at the host.
        self.prefix = f"{base.origin.scheme}://"
        self._origin = base.origin
        self._injector: Injector | None = None  # by `cyara proxy`, which guards what this adapter sends
        if isinstance(binding, Binding):
            self._injector = Injector(
                source=binding.source, guard=binding.guard, origin=base.origin, base_path=base.path, gate=binding.gate
            )

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Admit, inject, send one hop, and settle it; raises what `GuardedTransport` does, and what requests does."""
        try:
            return self._send(request, *args, **options)
        except CyaraAuthError as error:
            name_call(error, request.method, {})
            raise

    def _send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        settings = dict(zip(("stream", "timeout", "verify", "cert", "proxies"), args, strict=False)) | options
        if settings.get("timeout") is None:
            settings["timeout"] = DEFAULT_TIMEOUT
        injector, bound = self._injector, self._is_bound(request)
        if bound and self._origin.scheme == "http":
            # A proxy could read the header, where nothing is encrypted.
            settings["proxies"] = None
        if injector is None or not bound:
            return super().send(request, **settings)
        # A retry below the guard would make several calls of one that was admitted.
        if _does_repeat(self.max_retries):
            raise UnsupportedClientError(f"{REPEATS} Nothing was sent.")
        path = httpx.URL(str(request.url)).path
        while True:
            admitted = injector.admit({"timeout": {"read": _read_timeout(settings["timeout"])}})
            credential, ticket = admitted
            copy = request.copy()
            copy.headers[AUTHORIZATION] = credential.header_value()
            hop = Hop(admitted, injector, str(request.method), path, {})
            try:
                with single_send(ticket) as sending:
                    response = super().send(copy, **settings)
                break
            except StaleAdmissionError:
                hop.not_sent()
            except BaseException as error:
                del copy.headers[AUTHORIZATION]
                hop.failed(as_httpx(error))
                scrub(error, credential)
                if isinstance(error, requests.RequestException):
                    error.request = request
                raise
        del copy.headers[AUTHORIZATION]
        response.request = request
        try:
            covers = partial(self.covers, base=str(request.url))
            hop.answered(response.status_code, response.headers, covers, is_real=sending.is_real)
        except BaseException:
            response.close()
            raise
        return response

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """Return the pool for a request; one to the portal makes guarded connections."""
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        if self.covers(str(request.url)):
            pool.ConnectionCls = guarded_connection(pool.ConnectionCls)
        return pool

    def _is_bound(self, request: requests.PreparedRequest) -> bool:
        authorization = request.headers.get(AUTHORIZATION)
        bound = self.covers(str(request.url))
        # An adapter sees the last state of the headers, so this finds what `headers=`, `auth=` or a netrc entry made
        # (requests prefers netrc to headers). For the portal it would be one more pair that is counted.
        if authorization is not None and (bound or str(authorization).lower().startswith("apikey")):
            del request.headers[AUTHORIZATION]
            if bound and self._injector is not None:
                self._injector.warn_of_override()
        return bound

    def covers(self, url: str, *, base: str = "") -> bool:
        """Return whether a URL, perhaps relative to `base`, belongs to the portal."""
        try:
            return self._origin.covers(httpx.URL(urljoin(base, url)))
        # It is no address.
        except (ValueError, httpx.InvalidURL):
            return False

    def __reduce__(self) -> Never:
        raise TypeError("A GuardedAdapter is not pickled. Make one in each process; they share the store of strikes.")


class GuardedSession(requests.Session):
    """A `requests.Session` whose calls to one portal go through its guard, whatever else is mounted.

    Attributes:
        base_url: The API's base URL, without a trailing slash.
    """

    def __init__(self, guard: GuardedAdapter) -> None:
        super().__init__()
        self.base_url = guard.base_url
        self._guard = guard
        # Both: a pasted pair must not leave in the clear either.
        for scheme in ("https://", "http://"):
            self.mount(scheme, guard)

    def get_adapter(self, url: str) -> BaseAdapter:
        """Return the adapter for a URL.

        Raises:
            UnsupportedClientError: another one was mounted in the place of the guard.
        """
        found = super().get_adapter(url)
        # Old scripts mount an adapter that retries. It would send the header that is pasted in them, uncounted.
        if found is not self._guard and self._guard.covers(url):
            raise UnsupportedClientError(
                "Another adapter was mounted in the guard's place. Nothing was sent. Next: take that mount() out, and "
                "repeat calls above the session"
            )
        return found


def guarded_session(
    base_url: str | None = None, credential: CredentialArgument = None, **guard: Unpack[GuardOptions]
) -> GuardedSession:
    """Return a session to use in place of `requests.Session()`: its calls to the portal are guarded.

    The arguments, and what they raise, are `GuardedAdapter`'s. An `Authorization` of the script's own, or of a netrc
    file, is dropped on the way to the portal, with one warning. Cookies, other hosts and proxies are as they were.
    """
    # A traceback that prints locals must not find the credential in this frame.
    holder = [credential]
    del credential
    return GuardedSession(GuardedAdapter(base_url, holder.pop(), **guard))


def _does_repeat(retries: object) -> bool:
    """Return whether an adapter's `max_retries` is anything but what requests makes of none."""
    # By its values, since a Retry can be edited.
    return type(retries) is not Retry or vars(retries) != vars(Retry(0, read=False))


_EQUIVALENTS: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (requests.exceptions.ConnectTimeout, httpx.ConnectTimeout),
    (requests.exceptions.ReadTimeout, httpx.ReadTimeout),
    (requests.exceptions.InvalidURL, httpx.UnsupportedProtocol),
    (requests.exceptions.InvalidSchema, httpx.UnsupportedProtocol),
)


def as_httpx(error: BaseException) -> BaseException:
    """Return the httpx exception that means the same, for the one table that classifies them; others as they are."""
    for theirs, ours in _EQUIVALENTS:
        if isinstance(error, theirs):
            return ours("as requests said")
    # requests reports much as ConnectionError. Nothing left only if urllib3 says that no connection was made, or that
    # it refused the portal's certificate: any other TLS failure may have come after the request.
    if isinstance(error, requests.exceptions.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", None)
        # urllib3 (1.26 and 2.8) also calls a connection so that broke after the request went through a tunnel.
        if isinstance(error, requests.exceptions.ProxyError):
            return httpx.ProxyError("as requests said") if _has_no_tunnel(reason) else error
        if isinstance(reason, NewConnectionError) or "CERTIFICATE_VERIFY_FAILED" in str(reason):
            return httpx.ConnectError("as requests said")
    return error


def _has_no_tunnel(reason: object) -> bool:
    """Return whether a proxy was not reached, or refused to connect: then the request was not written."""
    original = getattr(reason, "original_error", None)
    unreached = isinstance(original, NewConnectionError | ConnectTimeoutError)
    return unreached or str(original).startswith("Tunnel connection failed")


def _read_timeout(timeout: object) -> float:
    """Return the seconds of requests' `timeout`: a number, or a pair of connect and read; `None` is no limit."""
    read = cast("tuple[object, ...]", timeout)[-1] if isinstance(timeout, tuple) else timeout
    return float(read) if isinstance(read, int | float) else UNLIMITED_READ

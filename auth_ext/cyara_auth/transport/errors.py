"""A call that brought no answer, as one error that is both ours and httpx's."""

from functools import cache
from typing import Any

from cyara_auth._http import httpx
from cyara_auth.errors import CyaraAuthError
from cyara_auth.transport.hop import name_call
from cyara_auth.transport.next_step import next_step, proxy_of

# Their text is the system's or the TLS library's, so it may be repeated; later ones may quote what was written or read.
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Failures before the first byte of the request."""


class TransportError(CyaraAuthError, httpx.RequestError):
    """No answer came, or none that HTTP could read: no connection, a timeout, a connection that was cut.

    It is an instance of the httpx error that it stands for, too (`except httpx.ReadTimeout` finds it).

    Attributes:
        kind: Name of the httpx error: `ConnectError`, `ReadTimeout`, ...
        nothing_sent: Whether the request certainly did not reach the portal. If not, a POST may have taken effect.
        method: HTTP method.
        path_template: Path as the document spells it; None for a call of `raw`.
        operation_id: Operation of the document; None likewise.
        attempt: Number of the attempt that failed, from 1.
        status_code, request_id, retry_after: None, as there was no answer.
        host: Host of the portal, with the port if it is not the usual one.
        proxy: Host and port of the proxy in between, if there is one.
        advice: What to do next, a clause.
    """

    kind: str
    nothing_sent: bool
    host: str
    proxy: str | None
    advice: str

    def __init__(self, reason: str, **facts: Any) -> None:
        """Make one from a reason, and from its attributes by their names."""
        super().__init__(reason)
        vars(self).update(facts)

    def __str__(self) -> str:
        """Say which call failed, where, how, whether the portal may have received it, and what to do."""
        call = f"{self.method} {self.path_template} ({self.operation_id})" if self.operation_id else self.method
        attempt = f" on attempt {self.attempt}" if self.attempt and self.attempt > 1 else ""
        sent = "Nothing was sent." if self.nothing_sent else "The portal may have received the call."
        via = f" through the proxy {self.proxy}" if self.proxy else ""
        return f"{call} at {self.host}{via} got no answer{attempt}: {self.args[0]}. {sent} Next: {self.advice}."

    def __reduce__(self) -> tuple[Any, ...]:
        # A request holds streams, which no pickle takes; it stays where it was.
        facts = {name: value for name, value in vars(self).items() if name != "_request"}
        return _restore, (self.args, facts)


_HTTPX = {
    kind.__name__: kind
    for kind in vars(httpx).values()
    if isinstance(kind, type) and issubclass(kind, httpx.RequestError)
}


@cache
def _class_for(kind: str) -> type[TransportError]:
    """Return the class that is a `TransportError` and the error of httpx with this name."""
    # Who catches CyaraError shall catch an unplugged cable too; who has always caught httpx.ReadTimeout, still this.
    members = {"__doc__": TransportError.__doc__, "__module__": __name__}
    return type("TransportError", (TransportError, _HTTPX[kind]), members)


def _restore(args: tuple[str], facts: dict[str, Any]) -> TransportError:
    """Rebuild an error that was pickled."""
    return _class_for(facts["kind"])(*args, **facts)


def transport_error(
    error: httpx.RequestError, request: httpx.Request, client: httpx.Client | httpx.AsyncClient
) -> TransportError:
    """Return what to raise in the place of an error of httpx, `from None`: that one stays as `__context__`."""
    nothing_sent = isinstance(error, _NOTHING_SENT)
    url = _last_url(error, request)
    host = url.netloc.decode("ascii")
    proxy = proxy_of(client, url)
    # A transport of somebody else's may raise a class of its own; the nearest of httpx's is what callers know.
    kind = next(base.__name__ for base in type(error).__mro__ if base.__name__ in _HTTPX)
    made = _class_for(kind)(
        f"{kind}: {str(error).rstrip('.')}" if nothing_sent and str(error) else kind,
        kind=kind,
        nothing_sent=nothing_sent,
        host=host,
        proxy=proxy,
        advice=next_step(error, method=request.method, host=host, proxy=proxy),
    )
    name_call(made, request.method, request.extensions)
    made.request = request
    return made


def _last_url(error: httpx.RequestError, request: httpx.Request) -> httpx.URL:
    """Return where the call was going when it failed: a redirect may have led it elsewhere."""
    try:
        return error.request.url
    except RuntimeError:  # raised by a transport, and not seen by a client of httpx yet
        return request.url

"""Put the guard under an httpx client: the one that `connect()` builds, or one that the caller brings.

The client is built first and wrapped then, by its attributes `_transport` and `_mounts`, as OpenTelemetry's
instrumentation does it. A client that lacks them is refused, and afterwards every path is checked.
"""

import logging
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from cyara_auth._http import httpx
from cyara_auth.arguments import wrong_library
from cyara_auth.errors import InsecureOriginError, UnsupportedClientError
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.origin import BaseUrl, Origin
from cyara_auth.providers import CredentialSource
from cyara_auth.transport.httpx_transports import AsyncGuardedTransport, GuardedTransport
from cyara_auth.transport.inferred import InferredGate

_REPEATING = ("retry", "retries", "tenacity", "backoff")
_OTHER_ENGINES = ("aiohttp", "curl", "urllib3", "pyodide")
_MAX_LAYERS = 16
_GUARDED_SESSION = "cyara_auth.requests.guarded_session(), or mount a GuardedAdapter at this session"
_HPACK_LOG = logging.getLogger("hpack.hpack")


def check_client(client: object) -> None:
    """Refuse what is no client of the HTTP library that calls run on.

    Raises:
        UnsupportedClientError: it is not; the text names what to use.
    """
    if isinstance(client, httpx.Client | httpx.AsyncClient):
        return
    kind = f"{type(client).__module__}.{type(client).__qualname__}"
    is_session = any(base.__module__.partition(".")[0] == "requests" for base in type(client).__mro__)
    raise UnsupportedClientError(
        wrong_library("This client", client)
        or f"An {httpx.__name__}.Client or AsyncClient can be guarded, not a {kind}. Nothing was sent. Next: "
        + (_GUARDED_SESSION if is_session else f"cyara_auth.connect(), or make the calls with {httpx.__name__}")
    )


def guard_client(
    client: httpx.Client | httpx.AsyncClient,
    *,
    source: CredentialSource,
    guard: StrikeGuard,
    base: BaseUrl,
    gate: InferredGate | None = None,
) -> None:
    """Wrap the transport and all mounts of a client, once; wrapping again changes nothing.

    Raises:
        UnsupportedClientError: the client cannot be guarded completely. It is left as it was.
        InsecureOriginError: the way to the origin leads through a proxy that could read the header.
    """
    _HPACK_LOG.addFilter(_is_no_header_block)
    # All are looked at before the first is wrapped, so that a client which is refused stays as it was.
    paths = _paths(client)
    kind = GuardedTransport if isinstance(client, httpx.Client) else AsyncGuardedTransport
    for name, transport in paths.items():
        _check_kind(name, transport)
    _check_proxy(client, base.origin)

    def guarded(transport: Any) -> Any:
        if isinstance(transport, kind):
            return transport
        return kind(transport, source=source, guard=guard, origin=base.origin, base_path=base.path, gate=gate)

    # Not by `transport=` of the client: that would switch off environment proxies, NO_PROXY, verify and cert.
    parts: Any = client
    parts._transport = guarded(parts._transport)  # noqa: SLF001 - httpx has no public name for it
    parts._mounts = {  # noqa: SLF001 - httpx has no public name for it
        pattern: None if transport is None else guarded(transport)
        for pattern, transport in parts._mounts.items()  # noqa: SLF001 - httpx has no public name for it
    }
    # Another version of httpx might keep further transports elsewhere.
    left = find_unguarded(client)
    if left:
        raise UnsupportedClientError(f"These paths of the httpx client could not be guarded: {', '.join(left)}.")


def shared_transports(parent: httpx.Client | httpx.AsyncClient) -> dict[str, Any]:
    """Return the arguments that make another httpx client send by the guarded transports of this one."""
    parts: Any = parent
    mounts = {pattern.pattern: transport for pattern, transport in parts._mounts.items()}  # noqa: SLF001 - httpx has no public name for it
    return {"transport": parts._transport, "mounts": mounts}  # noqa: SLF001 - httpx has no public name for it


def find_unguarded(client: httpx.Client | httpx.AsyncClient) -> list[str]:
    """Name the paths by which a request would leave this client without the guard; empty when there is none.

    Mounts that were added after `install` show up here.
    """
    guards = (GuardedTransport, AsyncGuardedTransport)
    return [name for name, transport in _paths(client).items() if not isinstance(transport, guards)]


def _paths(client: httpx.Client | httpx.AsyncClient) -> dict[str, object]:
    """Return every transport that the client can send by, by a name for messages."""
    check_client(client)
    transport = getattr(client, "_transport", None)
    mounts = getattr(client, "_mounts", None)
    if transport is None or not isinstance(mounts, Mapping):
        raise UnsupportedClientError(
            "This httpx client has no transports that could be guarded (its version is not supported), so it would "
            "send unguarded calls. Use cyara_auth.connect() instead."
        )
    named = {"transport": transport}
    for pattern, mounted in cast("Mapping[Any, object]", mounts).items():
        if mounted is not None:
            named[f"mount {pattern.pattern}"] = mounted
    return named


def _check_kind(name: str, transport: object) -> None:
    """Refuse what repeats calls below the guard, and what sends them where no connection can be seen."""
    for layer in _layers(transport):
        if refusal := wrong_library(f"The {name} of this client", layer):
            raise UnsupportedClientError(refusal)
        names = " ".join(f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}" for kind in type(layer).__mro__)
        if any(word in names.lower() for word in _REPEATING):
            raise UnsupportedClientError(
                f"The {name} of this httpx client ({type(layer).__qualname__}) repeats requests by itself, also those "
                "that cost a strike. Take it out and let connect(retries=...) repeat, above the guard."
            )
        if any(word in names.lower() for word in _OTHER_ENGINES):
            raise UnsupportedClientError(
                f"The {name} of this httpx client ({type(layer).__qualname__}) sends by another library than httpcore, "
                "where the guard cannot see what leaves. Nothing was sent. Next: use httpx.HTTPTransport, or "
                "httpx.AsyncHTTPTransport, or none"
            )


def _layers(transport: object) -> Iterator[object]:
    """Yield a transport and what it wraps, as far as attributes tell."""
    bases = (httpx.BaseTransport, httpx.AsyncBaseTransport)
    # Bounded, since wrappers may hold each other.
    layers = [transport]
    for layer in islice(layers, _MAX_LAYERS):
        yield layer
        held = getattr(layer, "__dict__", {}).values()
        # They are read next: the loop goes on for as long as its list grows.
        layers += [inner for inner in held if isinstance(inner, bases) or wrong_library("", inner)]


def _check_proxy(client: httpx.Client | httpx.AsyncClient, origin: Origin) -> None:
    """Refuse a proxy on a plain http origin."""
    # It would read the header there, while https passes it as a closed tunnel.
    if origin.scheme == "https":
        return
    parts: Any = client
    route = parts._transport_for_url(httpx.URL(str(origin)))  # noqa: SLF001 - httpx has no public name for it
    if isinstance(route, GuardedTransport | AsyncGuardedTransport):
        route = route.wrapped
    if "Proxy" in type(getattr(route, "_pool", None)).__name__:
        raise InsecureOriginError(
            f"Requests to {origin} would go through a proxy without encryption, which could read the credential. "
            f"Add {origin.host} to NO_PROXY, or use https. Nothing was sent."
        )


def _is_no_header_block(record: logging.LogRecord) -> bool:
    """Drop the one line of hpack (HTTP/2, at DEBUG) that holds the header although its value is redacted elsewhere."""
    # Read in hpack 4.2.0: `Encoded header block to ...` prints the block, in which the value is only Huffman-coded.
    return not record.msg.startswith("Encoded header block") if isinstance(record.msg, str) else True

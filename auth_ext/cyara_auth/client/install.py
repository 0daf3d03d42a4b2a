"""Put the guard under an httpx client that the caller brings."""

from typing import TypeVar, Unpack

from cyara_auth._http import httpx
from cyara_auth.client.binding import Binding, CredentialArgument, GuardOptions, bind
from cyara_auth.transport.wrap import check_client, guard_client

AnyClient = TypeVar("AnyClient", httpx.Client, httpx.AsyncClient)


def install(
    client: AnyClient, base_url: str | None = None, credential: CredentialArgument = None, **guard: Unpack[GuardOptions]
) -> AnyClient:
    """Guard an httpx client of your own, sync or async, and return it.

    Afterwards each request of the client to the portal carries the credential and is counted, however it is made;
    requests to other hosts are left alone. The options are `GuardOptions`; the portal is `base_url`, else the client's
    own `base_url`, else `CYARA_BASE_URL`. Nothing else about the client changes: not its timeout, which is httpx's own
    5 seconds unless you set it, and not its redirects.

    A transport of yours must send what it is given, once. One that repeats is refused, or stopped before it sends a
    request for the second time; but one that hides what it wraps and makes a new `httpx.Request` for each repetition,
    or that does not end in httpcore, is out of reach, and spends a strike with each repetition. Take it out, and repeat
    above the guard: with `connect(retries=...)`, or in a loop around the client.

    Raises:
        UnsupportedClientError: this client cannot be guarded completely, for example because it retries by itself, or
            is of another library than calls run on (httpx, or httpx2 with `CYARA_HTTP_LIBRARY=httpx2`).
        ConfigurationError, CredentialError: as in `connect`.
    """
    # A traceback that prints locals must not find the credential in this frame.
    holder = [credential]
    del credential
    check_client(client)
    binding = bind(base_url or (str(client.base_url) if client.base_url.host else None), holder.pop(), **guard)
    # Else `cyara proxy` guards what the client sends.
    if isinstance(binding, Binding):
        guard_client(client, source=binding.source, guard=binding.guard, base=binding.base, gate=binding.gate)
    return client

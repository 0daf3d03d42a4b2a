"""Put the guard under an httpx client that the caller brings."""

from collections.abc import Mapping
from typing import TypeVar

from cyara_auth._http import httpx
from cyara_auth.client.binding import bind
from cyara_auth.credential import ApiCredential
from cyara_auth.providers import CredentialProvider
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.state import GuardPolicy
from cyara_auth.transport.wrap import guard_client

AnyClient = TypeVar("AnyClient", httpx.Client, httpx.AsyncClient)


def install(  # noqa: PLR0913  # the options of connect(), by keyword
    client: AnyClient,
    base_url: str | None = None,
    credential: str | ApiCredential | CredentialProvider | None = None,
    *,
    profile: str | None = None,
    policy: GuardPolicy | str | None = None,
    budget: int | None = None,
    store: StrikeStore | str | None = None,
    require_shared_store: bool = False,
    environ: Mapping[str, str] | None = None,
) -> AnyClient:
    """Guard an httpx client of your own, sync or async, and return it.

    Afterwards each request of the client to the portal carries the credential and is counted, however it is made;
    requests to other hosts are left alone. The options mean what they mean in `connect`; the portal is `base_url`, else
    the client's own `base_url`, else `CYARA_BASE_URL`. Nothing else about the client changes: not its timeout, which is
    httpx's own 5 seconds unless you set it, and not its redirects.

    A transport of yours must send what it is given, once. One that repeats is refused, or stopped at the second sending
    of a request; but one that hides what it wraps and makes a new `httpx.Request` for each repetition, or that does not
    end in httpcore, is out of reach, and spends a strike with each repetition. Take it out, and repeat above the guard:
    with `connect(retries=...)`, or in a loop around the client.

    Raises:
        UnsupportedClientError: this client cannot be guarded completely, for example because it retries by itself.
        ConfigurationError, CredentialError: as in `connect`.
    """
    binding = bind(
        base_url or (str(client.base_url) if client.base_url.host else None),
        credential,
        profile=profile,
        policy=policy,
        budget=budget,
        store=store,
        require_shared_store=require_shared_store,
        environ=environ,
    )
    del credential  # a traceback that prints locals must not find it here
    guard_client(client, source=binding.source, guard=binding.guard, origin=binding.base.origin)
    return client

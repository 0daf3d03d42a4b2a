"""GET with the configured credential, through the strike guard of ``cyara_auth``.

A wrong pair costs one strike at most, and none when the guard already knows that it is wrong.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import frozen

from cyara_auth.extensions import OPERATION
from pipeline.errors import FetchError
from pipeline.fetch.download import Download, Network, get

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import httpx

UNAUTHORIZED = 401


@frozen(kw_only=True, slots=True)
class _Page:
    """What the guard is told of an address that may hold a page."""

    # Portals show their pages without credentials too, so that an answer from there verifies no pair.
    requires_credential: bool = False
    response_media_types: tuple[str, ...] = ("text/html",)
    success_statuses: tuple[int, ...] = ()
    operation_id: None = None
    path: None = None


@frozen(kw_only=True, slots=True)
class AuthorisedClient:
    """A client whose requests carry the credential, as far as the guard lets them."""

    client: httpx.Client
    progress: Callable[[str], None]

    def verify(self, address: str) -> Download:
        """Return the answer of an address that asked for credentials; a document there verifies the pair.

        Raises:
            FetchError: the portal or the guard refused the pair.
        """
        return self._get(address, {})

    def get(self, address: str) -> Download:
        """Return the answer of an address that may hold a page, once the pair has got an answer.

        Raises:
            FetchError: the portal or the guard refused the pair.
        """
        return self._get(address, {OPERATION: _Page()})

    def _get(self, address: str, extensions: dict[str, Any]) -> Download:
        answer = get(self.client, address, progress=self.progress, extensions=extensions)
        # The guard lets no second call with this pair out: it says why, or has found a new pair at the source.
        if answer.status == UNAUTHORIZED:
            answer = get(self.client, address, progress=self.progress, extensions=extensions)
        if answer.status == UNAUTHORIZED:
            raise FetchError(f"The portal rejected the credential at {address}. Nothing was stored.")
        return answer


@contextmanager
def authorised(
    api: str, network: Network, *, asked: str, progress: Callable[[str], None]
) -> Generator[AuthorisedClient]:
    """Lend a client with the credential of the environment; ``asked`` says how the portal asked for one.

    Raises:
        FetchError: no credential is configured, or the guard or the portal refused it.
    """
    try:
        # Here and not at the top: both need the generated package, and a build that failed may have left none.
        from cyara_auth import connect
        from cyara_client.errors import CyaraError
    except ImportError as error:
        raise FetchError(
            f"{asked}, and cyara_auth, which uses credentials safely, cannot be imported. "
            "Run `build` first. Nothing was stored."
        ) from error
    try:
        with connect(api, **network.options()) as cyara:
            yield AuthorisedClient(client=cyara.get_httpx_client(), progress=progress)
    except CyaraError as error:
        raise FetchError(f"{asked}, and none could be used. {error} Nothing was stored.") from error

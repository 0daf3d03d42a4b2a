"""What an endpoint function needs of a client, and nothing more.

There is no client class here: whoever owns the credential builds the httpx clients (`cyara_auth.connect`), so the
secret never enters generated code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ._http import httpx


@runtime_checkable
class ApiClient(Protocol):
    """Anything that hands out httpx clients bound to the API's base URL."""

    def get_httpx_client(self) -> httpx.Client:
        """Return the client for blocking calls."""
        ...

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the client for calls in an event loop."""
        ...


__all__ = ["ApiClient"]

"""How long a client lives: until it is closed, or to the end of its `with` or `async with` block."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from cyara_auth.client.http_clients import HttpClients


class Lifetime:
    """Mixed into what owns httpx clients."""

    @abstractmethod
    def _here(self) -> HttpClients:
        """Return the httpx clients of this process."""

    def close(self) -> None:
        """Close the connections of this process. Those of event loops are closed by `aclose`."""
        self._here().close()

    async def aclose(self) -> None:
        """Close the connections of this process that belong to threads or to the running event loop."""
        await self._here().aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

"""Whether the next page is worth fetching ahead, measured on the pages before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

_WORTH_WHILE = 0.001
"""Seconds that a page has to take, and the work with it, before another thread fetches the next one meanwhile."""


class PrefetchTimer:
    """Measures whether fetching ahead can win time: only where there is something to wait for and to do meanwhile."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._fetches = self._uses = 0
        self._fetching = self._using = 0.0
        self._began = 0.0

    @property
    def is_worthwhile(self) -> bool:
        """Say whether a page takes long to come, and is used long."""
        # Nothing is known of the work with the first page, so the second is fetched ahead; then the means decide.
        return self._uses == 0 or (
            self._fetching >= _WORTH_WHILE * self._fetches and self._using >= _WORTH_WHILE * self._uses
        )

    def fetch(self, send: Callable[..., T], *arguments: Any) -> T:
        """Make a call and keep how long it took."""
        began = self._clock()
        answer = send(*arguments)
        self._fetched(began)
        return answer

    async def afetch(self, send: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Do the same in an event loop."""
        began = self._clock()
        answer = await send(*arguments)
        self._fetched(began)
        return answer

    def _fetched(self, began: float) -> None:
        self._fetches += 1
        self._fetching += self._clock() - began

    def use_began(self) -> None:
        """Note that the work with a page begins."""
        self._began = self._clock()

    def use_ended(self) -> None:
        """Note that it is done."""
        self._uses += 1
        self._using += self._clock() - self._began


__all__ = ["PrefetchTimer"]

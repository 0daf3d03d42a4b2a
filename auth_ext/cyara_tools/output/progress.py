"""How far a list is read: a line on standard error that is written over, where a person waits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cyara_client._paginator import Page


class Progress:
    """Follows the pages of one list.

    Args:
        is_wanted: whether there is to be a line; there is none where standard error is no terminal.

    Attributes:
        total: how many items the portal says there are; None where it does not.
        fetched: how many have come.
    """

    def __init__(self, *, is_wanted: bool) -> None:
        self.total: int | None = None
        self.fetched = 0
        self._is_wanted: Final = is_wanted and sys.stderr.isatty()
        self._width = 0

    def __call__(self, page: Page) -> None:
        """Take a page, as `on_page` gives it."""
        self.total, self.fetched = page.total, page.fetched
        if self._is_wanted:
            total = "" if page.total is None else f" of {page.total:,}"
            self._show(f"{page.fetched:,}{total} read")

    def ends_at(self, count: int) -> bool:
        """Say whether whoever wants more than so many items has to wait for a page."""
        return count == self.fetched

    def close(self) -> None:
        """Take the line away."""
        if self._width:
            self._show("")
            sys.stderr.write("\r")
            sys.stderr.flush()
            self._width = 0

    def _show(self, text: str) -> None:
        # Blanks and not an escape sequence, so that it works on every terminal there is.
        sys.stderr.write(f"\r{text:<{self._width}}")
        sys.stderr.flush()
        self._width = max(self._width, len(text))

"""Whether a list was read whole, by the number of its items that the portal names on its pages.

Fewer is a `PageError` if the document declares that number. It is an `IncompleteListWarning` if the document does not,
or calls it `count`, which may be the number of one page's items. The smallest number that any page named counts, so a
list may grow or shrink while it is read. A caller who leaves items out, by `limit` or by where to start, has not read
the list whole, and nothing is held against it.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from ._json import is_object
from .errors import IncompleteListWarning, PageError

if TYPE_CHECKING:
    from .operations import PageShape

_UNDECLARED = ("totalResults", "totalCount", "totalItems", "totalElements", "totalRecords", "total")
"""Where the number may stand although the document does not speak of it, or puts it elsewhere; in any case."""
_SPELLED = {name.lower() for name in _UNDECLARED}
_WHOLE = re.compile(r"([0-9]{1,18})(?:\.0*)?")
_LATER_STARTS = {"skip", "$skip", "skipcount", "offset", "start", "startindex", "from"}
"""Parameters by which a caller leaves out the first items."""


def integer(value: object) -> int | None:
    """Return a whole number, however it is written; None for anything else."""
    # Some serialisers write 3.0, or quote their numbers, or both; a boolean is an int to Python, but no number to JSON.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (found := _WHOLE.fullmatch(value.strip())):
        return int(found[1])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_promised(shape: PageShape) -> bool:
    """Return whether the document declares the number, beyond doubt."""
    return shape.total_field is not None and shape.total_field.lower() != "count"


def _is_total(name: str) -> bool:
    # Portals change the case of a field before its meaning.
    return name.replace("_", "").lower() in _SPELLED


class Totals:
    """What the pages of one list have said of its length.

    Args:
        shape: how the operation is paged.
        url: relative URL of the first page, with its query.
    """

    def __init__(self, shape: PageShape, url: str) -> None:
        self._shape = shape
        self._path, query = urlsplit(url).path, parse_qsl(urlsplit(url).query)
        self._is_whole = not any(name.lower() in _LATER_STARTS and value != "0" for name, value in query)
        self._least: int | None = None
        self._is_declared = False

    def read(self, answer: object, on_page: int, fetched: int) -> int | None:
        """Take a page's answer in, and return the number that it names; less than are on the page is none.

        Args:
            answer: the envelope.
            on_page: how many items are on the page.
            fetched: how many were read, these included.
        """
        values: dict[str, Any] = answer if is_object(answer) else {}
        declared = integer(values.get(self._shape.total_field)) if self._shape.total_field is not None else None
        found = [declared] if declared is not None else [integer(values[name]) for name in values if _is_total(name)]
        total = next((number for number in found if number is not None and number >= on_page), None)
        # What is just the number of a later page's items, and less than were read, is the number of these.
        if total is not None and not total == on_page < fetched:
            self._least = total if self._least is None else min(total, self._least)
            self._is_declared = self._is_declared or declared is not None
        return total

    def require_all(self, fetched: int) -> None:
        """Hold the items that were read, all in all, against what the pages named.

        Raises:
            PageError: they are less, and the document promises the number.
        """
        if self._least is None or fetched >= self._least or not self._is_whole:
            return
        text = f"the pages end after {fetched} items, and the portal says that the list has {self._least}"
        if self._is_declared and is_promised(self._shape):
            raise PageError(
                f"{text}; the items that came are good, and reading the list once more may bring the others"
            )
        # No line of the caller's can be named: another thread or an event loop may be between it and here.
        warnings.warn(f"{self._path}: {text}", IncompleteListWarning, stacklevel=2)


__all__ = ["Totals", "integer", "is_promised"]

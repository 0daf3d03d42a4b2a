"""Where the next page is: one pure decision per page, shared by the blocking and the async iterator.

A link is followed by its query alone, on the path that was asked first: so a page link can never lead a credential to
another host, and a portal behind a proxy that spells its own inner host name still works. The caller's filters stay,
even if the portal forgets them in its links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from ._json import is_array, is_object
from .errors import PageError

if TYPE_CHECKING:
    from .operations import PageShape

_MOST_EMPTY_PAGES = 100


class Page(NamedTuple):
    """One page as `on_page` sees it.

    Attributes:
        number: how many pages have been read, this one included.
        items: what is on it, typed.
        fetched: how many items have been read, those included.
        total: how many there are in all, when the portal says so.
    """

    number: int
    items: list[Any]
    fetched: int
    total: int | None


def _field(answer: object, name: str | None) -> Any:  # noqa: ANN401 - JSON
    return answer.get(name) if name is not None and is_object(answer) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def follow(url: str, link: str) -> str:
    """Return the relative URL that a page link means: our own path, the link's query, our own other parameters.

    Raises:
        PageError: the link leads to another path than the list that it came with.
    """
    own, found = urlsplit(url), urlsplit(link)
    ours, theirs = (unquote(part.path).lower().strip("/") for part in (own, found))
    if theirs and not theirs.endswith(ours):
        raise PageError("the link to the next page leads to another list; nothing was sent there")
    pairs = parse_qsl(found.query, keep_blank_values=True)
    named = {name.lower() for name, _ in pairs}
    query = [part for part in own.query.split("&") if part and _name(part) not in named]
    query += [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs]
    return f"{own.path}?{'&'.join(query)}"


def _name(part: str) -> str:
    (pair,) = parse_qsl(part, keep_blank_values=True) or [("", "")]
    return pair[0].lower()


class Walk:
    """The way through one list, read from the JSON of its pages.

    Args:
        shape: how the operation is paged.
        url: relative URL of the first page, with its query.
        limit: how many items are wanted; None for all.
    """

    def __init__(self, shape: PageShape, url: str, limit: int | None) -> None:
        if limit is not None and limit < 0:
            raise ValueError("limit must not be negative")
        self._shape = shape
        self._url = url
        self._limit = limit
        self._seen: set[object] = {url}
        self._pages = 0
        self._fetched = 0
        self._empty = 0
        self._last: list[Any] = []

    @property
    def wants_nothing(self) -> bool:
        """Whether the limit is reached before anything was asked."""
        return self._limit == 0

    def arrive(self, answer: object) -> tuple[Page, dict[str, Any] | str | None]:
        """Take a page in, as JSON, and say what to ask next: arguments to change, a relative URL, or None at the end.

        The page comes back with its items still as JSON, cut to the limit: so the next one can be asked for before
        these are decoded.

        Raises:
            PageError: the pages go round in a circle, or lead elsewhere.
        """
        shape = self._shape
        items = answer if shape.items is None else _field(answer, shape.items)
        found = items[:] if is_array(items) else []
        if self._limit is not None:
            found = found[: self._limit - self._fetched]
        repeated = bool(found) and found == self._last
        if repeated and shape.kind in {"page", "offset"}:
            # The portal ignores the page number and answers the same list again: it was complete.
            return Page(self._pages, [], self._fetched, _whole(_field(answer, shape.total_field))), None
        self._last = found
        self._pages += 1
        self._fetched += len(found)
        self._empty = 0 if found else self._empty + 1
        page = Page(self._pages, found, self._fetched, _whole(_field(answer, shape.total_field)))
        return page, self._next(answer, page)

    def _next(self, answer: object, page: Page) -> dict[str, Any] | str | None:
        if self._ends(answer, page):
            return None
        step = self._step(answer)
        if step is None:
            return None
        key = step if isinstance(step, str) else tuple(step.items())
        if key in self._seen:
            raise PageError(f"page {page.number} leads back to a page that was read before")
        self._seen.add(key)
        return step

    def _ends(self, answer: object, page: Page) -> bool:
        shape = self._shape
        if shape.kind == "array" or (self._limit is not None and self._fetched >= self._limit):
            return True
        if self._empty > _MOST_EMPTY_PAGES:
            raise PageError(f"{self._empty} pages in a row were empty, and yet more were announced")
        if not page.items and (shape.kind != "cursor" and (shape.kind != "link" or shape.page_parameter is not None)):
            # Past the end, for instance because the list became shorter on the way.
            return True
        if shape.kind in {"link", "cursor"}:
            return False
        more = _field(answer, shape.pages_field)
        if isinstance(more, bool):
            return not more
        pages = _whole(more)
        return (pages is not None and self._pages >= pages) or (page.total is not None and self._fetched >= page.total)

    def _step(self, answer: object) -> dict[str, Any] | str | None:
        shape = self._shape
        if shape.kind in {"link", "cursor"}:
            target = _field(answer, shape.next_field)
            if not isinstance(target, str) or not target.strip():
                return None
            return follow(self._url, target) if shape.kind == "link" else {str(shape.page_parameter): target}
        name = str(shape.page_parameter)
        return {name: shape.first + self._pages if shape.kind == "page" else self._fetched}


__all__ = ["Page", "Walk", "follow"]

"""Where the next page is: one pure decision per page, shared by the blocking and the async iterator.

A list that cannot be read to its end is an error and never a shorter list; so is one whose pages end before the number
of items that they name (`_totals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ._json import is_array, is_object
from ._links import Links
from ._totals import Totals, is_promised
from ._totals import integer as _integer
from .errors import PageError

if TYPE_CHECKING:
    from ._links import Origin
    from .operations import PageShape

Step: TypeAlias = "dict[str, Any] | str"
"""What to ask next: arguments to change, or a relative URL."""

_MAX_EMPTY_PAGES = 100
_GROWTH_ALLOWED = 100
"""Items that a list may grow by while it is read, beside its own length, before its total is held against it."""


class Page(NamedTuple):
    """One page as `on_page` sees it.

    Attributes:
        number: how many pages have been read, this one included.
        items: what is on it, typed.
        fetched: how many items have been read, those included.
        total: how many there are in all, when the portal says so.
        announced: whether the page before led here by a link or a token; False where pages are just counted.
    """

    number: int
    items: list[Any]
    fetched: int
    total: int | None
    announced: bool = False

    def __repr__(self) -> str:
        """Show how far the list is read; of the items, the first ones."""
        from ._display import short

        return f"Page(number={self.number}, items={short(self.items)}, fetched={self.fetched}, total={self.total})"

    def _repr_html_(self) -> str:
        """Show a table of the items in a notebook."""
        from ._display import rows_html
        from ._flat import flat_rows

        total = "" if self.total is None else f" of {self.total}"
        return rows_html(flat_rows(self.items), title=f"page {self.number} ({self.fetched}{total} read)")


def _field(answer: object, name: str | None) -> Any:
    return answer.get(name) if name is not None and is_object(answer) else None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _merged(answer: object, nested: str | None) -> object:
    """Return the envelope with the fields of its inner object beside its own."""
    inner = _field(answer, nested)
    return {**answer, **inner} if is_object(answer) and is_object(inner) else answer


class Paginator:
    """The way through one list, read from the JSON of its pages.

    Args:
        shape: how the operation is paged.
        url: relative URL of the first page, with its query.
        limit: how many items are wanted; None for all.
        origin: the origin that links may lead to.
    """

    def __init__(self, shape: PageShape, url: str, limit: int | None, origin: Origin) -> None:
        if limit is not None and limit < 0:
            raise ValueError("limit must not be negative")
        self._shape = shape
        self._url = url
        self._limit = limit
        self._links = Links(url, origin)
        self._counting = shape.kind in {"page", "offset"}
        self._requested: set[object] = {url}
        self._pages = 0
        self._fetched = 0
        self._empty_pages = 0
        self._last: list[Any] = []
        self._first = shape.first
        self._echo: int | None = None
        self._totals = Totals(shape, url)
        # A field named `count` may mean the items of one page: it is trusted once it is more than there are on one.
        self._trusts_total = is_promised(shape)

    @property
    def is_empty(self) -> bool:
        """Whether the limit is reached before anything was asked."""
        return self._limit == 0

    def receive(self, answer: object) -> tuple[Page | None, Step | PageError | None]:
        """Take a page in, as JSON, and say what to ask next.

        The page comes back with its items still as JSON, cut to the limit; it is None when there is nothing new on it.
        In the place of the next step is None at the end, and an error when the page is good but what follows is not.

        Raises:
            PageError: the page is the one before once more.
        """
        answer = _merged(answer, self._shape.nested)
        items = answer if self._shape.items is None else _field(answer, self._shape.items)
        found = items if is_array(items) else []
        total = self._total(answer, len(found))
        same = bool(found) and found == self._last
        if (corrected := self._corrected(answer, same=same)) is not None:
            return None, corrected
        if same and self._in_a_circle(found, total):
            self._end_or_raise(answer, total)
            return None, None
        self._last = found
        kept = found if self._limit is None else found[: self._limit - self._fetched]
        self._pages += 1
        self._fetched += len(kept)
        self._empty_pages = 0 if found and not same else self._empty_pages + 1
        total_read = self._totals.read(answer, len(found), self._fetched)
        announced = self._pages > 1 and not self._counting
        page = Page(self._pages, kept, self._fetched, total_read, announced)
        # Returned, not raised: the items of this page are good, and come before the error.
        try:
            step = self._next(answer, page._replace(total=total))
            if step is None and self._fetched != self._limit:
                self._totals.require_all(self._fetched)
        except PageError as error:
            return page, error
        return page, step

    def _total(self, answer: object, on_page: int) -> int | None:
        """Return the number of all items; less than are on this page is no such number."""
        total = _integer(_field(answer, self._shape.total_field))
        if total is None or total < on_page:
            return None
        self._trusts_total = self._trusts_total or total > on_page
        return total

    def _complete(self, total: int | None) -> bool:
        """Say whether all items were read."""
        return self._trusts_total and total is not None and self._fetched >= total

    def _corrected(self, answer: object, *, same: bool) -> dict[str, Any] | None:
        """Return the page to ask for instead, where the second answer shows that pages are counted otherwise."""
        echo = _integer(_field(answer, self._shape.number_field))
        if self._pages == 0 and echo in {0, 1}:
            self._first = self._echo = echo
        elif self._pages == 1 and echo is not None and self._echo is not None:
            # The first answer may echo a number by another count than the parameter has: then the second answer is the
            # first page once more (drift -1), or a page was skipped (drift 1).
            drift, self._echo = echo - self._echo - 1, None
            if drift == 1 or (drift == -1 and same):
                self._first -= drift
                self._requested = {self._url}
                return self._counted()
        return None

    def _in_a_circle(self, found: list[Any], total: int | None) -> bool:
        """Say whether equal items mean the same page."""
        # Two equal pages of objects are one page; equal words or numbers may well follow each other.
        if all(map(is_object, found)) or self._complete(total):
            return True
        return self._counting and not (self._trusts_total and total is not None)

    def _end_or_raise(self, answer: object, total: int | None) -> None:
        """Let a list end that repeats itself without announcing more; refuse any other circle."""
        # A server that ignores the page parameter answers the whole list each time.
        announced = self._more(answer) or (total is not None and self._fetched < total)
        pages = _integer(_field(answer, self._shape.pages_field))
        if not self._counting or announced or (pages is not None and pages > self._pages):
            raise PageError(
                f"page {self._pages + 1} is page {self._pages} once more, so the pages go round in a circle; "
                f"items read before: {self._fetched}"
            )

    def _more(self, answer: object) -> bool | None:
        """Return whether the answer says that there are more items; None when it does not say."""
        last = _boolean(_field(answer, self._shape.last_field))
        return _boolean(_field(answer, self._shape.pages_field)) if last is None else not last

    def _next(self, answer: object, page: Page) -> Step | None:
        if self._ends(answer, page):
            return None
        if self._empty_pages > _MAX_EMPTY_PAGES:
            raise PageError(
                f"{self._empty_pages} pages in a row were empty or all the same, and yet more were announced"
            )
        if self._complete(page.total) and self._fetched > 2 * (page.total or 0) + _GROWTH_ALLOWED:
            raise PageError(f"{self._fetched} items were read of a list of {page.total}, and yet more were announced")
        # The server is followed as long as it names a next page; what it says of "more" counts where it names none.
        step = self._step(answer)
        if step is None:
            if self._more(answer):
                raise PageError(f"page {page.number} says that there are more, but not where")
            return None
        key = step if isinstance(step, str) else tuple(step.items())
        if key in self._requested:
            if self._complete(page.total):
                return None
            raise PageError(f"page {page.number} leads back to a page that was read before")
        self._requested.add(key)
        return step

    def _ends(self, answer: object, page: Page) -> bool:
        if self._shape.kind == "array" or (self._limit is not None and self._fetched >= self._limit):
            return True
        more = self._more(answer)
        if more is not None:
            return not more
        pages = _integer(_field(answer, self._shape.pages_field))
        if self._counting and pages is not None and self._pages >= pages:
            return True
        if self._complete(page.total):
            # A link is followed beyond the total: the list may have grown. An empty page beyond it is the end.
            return self._counting or not page.items
        # Past the end, for instance because the list became shorter on the way.
        return self._counting and not page.items and pages is None

    def _step(self, answer: object) -> Step | None:
        if self._counting:
            return self._counted()
        target = _field(answer, self._shape.next_field)
        target = target.strip() if isinstance(target, str) else target
        # 0 is equal to False here: no next page has this number.
        if target in (None, "", False):
            return None
        if isinstance(target, str) and self._shape.kind == "link":
            return self._told(target)
        value = target if isinstance(target, str) else _integer(target)
        if value is None or self._shape.kind == "link":
            raise PageError(f"{self._shape.next_field} is not a way to the next page; nothing was sent there")
        return None if isinstance(value, int) and value < 0 else {str(self._shape.page_parameter): value}

    def _told(self, text: str) -> Step:
        """Return what a text means that may be a link: servers put links, tokens and numbers under the same names."""
        number = self._shape.page_parameter if text.isdecimal() else None
        parameter = number or self._shape.token_parameter
        if parameter is None or self._links.is_link(text):
            return self._links.follow(text)
        return {parameter: text}

    def _counted(self) -> dict[str, Any]:
        number = self._first + self._pages if self._shape.kind == "page" else self._fetched
        return {str(self._shape.page_parameter): number}


__all__ = ["Page", "Paginator", "Step"]

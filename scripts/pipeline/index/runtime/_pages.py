"""Every item of a paged list, one after the other, with the next page already on its way.

The blocking iterator fetches ahead in one thread of its own, the async one in a task; both fetch at most one page
ahead, and none when the items at hand reach the limit. An error on a page is raised where its items would have come.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from . import _answer, _decode
from ._json import is_array, is_object
from ._walk import Page, Walk
from .errors import DecodingError

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    from ._endpoint import Endpoint
    from .client import ApiClient

    OnPage = Callable[[Page], None]


class _List:
    """One list being read: its operation, its shape, and the type of what is on its pages."""

    def __init__(self, endpoint: Endpoint[Any], arguments: Mapping[str, Any], limit: int | None) -> None:
        shape = endpoint.operation.page
        if shape is None:
            raise TypeError(f"{endpoint.operation_id} does not answer a list")
        self._endpoint = endpoint
        self._arguments = arguments
        self._shape = shape
        self.first = endpoint.request(arguments)
        self.walk = Walk(shape, self.first["url"], limit)

    def request(self, step: dict[str, Any] | str | None) -> dict[str, Any]:
        """Return the request of a page: changed arguments, or the same request with another query."""
        if isinstance(step, str):
            return {**self.first, "url": step}
        return self._endpoint.request({**self._arguments, **(step or {})})

    def envelope(self, response: httpx.Response) -> tuple[Any, Any]:
        """Return the JSON of a page and the type of its items.

        Raises:
            ApiError: the answer is not a success.
            DecodingError: it is not the JSON of such a page.
        """
        answer = self._endpoint.success(response)
        tp = _decode.resolve(answer.python_type)
        with _answer.reading(self._endpoint.operation, response):
            value = _answer.parsed(tp, response)
            if not (is_object(value) if self._shape.items else is_array(value)):
                _decode.decode(tp, value)
                raise DecodingError("at $: not a page of the list")
        return value, _items_type(tp, self._shape.items)

    def decode(self, tp: Any, page: Page, response: httpx.Response) -> Page:  # noqa: ANN401 - a type
        """Return the page with its items typed.

        Raises:
            DecodingError: an item is not what the document declares.
        """
        with _answer.reading(self._endpoint.operation, response):
            return page._replace(items=_decode.decode(tp, page.items))


def _items_type(tp: Any, items: str | None) -> Any:  # noqa: ANN401 - a type, or a form of typing
    """Return the type of a page's array: the answer itself, or the field of its envelope."""
    if items is None:
        return tp
    for _, wire, annotation, _ in _decode.fields(_decode.members(tp)[0]):
        if wire == items:
            return _decode.resolve(annotation)
    raise TypeError(f"the envelope has no field {items}")


def iterate(  # noqa: PLR0913 - what a caller may choose, each by name
    endpoint: Endpoint[Any],
    client: ApiClient,
    arguments: Mapping[str, Any],
    *,
    limit: int | None = None,
    on_page: OnPage | None = None,
    prefetch: bool = True,
) -> Iterator[Any]:
    """Yield the items of every page.

    Args:
        endpoint: the operation.
        client: where httpx clients come from.
        arguments: the operation's arguments by Python name.
        limit: how many items at most; None for all.
        on_page: called with each page as it arrives, before its items.
        prefetch: fetch the next page while the items of this one are used.

    Raises:
        ApiError: the portal answered a page with a status other than success.
        DecodingError: a page is not what the document declares.
        PageError: the pages go round in a circle, or lead elsewhere.
    """
    pages = _List(endpoint, arguments, limit)
    if pages.walk.wants_nothing:
        return
    pool: ThreadPoolExecutor | None = None
    try:
        response = endpoint.send(client, pages.first)
        while True:
            value, tp = pages.envelope(response)
            page, step = pages.walk.arrive(value)
            ahead = None
            if step is not None and prefetch:
                pool = pool or _one_thread()
                ahead = pool.submit(copy_context().run, endpoint.send, client, pages.request(step))
            page = pages.decode(tp, page, response)
            if on_page is not None:
                on_page(page)
            yield from page.items
            if step is None:
                return
            response = ahead.result() if ahead else endpoint.send(client, pages.request(step))
    finally:
        if pool is not None:
            # Whoever leaves early may close the client next, and a socket closed under a reader hangs that reader.
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only those who read lists pay for it

    return ThreadPoolExecutor(1, thread_name_prefix="cyara-next-page")


async def aiterate(  # noqa: PLR0913 - what a caller may choose, each by name
    endpoint: Endpoint[Any],
    client: ApiClient,
    arguments: Mapping[str, Any],
    *,
    limit: int | None = None,
    on_page: OnPage | None = None,
    prefetch: bool = True,
) -> AsyncIterator[Any]:
    """Yield the items of every page, in an event loop. Arguments and errors are those of `iterate`."""
    pages = _List(endpoint, arguments, limit)
    if pages.walk.wants_nothing:
        return
    import asyncio  # noqa: PLC0415 - only those who have an event loop pay for it

    ahead: Task[Any] | None = None
    try:
        response = await endpoint.asend(client, pages.first)
        while True:
            value, tp = pages.envelope(response)
            page, step = pages.walk.arrive(value)
            if step is not None and prefetch and _in_asyncio():
                ahead = asyncio.create_task(endpoint.asend(client, pages.request(step)))
            page = pages.decode(tp, page, response)
            if on_page is not None:
                on_page(page)
            for item in page.items:
                yield item
            if step is None:
                return
            response = await (ahead or endpoint.asend(client, pages.request(step)))
            ahead = None
    finally:
        if ahead is not None:
            ahead.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ahead


def _in_asyncio() -> bool:
    """Say whether asyncio runs this: under another event loop there is no task to fetch ahead in."""
    import asyncio  # noqa: PLC0415 - only those who have an event loop pay for it

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

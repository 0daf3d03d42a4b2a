"""Every item of a paged list, one after the other, with the next page already on its way.

The blocking iterator fetches ahead in one thread of its own, the async one in a task; both fetch at most one page
ahead. An error on a page is raised where its items would have come.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import copy_context
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import _decode, _response
from ._annotations import fields, members, resolve
from ._json import is_array, is_object
from ._links import origin_of
from ._paginator import Page, Paginator
from ._prefetch import PrefetchTimer
from .errors import DecodingError, PageError

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    # Not at the top: only those who read lists pay for the import.
    from concurrent.futures import ThreadPoolExecutor

    from ._endpoint import Endpoint
    from ._http import httpx
    from ._paginator import Step
    from .client import ApiClient
    from .operations import PageShape

    OnPage = Callable[[Page], None]


class _PagedList:
    """One list being read: its operation, its shape, and the type of what is on its pages."""

    def __init__(
        self,
        endpoint: Endpoint[Any],
        arguments: Mapping[str, Any],
        limit: int | None,
        http: httpx.Client | httpx.AsyncClient,
    ) -> None:
        shape = endpoint.operation.page
        if shape is None:
            raise TypeError(f"{endpoint.operation_id} does not answer a list")
        self._endpoint = endpoint
        self._arguments = arguments
        self._shape = shape
        self.first = endpoint.request(arguments)
        self._types: dict[str, tuple[Any, Any]] = {}
        self.paginator = Paginator(shape, self.first["url"], limit, origin_of(http))

    def request(self, step: Step) -> dict[str, Any]:
        """Return the request of a page: changed arguments, or the same request with another query."""
        if isinstance(step, str):
            return {**self.first, "url": step}
        return self._endpoint.request({**self._arguments, **step})

    def envelope(self, response: httpx.Response) -> tuple[Any, Any]:
        """Return the JSON of a page and the type of its items.

        Raises:
            ApiError: the answer is not a success.
            DecodingError: it is not the JSON of such a page.
        """
        success = self._endpoint.success(response)
        tp, items = self._resolved(success.python_type)
        with _response.reading(self._endpoint.operation, response):
            value = _response.parsed(tp, response)
            if not (is_object(value) if self._shape.items else is_array(value)):
                # Decoding the whole nearly always fails as well, and that error names the place.
                _decode.decode(tp, value)
                raise DecodingError("at $: not a page of the list")
            # An error that came with the status of a success. Portals leave out what is null, the list too, so any
            # field of a page will do.
            if self._shape.items and value and not any(name in value for name in _annotations_of(tp)):
                raise DecodingError("at $: not a page of the list, none of whose fields it has")
        return value, items

    def _resolved(self, python_type: str) -> tuple[Any, Any]:
        """Return the types of a page and of its items, which are the same for all pages."""
        found = self._types.get(python_type)
        if found is None:
            tp = resolve(python_type)
            found = self._types[python_type] = tp, _items_type(tp, self._shape)
        return found

    def decode(self, tp: Any, page: Page, response: httpx.Response) -> Page:
        """Return the page with its items typed.

        Raises:
            DecodingError: an item is not what the document declares.
        """
        with _response.reading(self._endpoint.operation, response):
            return page._replace(items=_decode.decode(tp, page.items))


def _items_type(tp: Any, shape: PageShape) -> Any:
    """Return the type of a page's array: the answer itself, or the field of its envelope."""
    if shape.items is None:
        return tp
    outer = _annotations_of(tp)
    inner = {} if shape.nested is None else _annotations_of(resolve(outer[shape.nested]))
    return resolve({**outer, **inner}[shape.items])


def _annotations_of(tp: Any) -> dict[str, str]:
    """Return the annotation of every field of a model, by its name on the wire."""
    return {wire: annotation for _, wire, annotation, _ in fields(members(tp)[0])}


def iterate(  # noqa: PLR0913 - what a caller may choose, each by name
    endpoint: Endpoint[Any],
    client: ApiClient,
    arguments: Mapping[str, Any],
    *,
    limit: int | None = None,
    on_page: OnPage | None = None,
    prefetch: bool = True,
    clock: Callable[[], float] = perf_counter,
) -> Iterator[Any]:
    """Yield the items of every page.

    Args:
        endpoint: the operation.
        client: where httpx clients come from.
        arguments: the operation's arguments by Python name.
        limit: how many items at most; None for all.
        on_page: called with each page as it arrives, before its items.
        prefetch: fetch the next page while the items of this one are used, where that saves time.
        clock: seconds, never running backwards.

    Raises:
        ApiError: the portal answered a page with a status other than success.
        DecodingError: a page is not what the document declares.
        PageError: the pages go round in a circle, lead elsewhere, or end before the total that the document promises.
    """
    pages, timer = _PagedList(endpoint, arguments, limit, client.get_httpx_client()), PrefetchTimer(clock)
    if pages.paginator.is_empty:
        return
    pool: ThreadPoolExecutor | None = None
    try:
        response = timer.fetch(endpoint.send, client, pages.first)
        while True:
            value, tp = pages.envelope(response)
            page, step = pages.paginator.receive(value)
            timer.use_began()
            request = None if step is None or isinstance(step, PageError) else pages.request(step)
            ahead = None
            # Asked for before this page is decoded: decoding is work that the next page can arrive during.
            if request is not None and prefetch and timer.is_worthwhile:
                pool = pool or _one_thread()
                # The caller's context goes along, so that tracing sees the call in its place.
                ahead = pool.submit(copy_context().run, timer.fetch, endpoint.send, client, request)
            if page is not None:
                page = pages.decode(tp, page, response)
                if on_page is not None:
                    on_page(page)
                yield from page.items
            # Only now: the items of a good page come before the error about what follows it.
            if isinstance(step, PageError):
                raise step
            if request is None:
                return
            timer.use_ended()
            response = ahead.result() if ahead else timer.fetch(endpoint.send, client, request)
    finally:
        if pool is not None:
            # Whoever leaves early may close the client next, and a socket closed under a reader hangs that reader.
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> ThreadPoolExecutor:
    # Not at the top: only those who read lists pay for the import.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, thread_name_prefix="cyara-next-page")


async def aiterate(  # noqa: PLR0913 - what a caller may choose, each by name
    endpoint: Endpoint[Any],
    client: ApiClient,
    arguments: Mapping[str, Any],
    *,
    limit: int | None = None,
    on_page: OnPage | None = None,
    prefetch: bool = True,
    clock: Callable[[], float] = perf_counter,
) -> AsyncIterator[Any]:
    """Yield the items of every page, in an event loop. Arguments and errors are those of `iterate`."""
    pages, timer = _PagedList(endpoint, arguments, limit, client.get_async_httpx_client()), PrefetchTimer(clock)
    if pages.paginator.is_empty:
        return
    # Not at the top: only those who have an event loop pay for the import.
    import asyncio

    ahead: Task[Any] | None = None
    try:
        response = await timer.afetch(endpoint.asend, client, pages.first)
        while True:
            value, tp = pages.envelope(response)
            page, step = pages.paginator.receive(value)
            timer.use_began()
            request = None if step is None or isinstance(step, PageError) else pages.request(step)
            if request is not None and prefetch and timer.is_worthwhile and _in_asyncio():
                ahead = asyncio.create_task(timer.afetch(endpoint.asend, client, request))
            if page is not None:
                page = pages.decode(tp, page, response)
                if on_page is not None:
                    on_page(page)
                for item in page.items:
                    yield item
            if isinstance(step, PageError):
                raise step
            if request is None:
                return
            timer.use_ended()
            response = await (ahead or timer.afetch(endpoint.asend, client, request))
            ahead = None
    finally:
        # Whoever leaves early may close the client next; the task must have let go of its connection by then.
        if ahead is not None:
            ahead.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ahead


def _in_asyncio() -> bool:
    """Say whether asyncio runs this."""
    # Under trio there is an event loop, but no task of asyncio to fetch ahead in.
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

"""Every item of a paged list, one after the other, with the next page already on its way.

The blocking iterator fetches ahead in one thread of its own, the async one in a task; both fetch at most one page
ahead, none when the items at hand reach the limit, and none where handing over costs more than it can win. An error
on a page is raised where its items would have come.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import copy_context
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import _answer, _decode
from ._json import is_array, is_object
from ._links import bound_to
from ._tempo import Tempo
from ._walk import Page, Walk
from .errors import DecodingError, PageError

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    from ._endpoint import Endpoint
    from ._walk import Step
    from .client import ApiClient
    from .operations import PageShape

    OnPage = Callable[[Page], None]


class _List:
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
        self.walk = Walk(shape, self.first["url"], limit, bound_to(http))

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
        answer = self._endpoint.success(response)
        tp, items = self._resolved(answer.python_type)
        with _answer.reading(self._endpoint.operation, response):
            value = _answer.parsed(tp, response)
            if not (is_object(value) if self._shape.items else is_array(value)):
                _decode.decode(tp, value)
                raise DecodingError("at $: not a page of the list")
        return value, items

    def _resolved(self, python_type: str) -> tuple[Any, Any]:
        """Return the types of a page and of its items, which are the same for all pages."""
        found = self._types.get(python_type)
        if found is None:
            tp = _decode.resolve(python_type)
            found = self._types[python_type] = tp, _items_type(tp, self._shape)
        return found

    def decode(self, tp: Any, page: Page, response: httpx.Response) -> Page:  # noqa: ANN401 - a type
        """Return the page with its items typed.

        Raises:
            DecodingError: an item is not what the document declares.
        """
        with _answer.reading(self._endpoint.operation, response):
            return page._replace(items=_decode.decode(tp, page.items))


def _items_type(tp: Any, shape: PageShape) -> Any:  # noqa: ANN401 - a type, or a form of typing
    """Return the type of a page's array: the answer itself, or the field of its envelope."""
    if shape.items is None:
        return tp
    fields = _fields(tp)
    inner = {} if shape.nested is None else _fields(_decode.resolve(fields[shape.nested]))
    return _decode.resolve({**fields, **inner}[shape.items])


def _fields(tp: Any) -> dict[str, str]:  # noqa: ANN401 - a type, or a form of typing
    """Return the annotation of every field of a model, by its name on the wire."""
    return {wire: annotation for _, wire, annotation, _ in _decode.fields(_decode.members(tp)[0])}


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
        PageError: the pages go round in a circle, or lead elsewhere.
    """
    pages, tempo = _List(endpoint, arguments, limit, client.get_httpx_client()), Tempo(clock)
    if pages.walk.wants_nothing:
        return
    pool: ThreadPoolExecutor | None = None
    try:
        response = tempo.fetch(endpoint.send, client, pages.first)
        while True:
            value, tp = pages.envelope(response)
            page, step = pages.walk.arrive(value)
            tempo.arrived()
            request = None if step is None or isinstance(step, PageError) else pages.request(step)
            ahead = None
            if request is not None and prefetch and tempo.pays:
                pool = pool or _one_thread()
                ahead = pool.submit(copy_context().run, tempo.fetch, endpoint.send, client, request)
            if page is not None:
                page = pages.decode(tp, page, response)
                if on_page is not None:
                    on_page(page)
                yield from page.items
            if isinstance(step, PageError):
                raise step
            if request is None:
                return
            tempo.used()
            response = ahead.result() if ahead else tempo.fetch(endpoint.send, client, request)
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
    clock: Callable[[], float] = perf_counter,
) -> AsyncIterator[Any]:
    """Yield the items of every page, in an event loop. Arguments and errors are those of `iterate`."""
    pages, tempo = _List(endpoint, arguments, limit, client.get_async_httpx_client()), Tempo(clock)
    if pages.walk.wants_nothing:
        return
    import asyncio  # noqa: PLC0415 - only those who have an event loop pay for it

    ahead: Task[Any] | None = None
    try:
        response = await tempo.afetch(endpoint.asend, client, pages.first)
        while True:
            value, tp = pages.envelope(response)
            page, step = pages.walk.arrive(value)
            tempo.arrived()
            request = None if step is None or isinstance(step, PageError) else pages.request(step)
            if request is not None and prefetch and tempo.pays and _in_asyncio():
                ahead = asyncio.create_task(tempo.afetch(endpoint.asend, client, request))
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
            tempo.used()
            response = await (ahead or tempo.afetch(endpoint.asend, client, request))
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

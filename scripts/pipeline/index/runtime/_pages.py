"""Every item of a paged list, one after the other, with the next page already on its way.

The blocking iterator fetches ahead in one thread of its own, the async one in a task; both fetch at most one page
ahead, and none when the items at hand reach the limit. An error on a page is raised where its items would have come.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from ._walk import Page, Walk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from ._endpoint import Endpoint
    from .client import ApiClient
    from .operations import PageShape

    OnPage = Callable[[Page], None]


def _shape(endpoint: Endpoint[Any]) -> PageShape:
    shape = endpoint.operation.page
    if shape is None:
        raise TypeError(f"{endpoint.operation_id} does not answer a list")
    return shape


def _request(
    endpoint: Endpoint[Any], arguments: Mapping[str, Any], step: dict[str, Any] | str | None
) -> dict[str, Any]:
    """Return the request of a page: changed arguments, or the same request with another query."""
    if isinstance(step, str):
        return {**endpoint.request(arguments), "url": step}
    return endpoint.request({**arguments, **(step or {})})


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
    first = endpoint.request(arguments)
    walk = Walk(_shape(endpoint), first["url"], limit)
    if walk.wants_nothing:
        return
    pool: ThreadPoolExecutor | None = None
    try:
        answer = endpoint.value(endpoint.send(client, first))
        while True:
            page, step = walk.arrive(answer)
            ahead = None
            if step is not None and prefetch:
                pool = pool or ThreadPoolExecutor(1, thread_name_prefix="cyara-next-page")
                request = _request(endpoint, arguments, step)
                ahead = pool.submit(copy_context().run, endpoint.send, client, request)
            if on_page is not None:
                on_page(page)
            yield from page.items
            if step is None:
                return
            response = ahead.result() if ahead else endpoint.send(client, _request(endpoint, arguments, step))
            answer = endpoint.value(response)
    finally:
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


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
    first = endpoint.request(arguments)
    walk = Walk(_shape(endpoint), first["url"], limit)
    if walk.wants_nothing:
        return
    ahead: asyncio.Task[Any] | None = None
    try:
        answer = endpoint.value(await endpoint.asend(client, first))
        while True:
            page, step = walk.arrive(answer)
            if step is not None and prefetch and _in_asyncio():
                request = _request(endpoint, arguments, step)
                ahead = asyncio.create_task(endpoint.asend(client, request))
            if on_page is not None:
                on_page(page)
            for item in page.items:
                yield item
            if step is None:
                return
            response = await (ahead or endpoint.asend(client, _request(endpoint, arguments, step)))
            ahead = None
            answer = endpoint.value(response)
    finally:
        if ahead is not None:
            ahead.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await ahead


def _in_asyncio() -> bool:
    """Say whether asyncio runs this: under another event loop there is no task to fetch ahead in."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

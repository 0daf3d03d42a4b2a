"""Fetching ahead: the next page is on its way while this one is used, but only where that can win time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from generated_kit import Reply, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from generated_kit import ReceivedRequest

    Zoo = Callable[[str], Any]

FACES = ["sync", "async"]
PAGES = 5


def _page(request: ReceivedRequest) -> Reply:
    number = int(parse_qs(urlsplit(request.target).query).get("pageno", ["1"])[0])
    following = f"?pageno={number + 1}" if number < PAGES else None
    return Reply.of({"results": [{"animalId": number, "name": "x"}], "nextPage": following})


class Senders:
    """A client that keeps, for each page, whether somebody else than the reader fetched it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.ahead: list[bool] = []

    def get_httpx_client(self) -> httpx.Client:
        self.ahead.append(threading.current_thread().name.startswith("cyara-next-page"))
        return self._wire.get_httpx_client()

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        task = asyncio.current_task()
        self.ahead.append(task is not None and task.get_name() != "reader")
        return self._wire.get_async_httpx_client()


def _senders(zoo: Zoo, wire: Wire, face: str, clock: Callable[[], float], *, prefetch: bool = True) -> list[bool]:
    """Read all pages by this clock and return which of them were fetched ahead."""
    client = Senders(wire)
    pages, endpoint = zoo("_pages"), zoo("api.animals.get_animals").ENDPOINT
    unset = zoo("types").UNSET
    arguments = {"account_id": 7, "pageno": unset, "page_size": unset, "mood": unset}
    options = {"prefetch": prefetch, "clock": clock}

    async def collect() -> list[int]:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("reader")
        return [item.animal_id async for item in pages.aiterate(endpoint, client, arguments, **options)]

    if face == "sync":
        read = [item.animal_id for item in pages.iterate(endpoint, client, arguments, **options)]
    else:
        read = wire.run(collect())
    assert read == list(range(1, PAGES + 1))
    return client.ahead[-PAGES:]


@pytest.mark.parametrize("face", FACES)
def test_where_pages_and_work_take_time_every_page_is_fetched_ahead(zoo: Zoo, wire: Wire, face: str) -> None:
    wire.answer = _page
    ticks = itertools.count()
    assert _senders(zoo, wire, face, lambda: next(ticks) * 0.002) == [False, True, True, True, True]


@pytest.mark.parametrize("face", FACES)
def test_where_nothing_takes_time_only_the_second_page_is_fetched_ahead(zoo: Zoo, wire: Wire, face: str) -> None:
    wire.answer = _page
    assert _senders(zoo, wire, face, lambda: 0.0) == [False, True, False, False, False]


@pytest.mark.parametrize("face", FACES)
def test_without_prefetch_none_is(zoo: Zoo, wire: Wire, face: str) -> None:
    wire.answer = _page
    ticks = itertools.count()
    assert _senders(zoo, wire, face, lambda: float(next(ticks)), prefetch=False) == [False] * PAGES


@pytest.mark.parametrize(("page", "work", "worthwhile"), [(0.0, 1.0, False), (1.0, 0.0, False), (0.01, 0.01, True)])
def test_both_the_page_and_the_work_with_it_have_to_take_time(
    zoo: Zoo, page: float, work: float, *, worthwhile: bool
) -> None:
    now = 0.0
    timer = zoo("_prefetch").PrefetchTimer(lambda: now)

    def send() -> None:
        nonlocal now
        now += page

    assert timer.is_worthwhile
    timer.fetch(send)
    timer.use_began()
    now += work
    timer.use_ended()
    assert timer.is_worthwhile is worthwhile


@pytest.mark.parametrize("face", FACES)
def test_the_next_page_is_asked_for_while_this_one_is_used(zoo: Zoo, wire: Wire, face: str) -> None:
    asked = threading.Event()

    def answer(request: ReceivedRequest) -> Reply:
        if "pageno=2" in request.target:
            asked.set()
        return _page(request)

    wire.answer = answer
    resources = zoo("resources")

    async def first() -> bool:
        async with contextlib.aclosing(resources.AsyncResources(wire).animals.iter_animals()) as iterator:
            await anext(iterator)
            return await asyncio.to_thread(asked.wait, 5)

    if face == "sync":
        with contextlib.closing(resources.SyncResources(wire).animals.iter_animals()) as iterator:
            next(iterator)
            assert asked.wait(5)
    else:
        assert wire.run(first())
    assert len(wire.requests) <= 2

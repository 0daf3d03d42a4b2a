"""Iterators: every item once, over any kind of page, on the bound origin only, and always to an end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from generated_kit import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from generated_kit import ReceivedRequest, Wire

    Zoo = Callable[[str], Any]

TOTAL = 23
SIZE = 5
KINDS = ["link", "cursor", "page", "offset"]


def _items(start: int, stop: int) -> list[dict[str, Any]]:
    return [{"animalId": number, "name": "x"} for number in range(start, min(stop, TOTAL))]


def _portal(kind: str) -> Callable[[ReceivedRequest], Reply]:
    """Answer one kind of page, five items each."""

    def answer(request: ReceivedRequest) -> Reply:
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if kind == "link":
            number = int(query.get("pageno", 1))
            start = (number - 1) * SIZE
            base = f"http://{request.headers['host']}{parts.path}"
            following = f"{base}?pageno={number + 1}&pageSize={SIZE}" if start + SIZE < TOTAL else None
            return Reply.of({"results": _items(start, start + SIZE), "nextPage": following, "totalResults": TOTAL})
        if kind == "cursor":
            start = int(query.get("cursor", "0"))
            more = {"nextCursor": str(start + SIZE)} if start + SIZE < TOTAL else {}
            return Reply.of({"items": _items(start, start + SIZE), **more})
        if kind == "page":
            start = (int(query.get("page", 1)) - 1) * SIZE
            return Reply.of({"data": _items(start, start + SIZE), "total": TOTAL})
        start = int(query.get("skip", 0))
        return Reply.of({"value": _items(start, start + SIZE), "totalCount": TOTAL})

    return answer


def _iterator(zoo: Zoo, wire: Wire, kind: str, face: str, **options: Any) -> Any:
    resources = zoo("resources")
    client = resources.SyncResources(wire) if face == "sync" else resources.AsyncResources(wire)
    if kind == "link":
        return client.animals.iter_animals(**options)
    name = {"cursor": "iter_by_cursor", "page": "iter_pages", "offset": "iter_offsets", "array": "iter_array"}[kind]
    return getattr(client.lists, name)(**options)


def _read(zoo: Zoo, wire: Wire, kind: str, face: str, **options: Any) -> list[int]:
    iterator = _iterator(zoo, wire, kind, face, **options)
    if face == "sync":
        return [item.animal_id for item in iterator]

    async def collect() -> list[int]:
        return [item.animal_id async for item in iterator]

    return wire.run(collect())


@pytest.mark.parametrize("prefetch", [True, False])
@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_item_comes_once_and_in_order(zoo: Zoo, wire: Wire, kind: str, face: str, *, prefetch: bool) -> None:
    wire.answer = _portal(kind)
    assert _read(zoo, wire, kind, face, prefetch=prefetch) == list(range(TOTAL))
    assert len(wire.requests) == 5


@pytest.mark.parametrize("face", ["sync", "async"])
def test_bare_arrays_work_the_same(zoo: Zoo, wire: Wire, face: str) -> None:
    wire.answer = lambda _: Reply.of(_items(0, 3))
    assert _read(zoo, wire, "array", face) == [0, 1, 2]
    assert len(wire.requests) == 1


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("kind", ["array", *KINDS])
def test_null_is_no_page(zoo: Zoo, wire: Wire, kind: str, face: str) -> None:
    wire.answer = lambda _: Reply.of(None)
    with pytest.raises(zoo("errors").DecodingError, match="not a page of the list"):
        _read(zoo, wire, kind, face)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize(("limit", "calls"), [(0, 0), (1, 1), (5, 1), (6, 2), (100, 5)])
def test_limit_asks_for_no_page_too_many(zoo: Zoo, wire: Wire, face: str, limit: int, calls: int) -> None:
    wire.answer = _portal("link")
    assert _read(zoo, wire, "link", face, limit=limit) == list(range(min(limit, TOTAL)))
    assert len(wire.requests) == calls


def test_a_negative_limit_is_refused(zoo: Zoo, wire: Wire) -> None:
    with pytest.raises(ValueError, match="limit"):
        _read(zoo, wire, "link", "sync", limit=-1)


def test_on_page_tells_the_progress(zoo: Zoo, wire: Wire) -> None:
    wire.answer = _portal("link")
    pages: list[Any] = []
    _read(zoo, wire, "link", "sync", on_page=pages.append)
    assert [(page.number, len(page.items), page.fetched, page.total) for page in pages] == [
        (1, 5, 5, 23),
        (2, 5, 10, 23),
        (3, 5, 15, 23),
        (4, 5, 20, 23),
        (5, 3, 23, 23),
    ]


def test_own_filters_stay_when_the_link_forgets_them(zoo: Zoo, wire: Wire) -> None:
    wire.answer = _portal("link")
    _read(zoo, wire, "link", "sync", mood=zoo("models").Mood.WILD)
    assert all("mood=Wild" in request.target for request in wire.requests)


def test_a_portal_that_ignores_the_page_number_is_read_once(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda _: Reply.of({"data": _items(0, 5)})
    assert _read(zoo, wire, "page", "sync") == [0, 1, 2, 3, 4]
    assert len(wire.requests) == 2


@pytest.mark.parametrize("face", ["sync", "async"])
def test_the_error_of_a_page_comes_after_the_items_before_it(zoo: Zoo, wire: Wire, face: str) -> None:
    good = _portal("link")
    wire.answer = lambda request: good(request) if "pageno=3" not in request.target else Reply(503)
    read: list[int] = []
    iterator = _iterator(zoo, wire, "link", face)

    async def collect() -> None:
        async for item in iterator:
            read.append(item.animal_id)  # noqa: PERF401 - what was read before the error counts

    def collect_blocking() -> None:
        for item in iterator:
            read.append(item.animal_id)  # noqa: PERF401 - what was read before the error counts

    with pytest.raises(zoo("errors").ServerError):
        collect_blocking() if face == "sync" else wire.run(collect())
    assert read == list(range(10))


def test_leaving_early_leaves_no_thread_that_works_on(zoo: Zoo, wire: Wire) -> None:
    wire.answer = _portal("link")
    for item in _iterator(zoo, wire, "link", "sync"):
        if item.animal_id == 2:
            break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cyara-next-page")]
    assert len(wire.requests) <= 2


def test_shapes_are_in_the_table_of_operations(zoo: Zoo) -> None:
    pages = {key: operation.page for key, operation in zoo("operations").OPERATIONS.items()}
    kinds = {key: page.kind for key, page in pages.items() if page is not None}
    assert kinds == {
        "GetAnimals": "link",
        "ListByCursor": "cursor",
        "GetPages": "page",
        "GetOffsets": "offset",
        "GetArray": "array",
    }


def _short(kind: str, read: int) -> Callable[[ReceivedRequest], Reply]:
    """Answer pages that end after so many items, and name the whole list's total all the same."""

    def answer(request: ReceivedRequest) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        start = {
            "link": (int(query.get("pageno", 1)) - 1) * SIZE,
            "page": (int(query.get("page", 1)) - 1) * SIZE,
            "offset": int(query.get("skip", 0)),
        }[kind]
        found = _items(start, min(start + SIZE, read))
        if kind == "link":
            more = f"?pageno={start // SIZE + 2}" if start + SIZE < read else None
            return Reply.of({"results": found, "nextPage": more, "totalResults": TOTAL})
        return Reply.of({"data": found, "total": TOTAL} if kind == "page" else {"value": found, "totalCount": TOTAL})

    return answer


@pytest.mark.parametrize("read", [0, 2, 5, 10, 22])
@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("kind", ["link", "page", "offset"])
def test_a_list_that_ends_before_its_total_is_an_error_after_its_items(
    zoo: Zoo, wire: Wire, kind: str, face: str, read: int
) -> None:
    wire.answer = _short(kind, read)
    iterator = _iterator(zoo, wire, kind, face)
    came: list[int] = []

    async def collect() -> None:
        async for item in iterator:
            came.append(item.animal_id)  # noqa: PERF401 - what was read before the error counts

    def collect_blocking() -> None:
        for item in iterator:
            came.append(item.animal_id)  # noqa: PERF401 - what was read before the error counts

    with pytest.raises(zoo("errors").PageError, match=rf"end after {read} items, .* the list has {TOTAL}"):
        collect_blocking() if face == "sync" else wire.run(collect())
    assert came == list(range(read))


@pytest.mark.parametrize("total", [23.0, "23"])
def test_a_total_in_another_spelling_is_held_against_the_list_too(zoo: Zoo, wire: Wire, total: object) -> None:
    wire.answer = lambda _: Reply.of({"results": _items(0, 5), "nextPage": None, "totalResults": total})
    with pytest.raises(zoo("errors").PageError, match="the list has 23"):
        _read(zoo, wire, "link", "sync")


@pytest.mark.parametrize("total", [None, True, "many", -1, 0, 4, 5])
def test_what_is_no_total_or_is_reached_is_held_against_nothing(zoo: Zoo, wire: Wire, total: object) -> None:
    wire.answer = lambda _: Reply.of({"results": _items(0, 5), "nextPage": None, "totalResults": total})
    assert _read(zoo, wire, "link", "sync") == [0, 1, 2, 3, 4]


def test_a_limit_asks_for_no_total(zoo: Zoo, wire: Wire) -> None:
    wire.answer = _short("link", 10)
    assert _read(zoo, wire, "link", "sync", limit=10) == list(range(10))
    with pytest.raises(zoo("errors").PageError, match="end after 10 items"):
        _read(zoo, wire, "link", "sync", limit=11)


@pytest.mark.parametrize(
    "totals",
    [
        pytest.param([10, 11], id="grows behind the reader"),
        pytest.param([11, 10], id="shrinks"),
        pytest.param([13, 8], id="shrinks below what was read"),
        pytest.param([10, None], id="named once"),
        pytest.param([10, 5], id="the second names the number of its own items"),
    ],
)
def test_a_list_may_change_while_it_is_read(zoo: Zoo, wire: Wire, totals: list[int | None]) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        index = 1 if "pageno=2" in request.target else 0
        more = None if index else "?pageno=2"
        found = _items(index * SIZE, index * SIZE + SIZE)
        return Reply.of({"results": found, "nextPage": more, "totalResults": totals[index]})

    wire.answer = answer
    assert _read(zoo, wire, "link", "sync") == list(range(10))


@pytest.mark.parametrize("totals", [[12, 12], [12, 0], [12, 5], [12, None]])
def test_a_lost_second_page_is_no_shorter_list(zoo: Zoo, wire: Wire, totals: list[int | None]) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        if "pageno=2" in request.target:
            found = _items(5, 5 + (totals[1] or 0)) if totals[1] == 5 else []
            return Reply.of({"results": found, "nextPage": None, "totalResults": totals[1]})
        return Reply.of({"results": _items(0, 5), "nextPage": "?pageno=2", "totalResults": totals[0]})

    wire.answer = answer
    with pytest.raises(zoo("errors").PageError, match="the list has 12"):
        _read(zoo, wire, "link", "sync")


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("page", [1, 2])
def test_an_error_with_the_status_of_a_success_is_no_end(zoo: Zoo, wire: Wire, page: int, face: str) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        if page == 1 or "pageno=2" in request.target:
            return Reply.of({"title": "Timeout", "status": 500})
        return Reply.of({"results": _items(0, 5), "nextPage": "?pageno=2"})

    wire.answer = answer
    with pytest.raises(zoo("errors").DecodingError, match="not a page of the list"):
        _read(zoo, wire, "link", face)


@pytest.mark.parametrize("field", ["TotalResults", "totalCount", "total_results"])
def test_a_total_under_another_name_than_the_declared_one_is_told(zoo: Zoo, wire: Wire, field: str) -> None:
    wire.answer = lambda _: Reply.of({"results": _items(0, 5), "nextPage": None, field: " 9.0 "})
    with pytest.warns(zoo("errors").IncompleteListWarning, match="end after 5 items, .* the list has 9"):
        assert _read(zoo, wire, "link", "sync") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("field", ["totalCount", "total", "totalResults"])
@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_total_of_which_the_document_does_not_speak_is_told(zoo: Zoo, wire: Wire, face: str, field: str) -> None:
    wire.answer = lambda _: Reply.of({"items": _items(0, 5), field: 9})
    with pytest.warns(zoo("errors").IncompleteListWarning, match="end after 5 items, .* the list has 9"):
        assert _read(zoo, wire, "cursor", face) == [0, 1, 2, 3, 4]

"""Every spelling of pages that a document shows: all items, none twice, and no list that silently ends too early."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from generated_kit import Reply, build_package
from page_shapes import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generated_kit import ReceivedRequest, Wire

    Lists = Callable[[str], Any]
    Query = dict[str, str]

TOTAL = 7
SIZE = 3
PAGES = 3
FACES = ["sync", "async"]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lists]:
    root = build_package(DOCUMENT, tmp_path_factory.mktemp("lists"), "lists_client")
    sys.path.insert(0, str(root))
    yield lambda name: importlib.import_module(f"lists_client.{name}")
    sys.path.remove(str(root))


def _things(start: int, size: int = SIZE) -> list[dict[str, int]]:
    return [{"id": number} for number in range(start, min(start + size, TOTAL))]


def _following(start: int) -> int | None:
    return start + SIZE if start + SIZE < TOTAL else None


def _by_query(answer: Callable[[Query], object]) -> Callable[[ReceivedRequest], Reply]:
    def reply(request: ReceivedRequest) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        return Reply.of(answer(query))

    return reply


def _read(lists: Lists, wire: Wire, name: str, face: str) -> list[Any]:
    resources = lists("resources")
    client = resources.SyncResources(wire) if face == "sync" else resources.AsyncResources(wire)
    iterator = getattr(client.lists, f"iter_{name}")()
    read: list[Any] = []

    async def collect() -> None:
        async for item in iterator:
            read.append(getattr(item, "id", item))

    if face == "sync":
        read += [getattr(item, "id", item) for item in iterator]
    else:
        wire.run(collect())
    return read


def _next_page(query: Query) -> object:
    page = int(query.get("page", "1"))
    return {"items": _things((page - 1) * SIZE), "nextPage": page + 1 if page < PAGES else None}


def _next_offset(query: Query) -> object:
    start = int(query.get("offset", "0"))
    return {"items": _things(start), "next": _following(start) or -1}


def _next_cursor(query: Query) -> object:
    start = int(query.get("cursor", "0"))
    return {"data": _things(start), "nextCursor": float(_following(start) or 0)}


def _next_id(query: Query) -> object:
    start = int(query.get("after", "0"))
    return {"items": _things(start), "nextId": _following(start)}


def _more(query: Query) -> object:
    start = int(query.get("cursor", "0"))
    return {"data": _things(start), "cursor": str(_following(start) or start), "hasMore": start + SIZE < TOTAL}


def _last(query: Query) -> object:
    return {"data": _things(int(query.get("cursor", "0"))), "nextCursor": "3", "isLast": "cursor" in query}


def _spring(first: int, echoed: int) -> Callable[[Query], object]:
    """Count the parameter from `first`, and in the answer from `echoed`."""

    def answer(query: Query) -> object:
        index = int(query.get("page", first)) - first
        return {
            "content": _things(index * SIZE),
            "number": index + echoed,
            "totalPages": PAGES,
            "last": index == PAGES - 1,
        }

    return answer


def _paged(query: Query) -> object:
    index = int(query.get("page", "0"))
    return {"items": _things(index * SIZE), "page": {"number": index, "totalElements": TOTAL, "totalPages": PAGES}}


def _default(query: Query) -> object:
    page = int(query.get("page", "1"))
    return {"items": _things((page - 1) * SIZE), "page": page - 1, "totalPages": PAGES}


def _wrapped(query: Query) -> object:
    page = int(query.get("page", "1"))
    following = f"?page={page + 1}" if page < PAGES else None
    return {"data": {"items": _things((page - 1) * SIZE), "next": following}, "errors": []}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("next_page", _next_page),
        ("next", _next_offset),
        ("next_cursor", _next_cursor),
        ("next_id", _next_id),
        ("more", _more),
        ("spring", _spring(0, 0)),
        ("spring", _spring(1, 1)),
        ("paged", _paged),
        ("default", _default),
        ("wrapped", _wrapped),
    ],
)
def test_all_items_of_a_list_come_once(
    lists: Lists, wire: Wire, name: str, answer: Callable[[Query], object], face: str
) -> None:
    wire.answer = _by_query(answer)
    assert _read(lists, wire, name, face) == list(range(TOTAL))
    assert len(wire.requests) == PAGES


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(("first", "echoed"), [(1, 0), (0, 1)])
def test_pages_that_are_asked_for_and_told_by_two_counts_are_found_out(
    lists: Lists, wire: Wire, face: str, first: int, echoed: int
) -> None:
    wire.answer = _by_query(_spring(first, echoed))
    assert _read(lists, wire, "spring", face) == list(range(TOTAL))
    assert len(wire.requests) == PAGES + 1


@pytest.mark.parametrize("face", FACES)
def test_a_cursor_that_stays_ends_where_the_answer_says_that_it_is_the_last(
    lists: Lists, wire: Wire, face: str
) -> None:
    wire.answer = _by_query(_last)
    assert _read(lists, wire, "last", face) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("face", FACES)
def test_more_without_a_way_to_it_is_an_error_and_not_an_end(lists: Lists, wire: Wire, face: str) -> None:
    wire.answer = _by_query(lambda _: {"data": _things(0), "cursor": None, "hasMore": True})
    with pytest.raises(lists("errors").PageError, match="there are more, but not where"):
        _read(lists, wire, "more", face)


@pytest.mark.parametrize("value", [True, {"href": "?page=2"}, [2], 1.5])
def test_a_next_page_of_another_kind_is_an_error_and_not_an_end(lists: Lists, wire: Wire, value: object) -> None:
    wire.answer = _by_query(lambda _: {"items": _things(0), "nextPage": value})
    with pytest.raises(lists("errors").PageError, match="nextPage is not a way to the next page"):
        _read(lists, wire, "next_page", "sync")
    assert len(wire.requests) == 1


def test_a_count_of_the_page_is_not_taken_for_the_total(lists: Lists, wire: Wire) -> None:
    def answer(query: Query) -> object:
        found = _things((int(query.get("page", "1")) - 1) * SIZE)
        return {"items": found, "count": len(found)}

    wire.answer = _by_query(answer)
    assert _read(lists, wire, "count", "sync") == list(range(TOTAL))


def test_a_count_of_more_than_the_page_has_is_the_total(lists: Lists, wire: Wire) -> None:
    wire.answer = _by_query(lambda query: {"items": _things((int(query.get("page", "1")) - 1) * SIZE), "count": TOTAL})
    assert _read(lists, wire, "count", "sync") == list(range(TOTAL))
    assert len(wire.requests) == PAGES


@pytest.mark.parametrize("count", [3, None])
def test_a_list_that_is_answered_whole_for_any_page_is_read_once(lists: Lists, wire: Wire, count: int | None) -> None:
    wire.answer = _by_query(lambda _: {"items": _things(0), "count": count})
    assert _read(lists, wire, "count", "sync") == [0, 1, 2]
    assert len(wire.requests) == 2


def test_the_first_page_for_any_page_of_a_longer_list_is_an_error_and_not_an_end(lists: Lists, wire: Wire) -> None:
    wire.answer = _by_query(lambda _: {"items": _things(0), "count": TOTAL})
    with pytest.raises(lists("errors").PageError, match="round in a circle; items read before: 3"):
        _read(lists, wire, "count", "sync")


def test_a_total_of_less_than_one_page_has_is_none(lists: Lists, wire: Wire) -> None:
    wire.answer = _by_query(
        lambda query: {"items": _things(int(query.get("page", "0")) * SIZE), "page": {"number": 0, "totalElements": 0}}
    )
    assert _read(lists, wire, "paged", "sync") == list(range(TOTAL))


def test_an_empty_page_before_the_last_one_does_not_end_the_list(lists: Lists, wire: Wire) -> None:
    def answer(query: Query) -> object:
        page = _spring(0, 0)(query)
        return page | {"content": []} if query.get("page") == "1" else page

    wire.answer = _by_query(answer)
    assert _read(lists, wire, "spring", "sync") == [0, 1, 2, 6]


def test_equal_words_on_successive_pages_are_no_circle(lists: Lists, wire: Wire) -> None:
    def answer(query: Query) -> object:
        number = int(query.get("cursor", "1"))
        return {"items": ["same", "same"], "nextCursor": str(number + 1) if number < 4 else None, "total": 8}

    wire.answer = _by_query(answer)
    assert _read(lists, wire, "words", "sync") == ["same"] * 8


@pytest.mark.parametrize("total", [None, 8])
def test_equal_words_without_end_come_to_an_end(lists: Lists, wire: Wire, total: int | None) -> None:
    def answer(query: Query) -> object:
        return {"items": ["same"], "nextCursor": str(int(query.get("cursor", "1")) + 1), "total": total}

    wire.answer = _by_query(answer)
    with pytest.raises(lists("errors").PageError, match="circle" if total else "all the same"):
        _read(lists, wire, "words", "sync")
    assert len(wire.requests) <= (total + 2 if total else 110)


def test_what_the_document_does_not_show_beyond_doubt_has_no_iterator(lists: Lists) -> None:
    pages = {key: operation.page for key, operation in lists("operations").OPERATIONS.items()}
    assert {key for key, page in pages.items() if page is None} == {"GetCreatedAfter", "GetTwo", "GetLost"}
    assert {key: page.kind for key, page in pages.items() if page is not None and page.kind != "cursor"} == {
        "GetSpring": "page",
        "GetPaged": "page",
        "GetDefault": "page",
        "GetWrapped": "link",
        "GetCount": "page",
        "GetToken": "link",
        "GetOwnName": "link",
        "GetEither": "link",
        "GetInsisted": "page",
    }


OPAQUE = "b3BhcXVl/dG9r+ZW4="
"""What is sent back as it came, however it looks."""


def _told(parameter: str, ways: list[object]) -> Callable[[Query], object]:
    """Answer a page for each way, which leads to the next one; the parameter says which page is asked for."""

    def answer(query: Query) -> object:
        known = [None, *(way if isinstance(way, str) else str(way) for way in ways)]
        asked = query.get(parameter)
        number = next((n for n, way in enumerate(known) if way is not None and asked and way.endswith(asked)), 0)
        way = ways[number] if number < len(ways) else None
        return {"values": _things(number * SIZE), "items": _things(number * SIZE), "nextPage": way, "next": way}

    return answer


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "ways",
    [
        [OPAQUE, f"{OPAQUE}2"],
        [f"/{OPAQUE}", "//AAAA"],
        ["?page=Mg", "?page=Mw"],
        ["token?page=Mg", "/cyarawebapi/token?filter=a&page=Mw"],
        [OPAQUE, "?page=Mw"],
        ["2", "token-3"],
    ],
    ids=["tokens", "tokens with a slash in front", "queries", "links", "a token, then a link", "numbers"],
)
def test_a_token_under_the_name_of_a_link_is_sent_back_and_a_link_is_followed(
    lists: Lists, wire: Wire, face: str, ways: list[object]
) -> None:
    wire.answer = _by_query(_told("page", ways))
    assert _read(lists, wire, "token", face) == list(range(TOTAL))
    assert len(wire.requests) == PAGES


@pytest.mark.parametrize("ways", [[OPAQUE, f"/{OPAQUE}"], ["?next=Mg", "/own-name?next=Mw"]], ids=["tokens", "links"])
def test_a_parameter_named_as_the_field_takes_its_token(lists: Lists, wire: Wire, ways: list[object]) -> None:
    wire.answer = _by_query(_told("next", ways))
    assert _read(lists, wire, "own_name", "sync") == list(range(TOTAL))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("parameter", "ways"), [("page", ["2", "3"]), ("cursor", [OPAQUE, "x"]), ("page", ["?page=2"])]
)
def test_the_value_tells_which_parameter_takes_the_next_page(
    lists: Lists, wire: Wire, face: str, parameter: str, ways: list[object]
) -> None:
    wire.answer = _by_query(_told(parameter, ways))
    assert _read(lists, wire, "either", face) == list(range(min(TOTAL, SIZE * (len(ways) + 1))))
    assert [request.target.count("=") for request in wire.requests] == [0, *(1 for _ in ways)]


@pytest.mark.parametrize("link", ["https://evil.example/token?page=2", "//evil.example/x?page=2", "ftp://evil.example"])
def test_an_address_is_never_taken_for_a_token(lists: Lists, wire: Wire, link: str) -> None:
    wire.answer = _by_query(_told("page", [link]))
    with pytest.raises(lists("errors").PageError, match="nothing was sent there"):
        _read(lists, wire, "token", "sync")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("face", FACES)
def test_a_page_that_the_server_insists_on_is_asked_for_from_the_first(lists: Lists, wire: Wire, face: str) -> None:
    wire.answer = _by_query(lambda query: {"items": _things(int(query["page"]) * SIZE), "total": TOTAL})
    assert _read(lists, wire, "insisted", face) == list(range(TOTAL))
    assert [urlsplit(request.target).query for request in wire.requests] == ["page=0", "page=1", "page=2"]


def test_a_count_that_may_be_the_total_is_told_and_no_error(lists: Lists, wire: Wire) -> None:
    wire.answer = _by_query(
        lambda query: {"items": _things(0) if query.get("page", "1") == "1" else [], "count": TOTAL}
    )
    with pytest.warns(lists("errors").IncompleteListWarning, match="/count: the pages end after 3 items"):
        assert _read(lists, wire, "count", "sync") == [0, 1, 2]


def test_a_total_is_not_held_against_a_caller_who_starts_later(lists: Lists) -> None:
    totals, operations = lists("_totals"), lists("operations")
    shape = operations.OPERATIONS["GetPaged"].page
    for url, whole in {"/x": True, "/x?skip=0": True, "/x?Skip=10": False, "/x?startIndex=5&size=2": False}.items():
        found = totals.Totals(shape, url)
        assert found.read({shape.total_field: 9}, 3, 3) == 9
        if whole:
            with pytest.raises(lists("errors").PageError, match="end after 3 items"):
                found.require_all(3)
        else:
            found.require_all(3)

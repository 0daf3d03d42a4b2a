"""Links to the next page: followed to the end, on the bound origin only, and never round in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from generated_kit import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from generated_kit import ReceivedRequest, Wire

    Zoo = Callable[[str], Any]

PATH = "/cyarawebapi/accounts/7/animals"
FACES = ["sync", "async"]


def _animals(*numbers: int) -> list[dict[str, Any]]:
    return [{"animalId": number, "name": "x"} for number in numbers]


def _number(request: ReceivedRequest) -> int:
    return int(parse_qs(urlsplit(request.target).query.lower()).get("pageno", ["1"])[0])


def _two_pages(link: str, *, total: int | None = None) -> Callable[[ReceivedRequest], Reply]:
    """Answer two pages, the first with this link to the second; `{port}` stands for the port that was called."""

    def answer(request: ReceivedRequest) -> Reply:
        _, _, port = request.headers["host"].partition(":")
        first = {"results": _animals(1, 2), "nextPage": link.format(port=port), "totalResults": total}
        return Reply.of(first if _number(request) == 1 else {"results": _animals(3), "nextPage": None})

    return answer


def _read(zoo: Zoo, wire: Wire, face: str, *, into: list[int] | None = None, **options: Any) -> list[int]:
    """Read the animals; `into` keeps those that came before an error."""
    resources = zoo("resources")
    read: list[int] = [] if into is None else into

    async def collect() -> None:
        async for animal in resources.AsyncResources(wire).animals.iter_animals(**options):
            read.append(animal.animal_id)  # noqa: PERF401 - what was read before the error counts

    if face == "async":
        wire.run(collect())
        return read
    for animal in resources.SyncResources(wire).animals.iter_animals(**options):
        read.append(animal.animal_id)  # noqa: PERF401 - what was read before the error counts
    return read


@pytest.mark.parametrize("prefetch", [True, False])
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://203.0.113.1:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:80",
        "http://www.127.0.0.1:{port}",
        "http://127.0.0.1.:{port}",
        "http://127.0.0.1:{port}@evil.example",
        "//evil.example",
        "ftp://127.0.0.1:{port}",
        "urn:x",
    ],
)
def test_a_link_to_another_origin_is_refused_and_nothing_is_sent(
    zoo: Zoo, wire: Wire, face: str, origin: str, *, prefetch: bool
) -> None:
    wire.answer = _two_pages(f"{origin}{PATH}?pageno=2")
    read: list[int] = []
    with pytest.raises(zoo("errors").PageError, match=r"is bound to http://127\.0\.0\.1:.*nothing was sent there"):
        _read(zoo, wire, face, into=read, prefetch=prefetch)
    assert read == [1, 2]
    assert len(wire.requests) == 1


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "link",
    [
        f"http://127.0.0.1:{{port}}{PATH}?pageno=2",
        f"HTTP://127.0.0.1:{{port}}{PATH.upper()}?PageNo=2",
        f"//127.0.0.1:{{port}}{PATH}?pageno=2",
        f"{PATH}?pageno=2",
        "/accounts/7/animals?pageno=2",
        "?pageno=2",
        "  ?pageno=2 ",
    ],
)
def test_a_link_to_the_own_origin_is_followed(zoo: Zoo, wire: Wire, face: str, link: str) -> None:
    wire.answer = _two_pages(link)
    assert _read(zoo, wire, face) == [1, 2, 3]
    assert {urlsplit(request.target).path for request in wire.requests} == {PATH}


@pytest.mark.parametrize(
    ("base", "link", "same"),
    [
        ("https://portal.example/cyarawebapi", "https://Portal.EXAMPLE:443/list?page=2", True),
        ("https://portal.example:443/cyarawebapi", "https://portal.example/list?page=2", True),
        ("http://portal.example", "http://portal.example:80/list?page=2", True),
        ("https://m\u00fcnchen.example", "https://xn--mnchen-3ya.example/list?page=2", True),
        ("https://xn--mnchen-3ya.example", "https://M\u00dcNCHEN.example/list?page=2", True),
        ("http://[::1]:8080", "http://[::1]:8080/list?page=2", True),
        ("https://portal.example", "https://www.portal.example/list?page=2", False),
        ("https://portal.example", "https://portal.example:80/list?page=2", False),
        ("https://portal.example", "http://portal.example:443/list?page=2", False),
    ],
)
def test_origins_are_compared_as_names_are_resolved(zoo: Zoo, base: str, link: str, *, same: bool) -> None:
    links = zoo("_links")
    with httpx.Client(base_url=base) as http:
        found = links.Links("list", links.origin_of(http))
    if same:
        assert found.follow(link) == "list?page=2"
    else:
        with pytest.raises(zoo("errors").PageError, match="leads to"):
            found.follow(link)


@pytest.mark.parametrize("face", FACES)
def test_a_client_may_know_a_closer_error_for_foreign_links(zoo: Zoo, wire: Wire, face: str) -> None:
    class ForeignError(zoo("errors").PageError):  # type: ignore[misc]  # the base is known when the zoo is built
        pass

    for http in (wire.get_httpx_client(), wire.get_async_httpx_client()):
        http.foreign_page_error = ForeignError  # type: ignore[union-attr]  # what a subclass of httpx's would have
    wire.answer = _two_pages(f"https://evil.example{PATH}?pageno=2")
    with pytest.raises(ForeignError):
        _read(zoo, wire, face)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("link", ["http://[bad/x?pageno=2", "http://127.0.0.1:port/x", "http://127.0.0.1:99999/x"])
def test_a_link_that_is_no_address_is_an_error_of_the_tree(zoo: Zoo, wire: Wire, face: str, link: str) -> None:
    wire.answer = _two_pages(link)
    read: list[int] = []
    with pytest.raises(zoo("errors").PageError, match="not a valid address; nothing was sent there"):
        _read(zoo, wire, face, into=read)
    assert read == [1, 2]


def test_a_host_that_is_no_name_is_not_repeated(zoo: Zoo, wire: Wire) -> None:
    wire.answer = _two_pages("https://a b<script>/x?pageno=2")
    with pytest.raises(zoo("errors").PageError, match="leads to another address, and"):
        _read(zoo, wire, "sync")


def test_a_link_to_another_list_is_refused(zoo: Zoo, wire: Wire) -> None:
    wire.answer = _two_pages("/somewhere/else?pageno=2")
    with pytest.raises(zoo("errors").PageError, match="leads to another list; nothing was sent there"):
        _read(zoo, wire, "sync")
    assert len(wire.requests) == 1


def test_a_number_in_the_place_of_a_link_is_an_error_and_not_an_end(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda _: Reply.of({"results": _animals(1), "nextPage": 7})
    with pytest.raises(zoo("errors").PageError, match="nextPage is not a way"):
        _read(zoo, wire, "sync")


@pytest.mark.parametrize("face", FACES)
def test_links_in_a_circle_are_an_error(zoo: Zoo, wire: Wire, face: str) -> None:
    def circle(request: ReceivedRequest) -> Reply:
        number = 2 if "pageno=1" in request.target else 1
        return Reply.of({"results": _animals(len(wire.requests)), "nextPage": f"?pageno={number}"})

    wire.answer = circle
    with pytest.raises(zoo("errors").PageError, match="leads back"):
        _read(zoo, wire, face)
    assert len(wire.requests) <= 4


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("total", [None, 2, 1000])
def test_one_page_under_ever_other_links_is_a_circle(zoo: Zoo, wire: Wire, face: str, total: int | None) -> None:
    wire.answer = lambda request: Reply.of(
        {"results": _animals(1, 2), "nextPage": f"?pageno={_number(request) + 1}", "totalResults": total}
    )
    read: list[int] = []
    with pytest.raises(zoo("errors").PageError, match="round in a circle; items read before: 2"):
        _read(zoo, wire, face, into=read)
    assert read == [1, 2]
    assert len(wire.requests) == 2


def test_pages_far_beyond_the_total_are_an_error(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda request: Reply.of(
        {
            "results": _animals(_number(request) % 2, 2),
            "nextPage": f"?pageno={_number(request) + 1}",
            "totalResults": 4,
        }
    )
    with pytest.raises(zoo("errors").PageError, match="items were read of a list of 4"):
        _read(zoo, wire, "sync")
    assert len(wire.requests) < 60


def test_a_list_that_grows_while_it_is_read_is_read_to_its_end(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda request: Reply.of(
        {
            "results": _animals(_number(request)),
            "nextPage": f"?pageno={_number(request) + 1}" if _number(request) < 9 else None,
            "totalResults": 3,
        }
    )
    assert _read(zoo, wire, "sync") == list(range(1, 10))


@pytest.mark.parametrize("face", FACES)
def test_an_empty_page_with_a_link_does_not_end_the_list(zoo: Zoo, wire: Wire, face: str) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        number = _number(request)
        following = f"?pageno={number + 1}" if number < 4 else None
        return Reply.of({"results": [] if number == 2 else _animals(number), "nextPage": following, "totalResults": 3})

    wire.answer = answer
    assert _read(zoo, wire, face) == [1, 3, 4]


@pytest.mark.parametrize("total", [5, None])
def test_a_list_that_shrinks_on_the_way_ends(zoo: Zoo, wire: Wire, total: int | None) -> None:
    def shrinking(request: ReceivedRequest) -> Reply:
        number = _number(request)
        following = f"?pageno={number + 1}" if number == 1 or total else None
        return Reply.of(
            {"results": _animals(*range(5)) if number == 1 else [], "nextPage": following, "totalResults": total}
        )

    wire.answer = shrinking
    assert _read(zoo, wire, "sync") == [0, 1, 2, 3, 4]
    assert len(wire.requests) == 2


@pytest.mark.parametrize("face", FACES)
def test_an_endless_row_of_empty_pages_ends(zoo: Zoo, wire: Wire, face: str) -> None:
    wire.answer = lambda request: Reply.of({"results": [], "nextPage": f"?pageno={_number(request) + 1}"})
    with pytest.raises(zoo("errors").PageError, match="pages in a row were empty"):
        _read(zoo, wire, face)
    assert len(wire.requests) <= 102

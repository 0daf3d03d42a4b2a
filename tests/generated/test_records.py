"""Answers as rows and as people see them: `get`, `to_records`, the short line and the table of notebooks."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
import sys
import uuid
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from generated_kit import Reply, build_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generated_kit import Wire

    Package = Callable[[str], Any]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str) -> dict[str, Any]:
    return {"type": "array", "items": ref(name)}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


TEXT, NUMBER = {"type": "string", "nullable": True}, {"type": "integer", "format": "int32"}
ANSWERS = {
    "shelf": ref("Shelf"),
    "page": ref("BookPage"),
    "wrapped": ref("Wrapped"),
    "array": listed("Book"),
    "odd": ref("Odd"),
}
PAGED = {"page", "wrapped"}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "Books", "version": "1"},
    "paths": {
        f"/{name}": {
            "get": {
                "tags": ["Books"],
                "operationId": f"get_{name}",
                "parameters": [{"name": "page", "in": "query", "schema": NUMBER}] if name in PAGED else [],
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}},
            }
        }
        for name, schema in ANSWERS.items()
    },
    "components": {
        "schemas": {
            "Book": thing(
                bookId=NUMBER,
                title=TEXT,
                kind={"type": "string", "enum": ["Novel", "Poem"]},
                printed={"type": "string", "format": "date-time"},
                isbn={"type": "string", "format": "uuid"},
                author=ref("Author"),
                tags={"type": "array", "items": {"type": "string"}},
                sequel=ref("Book"),
                password=TEXT,
            ),
            "Author": thing(name=TEXT, home=ref("Place")),
            "Place": thing(town=TEXT, zip={"type": "string"}),
            "Shelf": thing(name=TEXT, books=listed("Book")),
            "BookPage": thing(results=listed("Book"), nextPage=TEXT, totalResults=NUMBER),
            "Wrapped": thing(data=thing(items=listed("Book"), totalCount=NUMBER), success={"type": "boolean"}),
            "Odd": thing(
                get=TEXT, unread=TEXT, to_records=TEXT, to_dict=NUMBER, from_dict=TEXT, toRecords=TEXT, _repr_html_=TEXT
            ),
        }
    },
}
GUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
BOOK = {
    "bookId": 1,
    "title": "On <b>rails</b>",
    "kind": "Novel",
    "printed": "2026-01-31T10:00:00Z",
    "isbn": GUID,
    "author": {"name": "Ann", "home": {"town": "Ulm", "zip": "07"}},
    "tags": ["a", "b"],
    "extra": {"deep": {"er": 1}},
}
NOTHING = dict.fromkeys(
    ("title", "kind", "printed", "isbn", "author.name", "author.home.town", "author.home.zip", "tags", "sequel.bookId")
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    root = build_package(DOCUMENT, tmp_path_factory.mktemp("books"), "books_client")
    sys.path.insert(0, str(root))
    yield lambda name: importlib.import_module(f"books_client{name and '.'}{name}")
    sys.path.remove(str(root))


@pytest.fixture
def book(package: Package) -> Any:
    return package("models").Book.from_dict(BOOK)


def test_a_field_is_found_by_either_name_and_by_a_path(package: Package, book: Any) -> None:
    assert (book.get("bookId"), book.get("book_id"), book.get("author.home.town")) == (1, 1, "Ulm")
    assert (book.get("extra"), book.get("extra.deep.er"), book.get("extra.deep.no", 7)) == ({"deep": {"er": 1}}, 1, 7)
    assert book.get("kind") is package("models").BookKind.NOVEL
    assert (book.get("sequel"), book.get("sequel.title", "?"), book.get("nothing", 0), book.get("")) == (
        None,
        "?",
        0,
        None,
    )
    null = package("models").Book.from_dict({"title": None, "a.b": 5})
    assert (null.get("title", "?"), null.get("a.b"), null.get("book_id.x", 3)) == ("?", 5, 3)


def test_value_of_leaves_what_is_there(package: Package, book: Any) -> None:
    value_of, unset = package("").value_of, package("").UNSET
    assert [value_of(value) for value in (unset, None, 0, "", False, [])] == [None, None, 0, "", False, []]
    assert [value_of(value, 7) for value in (unset, None, 0, "")] == [7, 7, 0, ""]
    assert value_of(book.sequel, book) is book


def test_a_model_is_one_flat_row_of_plain_values(book: Any) -> None:
    (row,) = book.to_records()
    assert {
        name: row[name] for name in ("bookId", "title", "kind", "isbn", "author.home.zip", "tags", "extra.deep.er")
    } == {
        "bookId": 1,
        "title": "On <b>rails</b>",
        "kind": "Novel",
        "isbn": GUID,
        "author.home.zip": "07",
        "tags": ["a", "b"],
        "extra.deep.er": 1,
    }
    assert row["printed"] == dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)
    plain = (str, int, dt.datetime, list, type(None))
    assert {type(value) for value in row.values()} <= set(plain)
    assert type(row["kind"]) is str


def test_columns_do_not_depend_on_what_is_in_the_rows(package: Package, book: Any) -> None:
    empty = package("models").Book()
    assert NOTHING.keys() - {"sequel.bookId"} <= empty.to_records()[0].keys()
    assert not any(empty.to_records()[0].values())
    one, two, three = package("").to_records([empty, book, None])
    assert list(one) == list(two) == list(three)
    assert one["extra.deep.er"] is None
    assert package("").to_records([]) == []


def test_a_model_within_itself_comes_to_an_end(package: Package, book: Any) -> None:
    book.sequel = package("models").Book(book_id=2, sequel=package("models").Book(title="third"))
    (row,) = book.to_records()
    assert (row["sequel.bookId"], row["sequel.sequel.title"]) == (2, "third")


@pytest.mark.parametrize("name", ["page", "wrapped", "array"])
def test_a_page_is_the_rows_of_what_is_on_it(package: Package, wire: Wire, name: str) -> None:
    books = [BOOK, {"bookId": 2}]
    body: Any = {"page": {"results": books, "totalResults": 2}, "wrapped": {"data": {"items": books}}, "array": books}
    wire.answer = lambda _: Reply.of(body[name])
    answer = package(f"api.books.get_{name}").sync(client=wire)
    rows = package("").to_records(answer)
    assert [row["bookId"] for row in rows] == [1, 2]
    if name != "array":
        assert answer.to_records() == rows
        assert type(answer).from_dict({}).to_records() == []


def test_a_model_with_a_list_is_no_page(package: Package, wire: Wire) -> None:
    wire.answer = lambda _: Reply.of({"name": "top", "books": [BOOK, {}]})
    (row,) = package("api.books.get_shelf").sync(client=wire).to_records()
    assert (row["name"], row["books"][0]["author.name"]) == ("top", "Ann")


def test_iterators_and_pages_of_iterators_are_rows(package: Package, wire: Wire) -> None:
    wire.answer = lambda request: Reply.of(
        {"results": [{"bookId": 1}], "nextPage": f"{wire.base_url}/page?page=2"}
        if "page=2" not in request.target
        else {"results": [{"bookId": 2}], "nextPage": None}
    )
    pages: list[Any] = []
    books = package("resources").SyncResources(wire).books.iter_page(on_page=pages.append)
    assert [row["bookId"] for row in package("").to_records(books)] == [1, 2]
    assert [row["bookId"] for page in pages for row in package("").to_records(page)] == [1, 2]
    assert repr(pages[0]) == "Page(number=1, items=[Book(book_id=1)], fetched=1, total=None)"
    assert Table(pages[1]._repr_html_()).rows == [["bookId"], ["2"]]


def test_rows_go_into_csv(package: Package, book: Any) -> None:
    rows = package("").to_records([package("models").Book(), book])
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    again = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert (again[0]["title"], again[1]["author.home.town"], again[1]["printed"]) == (
        "",
        "Ulm",
        "2026-01-31 10:00:00+00:00",
    )


@pytest.mark.parametrize("value", [7, "text", b"bytes", None, object()])
def test_what_has_no_rows_is_refused_by_name(package: Package, value: object) -> None:
    with pytest.raises(TypeError, match=f"not of {type(value).__name__}"):
        package("").to_records(value)


def test_an_async_iterator_is_told_how(package: Package) -> None:
    async def books() -> Any:
        yield 1

    with pytest.raises(TypeError, match="async for"):
        package("").to_records(books())


def test_the_line_shows_what_is_set_and_is_short(package: Package, book: Any) -> None:
    models = package("models")
    assert repr(models.Book()) == "Book()"
    assert (
        repr(models.Book(book_id=1, title=None, kind=models.BookKind.POEM))
        == "Book(book_id=1, title=None, kind='Poem')"
    )
    assert "UNSET" not in repr(book)
    big = models.Book(title="x" * 10_000, tags=["y" * 1_000] * 1_000, additional_properties={"z" * 500: {"a": book}})
    big.sequel = models.Book(sequel=models.Book(sequel=big))
    assert len(repr(big)) < 1_500
    assert "997 more" in repr(big)
    shelf = models.Shelf(books=[big] * 50)
    assert len(repr(shelf)) < 2_000
    assert repr(models.Book(password="hunter2")) == "Book(password=[hidden])"


def test_what_is_nested_deeply_is_not_followed(package: Package) -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    book = package("models").Book(additional_properties={"a": deep})
    assert repr(book) == "Book(additional_properties={'a': [[[...]]]})"
    assert "[...]" in book._repr_html_()


def test_what_could_not_be_read_is_shown_as_that(package: Package) -> None:
    book = package("models").Book.from_dict({"bookId": 1, "printed": "soon", "password": {"a": "hunter2"}})
    assert (
        repr(book) == "Book(book_id=1, printed=None, password=None, unread={'printed': 'soon', 'password': [hidden]})"
    )
    assert ["unread", "{'printed': 'soon', 'password': [hidden]}"] in Table(book._repr_html_()).rows
    assert (book.get("printed", 7), book.to_records()[0]["printed"]) == (7, None)


def test_files_and_bytes_are_told_by_their_size(package: Package) -> None:
    file = package("").File(b"hunter2", "x.xml")
    assert "hunter2" not in repr(file)
    assert repr(file) == "File(payload=<7 bytes>, file_name='x.xml', mime_type=None)"
    assert "hunter2" not in repr(package("").File(io.BytesIO(b"hunter2")))
    response = package("").Response(status_code=200, content=b"hunter2", headers={"a": "hunter2"}, parsed=None)
    assert "hunter2" not in repr(response)


class Table(HTMLParser):
    """What a browser would make of it: the cells by row, and every element that there is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


HOSTILE = "<script>alert(1)</script><img src=x onerror=y>"


def test_a_model_is_a_table_in_a_notebook(package: Package, book: Any) -> None:
    book.additional_properties[HOSTILE] = HOSTILE
    book.password = "hunter2"  # noqa: S105 - of nobody
    html = book._repr_html_()
    table = Table(html)
    assert table.tags <= {"table", "caption", "tr", "th", "td", "p"}
    assert ["title", "On <b>rails</b>"] in table.rows
    assert ["bookId", "1"] in table.rows
    assert not any(row and row[0] == "sequel" for row in table.rows)
    assert "hunter2" not in html


def test_a_page_is_a_table_of_its_rows(package: Package) -> None:
    models = package("models")
    page = models.BookPage(
        results=[models.Book(book_id=n, title=HOSTILE, author=models.Author(name="Ann")) for n in range(50)],
        total_results=70,
    )
    table = Table(page._repr_html_())
    assert table.tags <= {"table", "caption", "tr", "th", "td", "p"}
    assert table.rows[0] == ["bookId", "title", "author.name"]
    assert len(table.rows) == 21
    assert "30 more rows" in page._repr_html_()
    assert "totalResults: 70" in page._repr_html_()
    assert Table(page.to_records()._repr_html_()).rows[1][0] == "0"
    assert Table(models.BookPage()._repr_html_()).rows == [[]]


def test_fields_with_the_names_of_methods_get_others(package: Package, wire: Wire) -> None:
    sent = {
        "get": "a",
        "unread": "b",
        "to_records": "c",
        "to_dict": 4,
        "from_dict": "e",
        "toRecords": "f",
        "_repr_html_": "g",
    }
    wire.answer = lambda _: Reply.of(sent)
    odd = package("api.books.get_odd").sync(client=wire)
    assert odd.to_dict() == sent
    assert (odd.get("get"), odd.get("unread"), odd.get("to_records")) == ("a", "b", "c")
    assert odd.to_records() == [sent]
    assert repr(odd).startswith("Odd(")
    assert (odd.get_field, odd.unread_field) == ("a", "b")
    assert all(isinstance(value, (str, int)) for value in (getattr(odd, name) for name in type(odd).__wire_names__))


def test_ids_and_durations_stay_what_pandas_knows(package: Package) -> None:
    assert package("").to_records([{"a": uuid.UUID(GUID), "b": dt.timedelta(1), "c": {}, "d": {"e": (1, 2)}}]) == [
        {"a": GUID, "b": dt.timedelta(1), "c": None, "d.e": [1, 2]}
    ]

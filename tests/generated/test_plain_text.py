"""Answers that are declared as text and mean more: a number, a truth value, an id, a moment."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from generated_kit import Reply, build_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generated_kit import Wire

GUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
SCHEMAS: dict[str, dict[str, Any]] = {
    "whole": {"type": "integer", "format": "int32"},
    "maybe": {"type": "integer", "format": "int64", "nullable": True},
    "share": {"type": "number", "format": "double"},
    "truth": {"type": "boolean"},
    "ident": {"type": "string", "format": "uuid"},
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "span": {"type": "string", "format": "time-span"},
    "mood": {"$ref": "#/components/schemas/Mood"},
    "size": {"$ref": "#/components/schemas/Size"},
    "count": {"$ref": "#/components/schemas/Count"},
    "words": {"type": "string"},
    "thing": {"$ref": "#/components/schemas/Thing"},
    "circle": {"$ref": "#/components/schemas/Circle"},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "Plain", "version": "1"},
    "paths": {
        f"/things/{name}/$count": {
            "get": {
                "tags": ["Plain"],
                "operationId": f"get_{name}",
                "responses": {"200": {"description": "ok", "content": {"text/plain": {"schema": schema}}}},
            }
        }
        for name, schema in SCHEMAS.items()
    },
    "components": {
        "schemas": {
            "Mood": {"type": "string", "enum": ["Calm", "Wild"]},
            "Size": {"type": "integer", "enum": [1, 2], "x-enumNames": ["Small", "Big"]},
            "Count": {"$ref": "#/components/schemas/Number"},
            "Number": {"type": "integer", "format": "int32"},
            "Thing": {"type": "object", "properties": {"name": {"type": "string"}}},
            "Circle": {"$ref": "#/components/schemas/Circle"},
        }
    },
}
READ: list[tuple[str, bytes, Any]] = [
    ("whole", b"42", 42),
    ("whole", b"\xef\xbb\xbf42", 42),
    ("whole", b" -7\r\n", -7),
    ("whole", b'"42"', 42),
    ("count", b"3", 3),
    ("maybe", b"9007199254740993", 9007199254740993),
    ("maybe", b"", None),
    ("maybe", b"null", None),
    ("share", b"1.5", 1.5),
    ("share", b"1E+16", 1e16),
    ("share", b"-Infinity", float("-inf")),
    ("truth", b"True", True),
    ("truth", b"false", False),
    ("ident", GUID.encode(), uuid.UUID(GUID)),
    ("ident", f'"{GUID}"'.encode(), uuid.UUID(GUID)),
    ("moment", b"2026-01-31T10:00:00.1234567Z", dt.datetime(2026, 1, 31, 10, 0, 0, 123456, tzinfo=dt.UTC)),
    ("day", b"2026-01-31", dt.date(2026, 1, 31)),
    ("span", b"01:02:03", dt.timedelta(hours=1, minutes=2, seconds=3)),
    ("mood", b"Calm", "Calm"),
    ("mood", b"Brave", "Brave"),
    ("size", b"2", 2),
    ("size", b"Big", 2),
    ("words", b"42", "42"),
    ("words", "\ufeffZo\u00eb".encode(), "Zo\u00eb"),
    ("words", b"", ""),
    ("thing", b"as it is", "as it is"),
    ("circle", b"as it is", "as it is"),
]
UNREADABLE: list[tuple[str, bytes]] = [
    ("whole", b"secret"),
    ("whole", b""),
    ("whole", b"null"),
    ("whole", b"1_000"),
    ("whole", b"4.5"),
    ("whole", "\u0664".encode()),
    ("whole", b"9" * 5_000),
    ("whole", b'"' + b"[" * 9_000),
    ("maybe", b"secret"),
    ("share", b"secret"),
    ("share", b"1_0.5"),
    ("truth", b"1"),
    ("truth", b"secret"),
    ("ident", b"secret"),
    ("moment", b"secret"),
    ("day", b"secret"),
    ("span", b"secret"),
    ("size", b"secret"),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    root = build_package(DOCUMENT, tmp_path_factory.mktemp("plain"), "plain_client")
    sys.path.insert(0, str(root))
    yield lambda name: importlib.import_module(f"plain_client.{name}")
    sys.path.remove(str(root))


@pytest.mark.parametrize(("name", "body", "value"), READ)
@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_the_value_is_of_its_declared_type(
    package: Callable[[str], Any], wire: Wire, name: str, body: bytes, value: object, face: str
) -> None:
    wire.answer = lambda _: Reply(200, body, "text/plain; charset=utf-8")
    function = getattr(package(f"api.plain.get_{name}"), face)
    found = function(client=wire) if face == "sync" else wire.run(function(client=wire))
    assert found == value
    declared = {"mood": package("models").Mood, "size": package("models").Size}.get(name, type(value))
    assert type(found) is declared


@pytest.mark.parametrize(("name", "body"), UNREADABLE)
def test_what_cannot_be_read_is_one_clear_error(
    package: Callable[[str], Any], wire: Wire, name: str, body: bytes
) -> None:
    wire.answer = lambda _: Reply(200, body, "text/plain")
    with pytest.raises(package("errors").DecodingError, match=r"at \$: .* expected") as caught:
        package(f"api.plain.get_{name}").sync(client=wire)
    assert caught.value.content == body
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["whole", "words"])
def test_a_login_page_is_no_text(package: Callable[[str], Any], wire: Wire, name: str) -> None:
    wire.answer = lambda _: Reply(200, b"<html>secret</html>", "text/html")
    with pytest.raises(package("errors").DecodingError, match="an HTML page came instead of text"):
        package(f"api.plain.get_{name}").sync(client=wire)


@pytest.mark.parametrize(
    "charset", ["hex", "undefined", "idna", "klingon", "unicode_escape", "\xff", '"', "zlib", "utf-16"]
)
def test_a_charset_that_is_none_does_no_harm(package: Callable[[str], Any], wire: Wire, charset: str) -> None:
    body = "hello".encode("utf-16" if charset == "utf-16" else "utf-8")
    wire.answer = lambda _: Reply(200, body, f"text/plain; charset={charset}")
    assert package("api.plain.get_words").sync(client=wire) == "hello"


def test_the_types_say_so(package: Callable[[str], Any]) -> None:
    annotations = {name: package(f"api.plain.get_{name}").sync.__annotations__["return"] for name in SCHEMAS}
    assert annotations == {
        "whole": "int",
        "maybe": "int | None",
        "share": "float",
        "truth": "bool",
        "ident": "UUID",
        "moment": "datetime.datetime",
        "day": "datetime.date",
        "span": "datetime.timedelta",
        "mood": "Mood",
        "size": "Size",
        "count": "int",
        "words": "str",
        "thing": "str",
        "circle": "str",
    }

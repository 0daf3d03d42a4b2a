"""What a call looks like on the wire."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from cyara_auth.extensions import OPERATION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generated_kit import Wire

    Zoo = Callable[[str], Any]


def _query(wire: Wire) -> str:
    return wire.requests[-1].target.partition("?")[2]


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"many": ["a", "b&c"]}, "many=a&many=b%26c"),
        ({"joined": ["a", "b,c"]}, "joined=a,b%2Cc"),
        ({"piped": ["a", "b"]}, "piped=a|b"),
        ({"spaced": ["a", "b"]}, "spaced=a%20b"),
        ({"flag": True}, "flag=true"),
        ({"flag": False}, "flag=false"),
        ({"when": dt.datetime(2024, 1, 31, tzinfo=dt.UTC)}, "when=2024-01-31T00%3A00%3A00Z"),
        ({"how_long": dt.timedelta(days=1, seconds=1)}, "how%20long=1.00%3A00%3A01"),
        ({"many": []}, ""),
        ({"joined": []}, ""),
        ({}, ""),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_parameters_are_spelled_as_the_document_says(
    zoo: Zoo, wire: Wire, arguments: dict[str, Any], query: str
) -> None:
    zoo("api.wire.search").sync(client=wire, **arguments)
    assert _query(wire).replace("%7C", "|") == query


def test_objects_in_the_query(zoo: Zoo, wire: Wire) -> None:
    zoo("api.wire.search").sync(client=wire, deep=zoo("models").Keeper(name="Ann"))
    assert _query(wire).replace("%5B", "[").replace("%5D", "]") == "deep[name]=Ann"


def test_headers_and_cookies(zoo: Zoo, wire: Wire) -> None:
    zoo("api.wire.search").sync(client=wire, x_note="hello", taste="sweet; x=1")
    assert wire.requests[-1].headers["x-note"] == "hello"
    assert wire.requests[-1].headers["cookie"] == "taste=sweet%3B%20x%3D1"


def test_path_arguments_cannot_leave_their_place(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda request: type(request) and _animal()
    zoo("api.animals.get_animal").sync(1, "a/b?c#d %", client=wire)
    assert wire.requests[-1].target == "/cyarawebapi/accounts/1/animals/a%2Fb%3Fc%23d%20%25"


@pytest.mark.parametrize("bad", ["", None, "..", "."])
def test_path_arguments_must_address_something(zoo: Zoo, wire: Wire, bad: object) -> None:
    with pytest.raises(ValueError, match="animal_id must not be empty"):
        zoo("api.animals.get_animal").sync(1, bad, client=wire)
    assert wire.requests == []


def _animal() -> Any:
    from generated_kit import Reply

    return Reply.of({"animalId": 1, "name": "Leo"})


def test_every_request_says_what_it_is_and_what_it_accepts(zoo: Zoo, wire: Wire) -> None:
    arguments = zoo("api.animals.get_animal").ENDPOINT.request({"account_id": 1, "animal_id": "2"})
    assert arguments["extensions"]["cyara.operation"] is zoo("operations").OPERATIONS["GetAnimal"]
    wire.answer = lambda _: _animal()
    zoo("api.animals.get_animal").sync(1, "2", client=wire)
    assert wire.requests[-1].headers["accept"] == "application/json"


def test_the_operation_lies_where_the_guard_looks_for_it(zoo: Zoo) -> None:
    arguments = zoo("api.animals.get_animal").ENDPOINT.request({"account_id": 1, "animal_id": "2"})
    assert list(arguments["extensions"]) == [OPERATION]


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_json_bodies(zoo: Zoo, wire: Wire, face: str) -> None:
    models = zoo("models")
    wire.answer = lambda _: _animal()
    animal = models.Animal(animal_id=1, name="L\u00e9o", mood=models.Mood("New"), naps=dt.timedelta(minutes=5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _call(zoo("api.animals.create_animal"), face, 1, client=wire, body=animal)
    assert wire.requests[-1].headers["content-type"] == "application/json"
    assert wire.requests[-1].body.decode() == '{"animalId":1,"name":"L\u00e9o","mood":"New","naps":"00:05:00"}'


def _call(module: Any, face: str, *arguments: object, **named: Any) -> Any:
    if face == "sync":
        return module.sync(*arguments, **named)
    return named["client"].run(module.asyncio(*arguments, **named))


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_multipart_has_a_boundary_of_its_own_each_time(zoo: Zoo, wire: Wire, face: str) -> None:
    models, file = zoo("models"), zoo("types").File
    content = b'--+++\r\nContent-Disposition: form-data; name="injected"\r\n\r\nx\r\n--+++--\r\n'
    for _ in range(2):
        body = models.UploadBody(
            file=file(content, "a.xml", "application/xml"),
            note="hello",
            loud=True,
            keeper=models.Keeper(name="Ann"),
            tags=["a", "b"],
        )
        _call(zoo("api.files.upload"), face, client=wire, body=body)
    first, second = (request.headers["content-type"] for request in wire.requests)
    boundary = re.fullmatch(r"multipart/form-data; boundary=(\w{16,})", first)
    assert boundary
    assert first != second
    parts = wire.requests[0].body.split(f"--{boundary[1]}".encode())
    assert len(parts) == 8
    assert content in parts[1]
    assert b'name="file"; filename="a.xml"' in parts[1]
    assert parts[2].endswith(b'name="note"\r\n\r\nhello\r\n')
    assert parts[3].endswith(b'name="loud"\r\n\r\ntrue\r\n')
    assert b"application/json" in parts[4]
    assert parts[4].endswith(b'\r\n\r\n{"name":"Ann"}\r\n')
    assert [part[-3:-2] for part in parts[5:7]] == [b"a", b"b"]


def test_forms(zoo: Zoo, wire: Wire) -> None:
    body = zoo("models").SendFormBody(name="a&b", tags=["x", "y z"])
    zoo("api.files.send_form").sync(client=wire, body=body)
    assert wire.requests[-1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert wire.requests[-1].body == b"name=a%26b&tags=x&tags=y+z"


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_raw_files_are_streamed_with_their_length(zoo: Zoo, wire: Wire, face: str, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(b"0123456789" * 100_000)
    file = zoo("types").File.from_path(path)
    with file.payload:
        _call(zoo("api.files.put_raw"), face, client=wire, body=file)
    assert wire.requests[-1].headers["content-length"] == "1000000"
    assert wire.requests[-1].body == path.read_bytes()


def test_bytes_are_a_body_too(zoo: Zoo, wire: Wire) -> None:
    zoo("api.files.put_raw").sync(client=wire, body=b"abc")
    assert wire.requests[-1].body == b"abc"
    assert wire.requests[-1].headers["content-type"] == "application/octet-stream"


def test_what_is_no_file_is_refused_before_anything_is_sent(zoo: Zoo, wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>")
    upload, body = zoo("api.files.upload").sync, zoo("models").UploadBody
    with path.open("rb") as opened:
        for given in (str(path), path, opened):
            with pytest.raises(TypeError, match=r"file takes a File.*nothing was sent.*File\.from_path"):
                upload(client=wire, body=body(file=given))
        for given in (str(path), b"<a/>", opened):
            with pytest.raises(TypeError, match=r"a form is an object with fields.*nothing was sent.*File\.from_path"):
                upload(client=wire, body=given)
    with pytest.raises(TypeError, match=r"not a path; pass File\.from_path"):
        zoo("types").File(str(path))
    assert wire.requests == []


def test_nan_is_refused_before_anything_is_sent(zoo: Zoo, wire: Wire) -> None:
    body = zoo("models").Animal(animal_id=1, name="x", additional_properties={"n": float("nan")})
    endpoint = zoo("api.animals.create_animal").ENDPOINT
    with pytest.raises(ValueError, match="JSON"):
        endpoint.request({"account_id": 1}, body)
    assert wire.requests == []


def test_an_inferred_operation_warns_once_at_the_callers_line(zoo: Zoo, wire: Wire) -> None:
    zoo("_endpoint")._warned.clear()  # noqa: SLF001 - as in a fresh process
    wire.answer = lambda _: _animal()
    body = zoo("models").Animal(animal_id=1, name="Leo")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            zoo("api.animals.create_animal").sync(1, client=wire, body=body)
    assert [entry.category for entry in caught] == [zoo("errors").UnverifiedOperationWarning]
    assert "CreateAnimal" in str(caught[0].message)
    assert caught[0].filename == __file__

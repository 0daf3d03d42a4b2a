"""Documents of untrusted origin: every accepted form gives the same data, every limit refuses with one sentence."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.document.document import SIZE_LIMIT, check_limits, dump_json, parse_document, read_document
from pipeline.errors import RefusedDocumentError

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Grüße", "version": "1.0"},
    "paths": {"/no": {"get": {"responses": {"200": {"description": "ok"}}, "deprecated": False}}},
    "x-values": [1, -2.5, True, None, "yes", "2024-01-01", "1_000"],
}
YAML = """\
openapi: 3.0.3
info: {title: Grüße, version: "1.0"}
paths:
  /no:
    get:
      responses:
        200: {description: ok}
      deprecated: false
x-values: [1, -2.5, true, null, yes, 2024-01-01, 1_000]
"""
JSON = json.dumps(DOCUMENT)


@pytest.mark.parametrize(
    "received",
    [
        JSON.encode(),
        b"\xef\xbb\xbf" + JSON.encode(),
        JSON.encode("utf-16"),
        JSON.encode("utf-32-le"),
        ("\n \t" + JSON).encode(),
        gzip.compress(JSON.encode(), mtime=0),
        YAML.encode(),
        ("\ufeff---\n" + YAML).encode(),
        gzip.compress(YAML.encode(), mtime=0),
    ],
    ids=["json", "bom", "utf-16", "utf-32", "space", "gzip", "yaml", "yaml-bom", "yaml-gzip"],
)
def test_every_form_gives_the_same_data(received: bytes) -> None:
    loaded = parse_document(received, name="d")
    assert loaded.data == DOCUMENT
    assert loaded.received == received
    assert json.loads(loaded.as_json()) == DOCUMENT


def test_plain_json_is_bundled_byte_for_byte() -> None:
    received = JSON.encode()
    assert parse_document(received, name="d").as_json() is received


@pytest.mark.parametrize(
    ("received", "said"),
    [
        (b"", "is empty"),
        (b"[]", "top level is no object"),
        (b"<html><body>sign in</body></html>", "is a web page"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"a: 1\na: 2\n", "stands twice"),
        (b'{"a": NaN}', "not a JSON number"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": "\xff\xfe"}', "not text"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested more than"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested more than"),
        (b"a: " + b"[" * 100_000 + b"]" * 100_000, "nested more than"),
        (b'{"a":' + b"[" * 250 + b"]" * 250 + b"}", "nested more than"),
        (b"a: &x [1, 2]\nb: *x\n", "alias"),
        (b"a: !!python/object/apply:os.system [id]\n", "tag"),
        (b"--- {a: 1}\n--- {b: 1}\n", "more than one YAML document"),
        (b"? [1]\n: 2\n", "key that is not plain text"),
        (b"a: [1, 2\n", "was cut off"),
        (b"a: ]\n", "not valid YAML"),
        (b'{"a": {"$ref": "http://127.0.0.1:1/x.json#/A"}}', "outside of itself"),
        (b'{"a": {"$ref": "file:///etc/passwd"}}', "outside of itself"),
        (b'{"a": [{"$ref": "other.json#/A"}]}', "outside of itself"),
        (b'{"properties": {"example": {"$ref": "other.json#/A"}}}', "outside of itself"),
        (b'{"a": [' + b"[]," * 1_000_001 + b"1]}", "more than 1000000 nodes"),
        (gzip.compress(b"{}", mtime=0)[:-6], "cut short"),
        (b"\x1f\x8bgarbage", "cannot be unpacked"),
    ],
)
def test_refused_with_one_sentence(received: bytes, said: str) -> None:
    start = time.monotonic()
    with pytest.raises(RefusedDocumentError, match=said) as caught:
        parse_document(received, name="hostile\n.json")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert time.monotonic() - start < 20


def test_too_large_as_received_and_unpacked(tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    with big.open("wb") as file:
        file.write(b'{"a": "')
        file.truncate(SIZE_LIMIT + 2)
    with pytest.raises(RefusedDocumentError, match="larger than 64 MiB"):
        read_document(big)
    bomb = gzip.compress(b" " * (SIZE_LIMIT + 2), compresslevel=1, mtime=0)
    tracemalloc.start()
    with pytest.raises(RefusedDocumentError, match="larger than 64 MiB when unpacked"):
        parse_document(bomb, name="bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * SIZE_LIMIT


def test_one_string_of_almost_64_mib_is_read() -> None:
    received = b'{"openapi": "3.0.3", "paths": {}, "x": "' + b"a" * (SIZE_LIMIT - 100) + b'"}'
    assert len(parse_document(received, name="d").data["x"]) == SIZE_LIMIT - 100


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedDocumentError, match=r"nowhere\.json cannot be read"):
        read_document(tmp_path / "nowhere.json")


def test_depth_of_data_is_checked_without_recursion() -> None:
    data: dict[str, Any] = {}
    for _ in range(5000):
        data = {"a": data}
    with pytest.raises(RefusedDocumentError, match="nested"):
        check_limits(data, name="d")


def test_written_json_has_one_form() -> None:
    assert dump_json({"b": "ü", "a": [1]}) == '{\n  "b": "ü",\n  "a": [\n    1\n  ]\n}\n'.encode()


def test_a_reference_inside_of_data_is_data() -> None:
    # SCIM speaks of its members that way, and generators quote such an answer as an example.
    member = {"members": [{"$ref": "https://portal.example/Users/1"}]}
    schema = {"type": "object", "example": member, "default": member, "enum": [member], "x-sample": member}
    document = {
        "openapi": "3.0.1",
        "components": {"schemas": {"Group": schema}, "examples": {"one": {"value": member}}},
    }
    assert parse_document(json.dumps(document).encode(), name="scim.json").data == document

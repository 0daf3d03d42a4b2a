"""Read a document of untrusted origin into JSON data, or refuse it with one sentence.

Every limit is checked before anything is built from a document: size (64 MiB, packed or unpacked), number of nodes,
nesting (200), duplicate keys, numbers and text that JSON cannot carry, and references that leave the document.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from pipeline.document.foreign_bytes import foreign_bytes
from pipeline.document.foreign_data import no_object
from pipeline.document.foreign_text import foreign_text
from pipeline.document.json_faults import json_fault
from pipeline.document.json_nodes import is_list, is_mapping
from pipeline.document.refusal import SAVE_AGAIN, SAVE_IT, bundle, refuse
from pipeline.document.yaml_reader import read_yaml
from pipeline.errors import RefusedDocumentError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of a document, as received and unpacked. The largest known documents of ASP.NET servers have 2 MB."""

NODE_LIMIT = 1_000_000
"""Objects, lists and members together: keeps a document of empty lists from filling the memory."""

_KEYWORDS, _NAMES, _DATA = "keywords", "names", "data"
_HOLDS_DATA = frozenset({"example", "examples", "default", "enum", "const"})
_HOLDS_NAMES = frozenset({"properties", "patternProperties", "schemas", "definitions", "$defs", "paths"})

DEPTH_LIMIT = 200
"""Levels of nesting. Real documents have fewer than 40; the limit stays far below Python's recursion limit."""

_AS_UTF8 = "Save it as UTF-8, which any editor offers, or take it from the portal once more."

GZIP_MAGIC = b"\x1f\x8b"


@attrs.frozen(kw_only=True)
class LoadedDocument:
    """A document and the bytes it came from."""

    data: dict[str, Any]
    received: bytes
    """The bytes exactly as received, packed or not; what is stored."""
    sha256: str
    """Of ``received``, 64 hex digits."""
    name: str
    """File name or address, for messages."""

    @property
    def title(self) -> str:
        """Return ``info.title``, or an empty string."""
        info = self.data.get("info")
        title = info.get("title") if is_mapping(info) else None
        return title if isinstance(title, str) else ""

    def as_json(self) -> bytes:
        """Return UTF-8 JSON: the received bytes where they are just that, else the same data written anew."""
        if self.received[:1] == b"{" and json.detect_encoding(self.received) == "utf-8":
            return self.received
        return dump_json(self.data)


def read_document(path: Path) -> LoadedDocument:
    """Read a file; its name does not decide anything, its content does.

    Raises:
        RefusedDocumentError: not a document, or beyond a limit.
    """
    try:
        # One byte more than allowed says that it is too large, whatever the file system claims about its size.
        with path.open("rb") as file:
            received = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        step = "Name the document in that folder." if path.is_dir() else "Name a file that is there and can be read."
        raise RefusedDocumentError(f"{path} cannot be read: {error.strerror}. Nothing was changed. {step}") from error
    return parse_document(received, name=path.name)


def parse_document(received: bytes, *, name: str) -> LoadedDocument:
    """Parse JSON or YAML, with or without byte order mark, gzip or not.

    Raises:
        RefusedDocumentError: not a document, or beyond a limit.
    """
    if len(received) > SIZE_LIMIT:
        refuse(name, f"is larger than {SIZE_LIMIT // 2**20} MiB")
    content = _unpacked(received, name)
    foreign = foreign_bytes(content)
    if foreign:
        refuse(name, *foreign)
    text = _decode(content, name)
    # Counted in the text, before anything is built. Marks inside of strings count too: no real document comes near.
    if sum(text.count(mark) for mark in ",[{") > NODE_LIMIT:
        refuse(name, f"has more than {NODE_LIMIT} nodes")
    try:
        data = _parse(text, name)
    except RefusedDocumentError:
        # Before what is wrong with it as JSON or YAML: a web page is neither, and no comma mends it.
        _refuse_foreign(text, name)
        raise
    if not is_mapping(data):
        _refuse_foreign(text, name)
        refuse(name, *no_object(data))
    if not {"openapi", "swagger"} & data.keys():
        # YAML takes much for a mapping that was never meant as one.
        _refuse_foreign(text, name)
    check_limits(data, name=name)
    return LoadedDocument(data=data, received=received, sha256=hashlib.sha256(received).hexdigest(), name=name)


def check_limits(data: dict[str, Any], *, name: str) -> None:
    """Refuse what is nested too deeply, what refers outside the document, and keys that are not text.

    Raises:
        RefusedDocumentError: one of these.
    """
    # Level by level, without recursion: a document may be nested more deeply than Python can call.
    level: list[tuple[Any, str]] = [(data, _KEYWORDS)]
    for _ in range(DEPTH_LIMIT):
        level = list(_children(level, name))
        if not level:
            return
    refuse(name, f"is nested more than {DEPTH_LIMIT} levels deep")


def dump_json(data: object) -> bytes:
    """Return the one JSON form of files that the pipeline writes: two spaces, order kept, UTF-8, LF at the end."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _children(level: list[tuple[Any, str]], name: str) -> Iterator[tuple[Any, str]]:
    """Yield what is inside the nodes of one level, each with what its own keys are: keywords, names, or data."""
    for node, keys in level:
        if not is_mapping(node):
            yield from ((member, keys) for member in node if is_mapping(member) or is_list(member))
            continue
        # No document makes this code read a file or call a host.
        reference = node.get("$ref")
        if keys == _KEYWORDS and isinstance(reference, str) and not reference.startswith("#"):
            refuse(
                name,
                f"refers to {quoted(reference)}, outside of itself; files and hosts are never read for a document",
                bundle(name),
            )
        for key, member in node.items():
            if is_mapping(member) or is_list(member):
                yield member, _inside(key, keys)


def _inside(key: str, keys: str) -> str:
    """Say what the keys below a key are."""
    # A property may be called `example`; an example may hold any `$ref`.
    if keys == _DATA or (keys == _KEYWORDS and (key in _HOLDS_DATA or key.startswith("x-"))):
        return _DATA
    return _NAMES if keys == _KEYWORDS and key in _HOLDS_NAMES else _KEYWORDS


def _unpacked(received: bytes, name: str) -> bytes:
    if not received.startswith(GZIP_MAGIC):
        return received
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        # Bounded: a few kilobytes can unpack to gigabytes.
        content = unpacker.decompress(received, SIZE_LIMIT + 1)
    except zlib.error:
        refuse(name, "looks like gzip but cannot be unpacked", SAVE_AGAIN)
    if len(content) > SIZE_LIMIT:
        refuse(name, f"is larger than {SIZE_LIMIT // 2**20} MiB when unpacked")
    if not unpacker.eof:
        refuse(name, "is a gzip file that was cut short", SAVE_AGAIN)
    return content


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        # Reasons of Python's own decoders: only the last character can be half a one.
        if error.reason in {"unexpected end of data", "truncated data"}:
            refuse(name, "was cut off: it ends within a character", SAVE_AGAIN)
        line = content[: error.start].count(b"\n") + 1
        what = "is not text in UTF-8, UTF-16 or UTF-32"
        if b"\x00" in content:
            refuse(name, f"{what}, but a binary file", SAVE_IT)
        refuse(name, f"{what}: line {line} has the byte 0x{content[error.start]:02X}", _AS_UTF8)


def _parse(text: str, name: str) -> object:
    if text.lstrip()[:1] not in {"{", "["}:
        return read_yaml(text, name=name)
    try:
        data = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        # Encoding finds halves of surrogate pairs, which `\ud800` in the text has put into the data.
        json.dumps(data, ensure_ascii=False, check_circular=False).encode()
    except RecursionError:
        refuse(name, f"is nested more than {DEPTH_LIMIT} levels deep")
    except UnicodeEncodeError:
        refuse(name, "contains half of a surrogate pair, which is no character")
    except ValueError as error:
        refuse(name, *json_fault(text, error))
    return data


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # `json` lets the last of two equal keys win silently, other readers the first.
    members = dict(pairs)
    if len(members) != len(pairs):
        found: set[str] = set()
        for key, _ in pairs:
            if key in found:
                raise ValueError(f"the key {key[:80]} stands twice in one object")
            found.add(key)
    return members


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _refuse_foreign(text: str, name: str) -> None:
    """Refuse what can be told to be something else than JSON or YAML."""
    foreign = foreign_text(text)
    if foreign:
        refuse(name, *foreign)

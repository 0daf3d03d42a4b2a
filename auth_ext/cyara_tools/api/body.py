"""The body of a call, from options, `--body`, `--field` and a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyara_client._annotations import MISFITS
from cyara_client._encode import to_json
from cyara_client._json import is_object
from cyara_client.errors import DecodingError
from cyara_client.types import UNSET, File
from cyara_tools.api.texts import plain
from cyara_tools.api.values import decoded, json_or_text
from cyara_tools.cli.words import did_you_mean
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import ExitStack

    from cyara_tools.api.parameters import BodyShape, Parameter

_FILE_OR_TEXT = "JSON, @FILE for what is in a file, or - for standard input"


def body_of(
    shape: BodyShape,
    given: Mapping[str, Any],
    *,
    text: str | None,
    pairs: Sequence[str],
    stack: ExitStack,
) -> Any:
    """Return the body, or UNSET where none is given and none is wanted.

    Args:
        shape: what the operation takes.
        given: by Python name, what options and the argument FILE gave, read already.
        text: value of `--body`.
        pairs: values of `--field`.
        stack: closes the files that are opened here.

    Raises:
        UsageError: it is missing, or is not what the operation takes; the text says which part.
    """
    if shape.form == "content":
        return _content(shape, given, text, stack)
    base = UNSET if text is None else parsed(read_text(text), "--body")
    if shape.model is None:
        return _without_fields(shape, base, pairs)
    if base is UNSET and not given and not pairs:
        if not shape.required:
            return UNSET
        empty = "; an empty object is --body '{}'" if shape.takes_text else ""
        raise UsageError(f"A body is missing. Nothing was sent. Next: give {_ways(shape)}{empty}")
    merged = _object(base, "--body")
    for pair in pairs:
        _put(merged, pair, shape)
    known = {one.python: one for one in (*shape.fields, *([shape.file] if shape.file else []))}
    files = {name: value for name, value in given.items() if known[name].kind.is_file}
    merged |= {known[name].wire: to_json(value) for name, value in given.items() if name not in files}
    _require(known, merged, files)
    body = _decoded(shape.model, merged)
    for name, file in files.items():
        setattr(body, name, file)
    return body


def open_file(path: str, stack: ExitStack) -> File:
    """Return a file to upload; `-` is standard input.

    Raises:
        UsageError: it cannot be read.
    """
    if path == "-":
        return File(_standard_input(), "stdin")
    try:
        file = File.from_path(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    stack.callback(file.payload.close)  # type: ignore[union-attr]  # it was opened just now
    return file


def read_text(text: str) -> str:
    """Return a text, what is in the file that it names with `@`, or what comes from standard input for `-`.

    Raises:
        UsageError: it cannot be read.
    """
    if text == "-":
        return _standard_input().decode("utf-8-sig", errors="replace")
    if not text.startswith("@"):
        return text
    try:
        # Windows' editors put a mark of their own before UTF-8.
        return Path(text[1:]).read_text("utf-8-sig")
    except OSError as error:
        raise _unreadable(text[1:], error) from None
    except UnicodeDecodeError:
        raise UsageError(f"{text[1:]} is no text in UTF-8. Nothing was sent. Next: save it as UTF-8") from None


def _standard_input() -> bytes:
    # None where it is closed, as under a service.
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # see above
        raise UsageError("There is no standard input to read from. Nothing was sent. Next: name a file by @FILE")
    return sys.stdin.buffer.read()


def _unreadable(path: str, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be read: {error.strerror}. Nothing was sent. Next: name a file that can be")


def parsed(text: str, word: str) -> Any:
    """Return a text as JSON.

    Raises:
        UsageError: it is none; the text says where, and nothing of it.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{word} takes {_FILE_OR_TEXT}; this is no JSON{where}. Nothing was sent.") from None


def _content(shape: BodyShape, given: Mapping[str, Any], text: str | None, stack: ExitStack) -> Any:
    """Return a body that is sent as it is."""
    if "body" in given and text is not None:
        raise UsageError("The body is given twice, as a file and by --body. Nothing was sent. Next: give one of them")
    if "body" in given:
        return given["body"]
    if text is None:
        if shape.required:
            raise UsageError("A body is missing. Nothing was sent. Next: name a file, or - for standard input")
        return UNSET
    if text == "-" or text.startswith("@"):
        return open_file(text.removeprefix("@"), stack)
    return text.encode()


def _without_fields(shape: BodyShape, base: Any, pairs: Sequence[str]) -> Any:
    """Return a body that has no declared fields: a list, an object of any names, or one of several models."""
    if pairs:
        base = _object(base, "--body")
        for pair in pairs:
            _put(base, pair, shape)
    if base is UNSET:
        if shape.required:
            raise UsageError(f"A body is missing. Nothing was sent. Next: give --body, which takes {_FILE_OR_TEXT}")
        return UNSET
    return _decoded(shape.tp, base)


def _decoded(tp: Any, value: Any) -> Any:
    try:
        return decoded(tp, value)
    except DecodingError as error:
        raise UsageError(f"The body is not what the operation takes: {error}. Nothing was sent.") from None
    except MISFITS as error:
        raise UsageError(f"The body does not fit in: {error}. Nothing was sent. Next: see --help") from None


def _object(base: Any, word: str) -> dict[str, Any]:
    if base is UNSET:
        return {}
    if not is_object(base):
        raise UsageError(f"{word} has to be an object here, {{...}}. Nothing was sent.")
    return {**base}


def _put(target: dict[str, Any], pair: str, shape: BodyShape) -> None:
    """Put one `KEY=VALUE` into an object; dots lead into inner objects.

    Raises:
        UsageError: it has no `=`, or names no field.
    """
    key, equals, text = pair.partition("=")
    if not equals or not key:
        raise UsageError("--field takes KEY=VALUE. Nothing was sent. Next: --field name=Nightly")
    head, *tail = key.split(".")
    field = _field_of(head, shape)
    if field is not None and tail and field.kind.is_flat:
        raise UsageError(f"--field {plain(key)}: {plain(head)} is no object here. Nothing was sent.")
    if field is not None and field.kind.is_flat:
        text = read_text(text) if text.startswith("@") else text
        value = to_json(field.kind.read(text, f"--field {key}", "Another value goes by --body"))
        # What is a list takes several of them.
        target[field.wire] = [*target.get(field.wire, ()), value] if field.kind.is_list else value
        return
    value = json_or_text(read_text(text) if text.startswith("@") else text)
    *path, last = [head if field is None else field.wire, *tail]
    for step in path:
        inner: Any = target.setdefault(step, {})
        if not is_object(inner):
            raise UsageError(f"--field {plain(key)}: {plain(step)} is no object here. Nothing was sent.")
        target = inner
    target[last] = value


def _field_of(name: str, shape: BodyShape) -> Parameter | None:
    """Return a declared field by its name in the document or in Python; None where none is declared."""
    if shape.model is None:
        return None
    for field in shape.fields:
        if name in {field.wire, field.python}:
            return field
    raise UsageError(
        f"The body has no field {plain(name)!r}. Nothing was sent."
        f"{did_you_mean(name, (field.wire for field in shape.fields))} Any other goes by --body"
    )


def _require(known: Mapping[str, Parameter], merged: Mapping[str, Any], files: Collection[str]) -> None:
    missing = [
        field for name, field in known.items() if field.required and field.wire not in merged and name not in files
    ]
    if missing:
        words = " and ".join(field.word for field in missing)
        raise UsageError(
            f"The body lacks what the operation wants. Nothing was sent. Next: give {words}"
            f"{'' if any(field.kind.is_file for field in missing) else ', or --body with all of it'}"
        )


def _ways(shape: BodyShape) -> str:
    words = [field.word for field in (*([shape.file] if shape.file else []), *shape.fields) if field.required]
    if words:
        return " and ".join(words)
    some = [field.word for field in (*([shape.file] if shape.file else []), *shape.fields)][:2]
    return " or ".join(some) if some else "--body"

"""Words that call an operation, from what the command line says of it: a value for everything that it wants."""

import json
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from cyara_client._annotations import fields, is_model, members, resolve
from cyara_tools.api.parameters import Call, Parameter
from cyara_tools.api.values import Kind

_TEXTS = {
    "int": "3",
    "float": "1.5",
    "str": "abcde",
    "bool": "true",
    "datetime": "2024-01-31T09:00:00Z",
    "date": "2024-01-31",
    "timedelta": "01:30:00",
    "UUID": "01234567-89ab-cdef-0123-456789abcdef",
}


def words_of(call: Call, file: Path) -> list[str]:
    """Return the words behind the command that call it."""
    words: list[str] = []
    for one in call.parameters:
        if one.required:
            words += _words(one, file)
    body = call.body
    if body is not None and body.form == "content":
        words.append(str(file))
    elif body is not None and body.model is None:
        words += ["--body", json.dumps(_value(body.tp, ()))]
    elif body is not None:
        wanted = [one for one in (*([body.file] if body.file else []), *body.fields) if one.required]
        # A body wants something in it, or is said to be empty.
        if not wanted:
            wanted = [one for one in (*([body.file] if body.file else []), *body.fields) if one.kind.is_flat][:1]
        for one in wanted:
            words += _words(one, file)
        if not wanted:
            words += ["--body", "{}"]
    return [*words, "--yes"] if call.operation.method == "DELETE" else words


def _words(one: Parameter, file: Path) -> list[str]:
    if one.kind.is_flag:
        return [one.word]
    text = str(file) if one.kind.is_file else text_of(one.kind)
    return [text] if one.is_positional else [one.word, text]


def text_of(kind: Kind) -> str:
    """Return a text that fits."""
    if kind.choices:
        return kind.choices[0]
    part = members(kind.tp)[0] if members(kind.tp) else Any
    if not kind.is_flat:
        return json.dumps(_value(part, ()))
    return _TEXTS.get(getattr(part, "__name__", ""), "x")


def _value(tp: Any, above: tuple[Any, ...]) -> Any:
    """Return JSON that fits a type, with what is required in it."""
    part = members(tp)[0] if members(tp) else Any
    if is_model(part):
        if part in above:
            return None
        own = (*above, part)
        return {wire: _value(resolve(annotation), own) for _, wire, annotation, needed in fields(part) if needed}
    arguments = (*get_args(part), Any, Any)
    if list in {part, get_origin(part)}:
        return [_value(arguments[0], above)]
    if dict in {part, get_origin(part)}:
        return {"key": _value(arguments[1], above)}
    if get_origin(part) is Literal or (isinstance(part, type) and issubclass(part, Enum)):
        return arguments[0] if get_args(part) else next(iter(part)).value
    text = _TEXTS.get(getattr(part, "__name__", ""), "x")
    return json.loads(text) if part in {int, float, bool} else text

"""What a schema finds wrong in a suite file, as sentences for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_auth.workflows.fields import is_array, is_object
from cyara_tools.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import ValidationError

    from cyara_tools.run.strict_yaml import Located, Path, Problem


def problems_of(found: Located, schema: dict[str, Any]) -> Iterator[Problem]:
    """Yield what the schema finds, and campaigns that stand twice."""
    from jsonschema import Draft202012Validator

    from cyara_tools.run.strict_yaml import Problem

    if found.value is None:
        yield Problem(1, "The file is empty. A suite has version: 1 and campaigns.")
        return
    errors: Iterator[ValidationError] = Draft202012Validator(schema).iter_errors(found.value)  # pyright: ignore[reportUnknownMemberType]  # its stub names a type that it does not define
    for error in errors:
        for path, sentence in _sentences(error):
            yield Problem(found.line_of(path), sentence)
    for path, sentence in _repeated(found):
        yield Problem(found.line_of(path), sentence)


def _sentences(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    place = _place(path)
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        for key in value:
            if key not in known:
                yield (*path, key), f"{_place((*path, key))} is not known. {_suggestion(key, known)}"
    elif error.validator == "required":
        missing = next(name for name in schema["required"] if name not in value)
        yield path, f"{place} has no {missing}, which it needs."
    elif error.validator == "oneOf":
        # Whatever is no object is told as that.
        if is_object(value):
            both = "id" in value and "name" in value
            yield path, f"{place} has {'both id and name' if both else 'neither id nor name'}; it takes one of them."
    else:
        # Somebody may have written a value where its name belongs.
        shown = "another text" if path[:1] == ("environment",) and len(path) > 1 else _shown(value)
        yield path, f"{place} is {shown}, but it takes {schema.get('x-takes', 'something else')}."


def _repeated(found: Located) -> Iterator[tuple[Path, str]]:
    campaigns = found.value.get("campaigns") if is_object(found.value) else None
    seen: dict[tuple[str, str], int] = {}
    for index, each in enumerate(campaigns if is_array(campaigns) else []):
        for key in ("id", "name"):
            value = each.get(key) if is_object(each) else None
            if not isinstance(value, (int, str)):
                continue
            first = seen.setdefault((key, str(value)), index)
            if first != index:
                line = found.line_of(("campaigns", first))
                path = ("campaigns", index, key)
                yield path, f"{_place(path)} stands twice; the first is in line {line}."


def _place(path: Path) -> str:
    """Return where a thing stands, as `campaigns[0].id`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{one_line(step, most=60)}" for step in path)
    return text.removeprefix(".") or "The file"


def _suggestion(key: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."


def _shown(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "a yes or no"
        case list():
            return "a list"
        case dict():
            return "a group of keys"
        case str():
            return f"'{one_line(value, most=60)}'"
        case _:
            return one_line(str(value), most=60)

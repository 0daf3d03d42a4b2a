"""Names of fields: what a model has, in the document's spelling, and what `--fields` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

from cyara_client._annotations import fields, is_model, members, resolve
from cyara_tools.cli.words import did_you_mean
from cyara_tools.output.errors import UsageError
from cyara_tools.output.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST: Final = 4
"""As deep as `to_records` makes columns for inner objects that are absent."""
_NAMED: Final = 12
"""How many fields an error lists."""


def columns_of(model: Any) -> list[str]:
    """Return the columns that the flat rows of a model have whatever is in them, in the document's order."""
    return list(_columns(model, "", ()))


def _columns(model: Any, prefix: str, above: tuple[Any, ...]) -> Iterator[str]:
    if model in above or len(above) > _DEEPEST:
        return
    for _, wire, annotation, _ in fields(model):
        parts = members(resolve(annotation))
        if len(parts) == 1 and is_model(parts[0]):
            yield from _columns(parts[0], f"{prefix}{wire}.", (*above, model))
        else:
            yield f"{prefix}{wire}"


def split_names(text: str) -> tuple[str, ...]:
    """Return the names of `--fields a,b`.

    Raises:
        UsageError: there is none, or one is empty.
    """
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise UsageError(
            "--fields takes names with commas between, and one of these is empty. Nothing was sent. Next: --fields "
            "NAME,NAME"
        )
    return tuple(dict.fromkeys(names))


def in_document(model: Any, name: str) -> str:
    """Return a field's name in the document's spelling.

    Args:
        model: class of the rows.
        name: name in Python's or the document's spelling; of inner objects with dots between.

    Raises:
        UsageError: the model has no such field; the text says what it has.
    """
    found = _found(model, name)
    if found is None:
        known = columns_of(model)
        raise UsageError(
            f"There is no field {one_line(name)}. Nothing was sent.{did_you_mean(name, _spellings(model))} Next: use "
            f"one of {_listed(known)}; what the portal sends beside these is reached by --query"
        )
    return found


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _spellings(model: Any) -> list[str]:
    """Return all names that may be meant: columns, inner objects, and attributes of the model itself."""
    own = [name for attribute, wire, _, _ in fields(model) for name in (wire, attribute)]
    return [*columns_of(model), *own]


def _found(model: Any, name: str) -> str | None:
    known = {attribute: (wire, annotation) for attribute, wire, annotation, _ in fields(model)}
    known |= {wire: (wire, annotation) for _, wire, annotation, _ in fields(model)}
    if name in known:
        return known[name][0]
    # A name in the document may have dots of its own, so every dot may be the one between two names.
    for place in (index for index, char in enumerate(name) if char == "."):
        head, tail = name[:place], name[place + 1 :]
        if head in known and tail:
            wire, annotation = known[head]
            inner = _found_in(members(resolve(annotation)), tail)
            if inner is not None:
                return f"{wire}.{inner}"
    return None


def _found_in(parts: list[Any], name: str) -> str | None:
    for part in parts:
        if is_model(part):
            found = _found(part, name)
        elif get_origin(part) is list:
            found = _found_in(members(get_args(part)[0]), name)
        else:
            # The document does not say what is in an object without declared fields.
            found = name if part in {Any, object} or get_origin(part) is dict else None
        if found is not None:
            return found
    return None

"""From the text of an option to a value of the type that the generated method declares."""

from __future__ import annotations

import json
import math
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

import attrs

from cyara_client._annotations import MISFITS, is_model, members, resolve
from cyara_client._decode import decode, decoder_of
from cyara_client.errors import DecodingError
from cyara_tools.api.texts import plain
from cyara_tools.cli.words import did_you_mean
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_TRUTHS: Final = {"true": True, "false": False}
_SHOWN_LENGTH: Final = 60
_SHOWN_MEMBERS: Final = 8
# By name, so that types of modules which the document does not use are not loaded to be named.
_NAMES: Final = {
    "int": ("NUMBER", "a whole number"),
    "float": ("NUMBER", "a number"),
    "str": ("TEXT", "a text"),
    "bool": ("true|false", "true or false"),
    "datetime": ("TIME", "a time such as 2024-01-31T09:00:00Z"),
    "date": ("DATE", "a date such as 2024-01-31"),
    "timedelta": ("SPAN", "a length of time such as 01:30:00 or PT1H30M"),
    "UUID": ("GUID", "a GUID such as 01234567-89ab-cdef-0123-456789abcdef"),
    "File": ("FILE", "a file"),
    "bytes": ("FILE", "a file"),
}


@attrs.frozen(kw_only=True)
class Kind:
    """What one parameter takes.

    Attributes:
        tp: type of one value, resolved; of a list, that of its elements.
        is_list: whether there may be several.
    """

    tp: Any
    is_list: bool = False

    @classmethod
    def of(cls, annotation: str) -> Kind:
        """Return what an annotation of the generated code takes."""
        parts = members(resolve(annotation))
        if len(parts) == 1 and (parts[0] is list or get_origin(parts[0]) is list):
            return cls(tp=(*get_args(parts[0]), Any)[0], is_list=True)
        return cls(tp=resolve(annotation))

    @property
    def only(self) -> Any:
        """The one type of a value; None where there are several."""
        parts = members(self.tp)
        return parts[0] if len(parts) == 1 else None

    @property
    def is_flag(self) -> bool:
        """Whether it is a single truth value."""
        return self.only is bool and not self.is_list

    @property
    def is_file(self) -> bool:
        """Whether it takes files only."""
        return getattr(self.only, "__name__", "") in {"File", "bytes"}

    @property
    def is_flat(self) -> bool:
        """Whether its values are texts that need no JSON."""
        return not any(map(_is_json, members(self.tp)))

    @property
    def choices(self) -> list[str]:
        """The texts that the document lists for it; none where others go as well."""
        parts = members(self.tp)
        listed = [_choices(part) for part in parts]
        return [choice for choices in listed for choice in choices] if all(listed) else []

    @property
    def metavar(self) -> str:
        """The word that stands for a value in help."""
        if choices := self.choices:
            more = "|..." if len(choices) > _SHOWN_MEMBERS else ""
            return "|".join(plain(choice) for choice in choices[:_SHOWN_MEMBERS]) + more
        return "|".join(dict.fromkeys(_named(part)[0] for part in members(self.tp))) or "JSON"

    @property
    def expected(self) -> str:
        """What a value has to be, for a sentence."""
        if choices := self.choices:
            return f"one of {', '.join(plain(choice) for choice in choices)}"
        return " or ".join(dict.fromkeys(_named(part)[1] for part in members(self.tp))) or "JSON"

    def read(self, text: str, word: str, other: str = "") -> Any:
        """Return one value.

        Args:
            text: what was typed.
            word: name of the option or argument, for the sentence.
            other: how to send a value that the document does not list, as a sentence.

        Raises:
            UsageError: the text is no such value.
        """
        # A text fits nearly everything, so it is what is left.
        for part in sorted(members(self.tp), key=lambda one: one is str) or [Any]:
            try:
                return _read(part, text)
            except (*MISFITS, DecodingError, RecursionError, StopIteration):
                continue
        shown = plain(text) if len(text) <= _SHOWN_LENGTH else f"{plain(text[:_SHOWN_LENGTH])}..."
        choices = self.choices
        other = f" {other}" if choices and other else ""
        raise UsageError(
            f"{word} takes {self.expected}, not {shown!r}. Nothing was sent.{did_you_mean(text, choices)}{other}"
        )


def _is_json(part: Any) -> bool:
    return part in {Any, object, dict, list} or is_model(part) or get_origin(part) in {dict, list}


def _named(part: Any) -> tuple[str, str]:
    return ("JSON", "JSON") if _is_json(part) else _NAMES.get(getattr(part, "__name__", ""), ("TEXT", "a text"))


def _choices(part: Any) -> list[str]:
    if get_origin(part) is Literal:
        return [str(value) for value in get_args(part)]
    if isinstance(part, type) and issubclass(part, Enum):
        # A number says less than its name, unless that was made of it.
        return [
            member.name if issubclass(part, int) and not member.name.startswith("VALUE_") else str(member.value)
            for member in part
        ]
    return []


def _read(part: Any, text: str) -> Any:
    if part in _READERS:
        return _READERS[part](text)
    if _is_json(part):
        return decoded(part, json.loads(text))
    if get_origin(part) is Literal:
        return next(value for value in get_args(part) if str(value) == text)
    if isinstance(part, type) and issubclass(part, Enum):
        return _member(part, text)
    value = decoder_of(part)(text)
    # JSON has no such number, and no query either.
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not finite")
    return value


def _member(part: type[Enum], text: str) -> Enum:
    """Return a member of an enumeration by its value or name, in any case."""
    # The generated enumerations take any text, since the portal may know more; a person has mistyped it.
    folded = text.replace("_", "").casefold()
    for member in part:
        if str(member.value) == text:
            return member
    for member in part:
        if folded in {str(member.value).casefold(), member.name.replace("_", "").casefold()}:
            return member
    raise ValueError("not a member")


def decoded(tp: Any, value: Any) -> Any:
    """Return parsed JSON as a type of the generated code.

    Raises:
        DecodingError: it is not of that type.
        ValueError: a part of it is not; the text names the fields.
    """
    typed = decode(tp, value)
    unread: dict[str, Any] = typed.unread() if is_model(type(typed)) else {}
    if unread:
        raise ValueError(", ".join(map(plain, unread)))
    return typed


def json_or_text(text: str) -> Any:
    """Return what a text says as JSON, or the text itself where it is none: `5` is a number, `abc` is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_READERS: Final[dict[Any, Callable[[str], Any]]] = {
    str: str,
    bool: lambda text: _TRUTHS[text.strip().lower()],
    Any: json_or_text,
    object: json_or_text,
}

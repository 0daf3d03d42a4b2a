"""Values made from schemas: what a server might plausibly send, or a caller pass.

Deterministic: the same document, seed and form always make the same value. Five forms show what real servers do and
clients trip over:

* `FULL`: every property present, known enum members, times with whole seconds;
* `NULLS`: null wherever the document allows it, and where .NET sends it although the document does not say so: a
  property that need not be there and refers to another schema or is an enum;
* `UNKNOWN_ENUM`: every enum value replaced by one that a newer server might have;
* `UNKNOWN_KIND`: every discriminator with a value that nobody declared, as of a class that a newer server has;
* `DATES7`: times with seven fractional digits.

Recursive schemas end where they would repeat themselves, and after a number of values only required members are made.
"""

from __future__ import annotations

import enum
import random
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.json_types import is_array, is_object
from cyara_tools.portal.patterns import matching_text
from cyara_tools.portal.schema_validator import SchemaValidator
from cyara_tools.portal.spelling import can_be_sent
from cyara_tools.portal.string_formats import SAMPLES, SEVEN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shape, Shapes

_VALUE_LIMIT: Final = 1_500
"""Values after which only required members are made, as wide schemas would grow without end."""
_OPTIONAL_DEPTH: Final = 7
"""Depth below which only required members are made."""
_DEPTH_LIMIT: Final = 60
"""Depth at which null ends the value, whatever the schema requires."""
_LIST_LIMIT: Final = 1_000
_TEXT_LIMIT: Final = 100_000
"""No list and no text is made longer, whatever a document asks for; validation then says that it is too short."""
UNKNOWN_TEXT: Final = "AddedByANewerServer"
UNKNOWN_NUMBER: Final = 987_654
NO_HINT: Final = object()
_BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


class AnswerForm(enum.StrEnum):
    """Which of the plausible answers is made."""

    FULL = "full"
    NULLS = "nulls"
    UNKNOWN_ENUM = "unknown_enum"
    UNKNOWN_KIND = "unknown_kind"
    DATES7 = "dates7"


@attrs.define(kw_only=True)
class Synthesis:
    """Makes one value; use a new one for each, since it counts what it has made."""

    shapes: Shapes
    form: AnswerForm = AnswerForm.FULL
    seed: int = 0
    in_request: bool = False
    place: str = "body"
    """Where the value travels: what cannot be sent there is not made."""
    _random: random.Random = attrs.field(init=False)
    _validator: SchemaValidator = attrs.field(init=False)
    _values_left: int = attrs.field(default=_VALUE_LIMIT, init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - answers are repeatable, not secret
        self._validator = SchemaValidator(shapes=self.shapes, in_request=self.in_request)

    def value(self, schema: Json, hint: Json = NO_HINT) -> Json:
        """Make a value for a schema; `hint` is an example from outside it, used where it fits."""
        return self._value(self.shapes.of(schema), hint, ())

    def _value(  # noqa: C901, PLR0911 - one case for each type
        self, shape: Shape, hint: Json, ancestors: tuple[int, ...], fixed: Json = NO_HINT
    ) -> Json:
        self._values_left -= 1
        if len(ancestors) > _DEPTH_LIMIT:
            return None
        if fixed is not NO_HINT:
            return fixed
        # The document's own examples come first, so that answers look like the real ones wherever it has any.
        hint = self._hint(shape, hint)
        if shape.enum is not None:
            return self._member(shape)
        if shape.alternatives or shape.mapping:
            chosen = self._alternative(shape, hint, ancestors)
            if chosen is not NO_HINT or shape.nullable:
                # Nothing is left to choose from where every alternative is an ancestor of this very value.
                return None if chosen is NO_HINT else chosen
        match self._type(shape):
            case "object":
                return self._object(shape, hint, (*ancestors, id(shape)))
            case "array":
                return self._array(shape, hint, (*ancestors, id(shape)))
            case "string" | "file":
                return self._text(shape, hint)
            case "boolean":
                return hint if isinstance(hint, bool) else True
            case "integer" | "number" as name:
                return self._number(shape, hint, whole=name == "integer")
            case "null":
                return None
            case _:
                return hint if hint is not NO_HINT else {"text": "anything", "number": 1}

    def _hint(self, shape: Shape, hint: Json) -> Json:
        keywords = shape.keywords
        if hint is NO_HINT:
            examples = keywords.get("examples")
            first = examples[0] if is_array(examples) and examples else NO_HINT
            hint = keywords.get("example", keywords.get("default", first))
        return hint

    def _type(self, shape: Shape) -> str:
        if shape.is_object or (is_object(shape.additional) and not shape.types):
            return "object"
        if shape.types:
            return shape.types[0]
        if shape.items is not None:
            return "array"
        if shape.nullable and shape.keywords.get("type") == ("null",):
            return "null"
        # A format, pattern or length without a type is how some generators write texts.
        return "string" if {"format", "pattern", "maxLength", "minLength"} & set(shape.keywords) else "any"

    def _member(self, shape: Shape) -> Json:
        members = shape.enum or ()
        if self.form is AnswerForm.UNKNOWN_ENUM and "const" not in shape.keywords:
            if all(isinstance(member, str) for member in members):
                return UNKNOWN_TEXT
            if all(isinstance(member, int) and not isinstance(member, bool) for member in members):
                return UNKNOWN_NUMBER
        return self._random.choice([member for member in members if can_be_sent(member, self.place)] or members)

    def _alternative(self, shape: Shape, hint: Json, ancestors: tuple[int, ...]) -> Json:
        members: list[Mapping[str, Any]] = list(shape.alternatives) or [
            self.shapes.by_reference(ref) for ref in shape.mapping.values()
        ]
        for member in members:
            found = self.shapes.of(member)
            if id(found) in ancestors:
                continue
            name = shape.discriminator or found.discriminator
            if name is None or not found.is_object:
                return self._value(found, hint, (*ancestors, id(shape)))
            kind = self._discriminator_value(shape, found, member)
            return {**self._object(found, hint, (*ancestors, id(shape), id(found))), name: kind}
        return NO_HINT

    def _discriminator_value(self, shape: Shape, found: Shape, member: Mapping[str, Any]) -> Json:
        """Return what the discriminator says for a member: the mapping's key, its only allowed value, or its name."""
        if self.form is AnswerForm.UNKNOWN_KIND:
            return _unknown(self.shapes.of(found.properties.get(shape.discriminator or found.discriminator or "", {})))
        reference = str(member.get("$ref", ""))
        mapped = next((key for key, target in shape.mapping.items() if target == reference), None)
        inner = self.shapes.of(found.properties.get(shape.discriminator or "", {}))
        if mapped is not None:
            return _as_type(mapped, inner)
        own = inner.enum
        return own[0] if own and len(own) == 1 else reference.rpartition("/")[2]

    def _object(self, shape: Shape, hint: Json, ancestors: tuple[int, ...]) -> dict[str, Any]:
        hints = hint if is_object(hint) else {}
        made: dict[str, Any] = {}
        for name, schema in shape.properties.items():
            inner = self.shapes.of(schema)
            required = name in shape.required
            # A member that is both required and read-only is made, as callers' types may insist on it.
            if not required and (self._is_hidden(inner) or self._must_stop(inner, ancestors)):
                continue
            # The circle of required members closes here, with null as the servers close it.
            closes = required and id(inner) in ancestors and self.shapes.requires_itself(inner)
            if closes or (self.form is AnswerForm.NULLS and may_be_null(inner, schema, required=required)):
                made[name] = None
                continue
            made[name] = self._value(inner, hints.get(name, NO_HINT), ancestors, self._fixed(shape, name, inner))
        # Two free names, so that a map of nullable values can show one of each.
        if (is_object(shape.additional) or (shape.additional is True and not made)) and not self._must_stop(
            shape, ancestors[:-1]
        ):
            inner = self.shapes.of(shape.additional)
            for name in ("first", "second"):
                null = self.form is AnswerForm.NULLS and inner.nullable and name == "second"
                made.setdefault(name, None if null else self._value(inner, NO_HINT, ancestors))
        return made

    def _fixed(self, shape: Shape, name: str, inner: Shape) -> Json:
        """Keep a discriminator's value what it has to be, in every form but the one about it."""
        if name != shape.discriminator:
            return NO_HINT
        if self.form is AnswerForm.UNKNOWN_KIND:
            return _unknown(inner)
        if inner.enum:
            return inner.enum[0]
        return _as_type(next(iter(shape.mapping)), inner) if shape.mapping else NO_HINT

    def _is_hidden(self, inner: Shape) -> bool:
        return inner.keywords.get("readOnly" if self.in_request else "writeOnly") is True

    def _must_stop(self, inner: Shape, ancestors: tuple[int, ...]) -> bool:
        return (
            self._values_left <= 0
            or len(ancestors) > _OPTIONAL_DEPTH
            or id(inner) in ancestors
            or self._repeats_itself(inner, ancestors)
        )

    def _repeats_itself(self, inner: Shape, ancestors: tuple[int, ...]) -> bool:
        """Whether an array or map would hold what is being made already."""
        return inner.items is not None and id(self.shapes.of(inner.items)) in ancestors

    def _array(self, shape: Shape, hint: Json, ancestors: tuple[int, ...]) -> list[Any]:
        inner = self.shapes.of(shape.items)
        low, high = min(int(shape.keywords.get("minItems") or 0), _LIST_LIMIT), shape.keywords.get("maxItems")
        # An empty list ends a recursion, unless the document insists on entries.
        if id(inner) in ancestors or (self._must_stop(inner, ancestors) and not low):
            return []
        usual = len(shape.places) or 2
        count = max(low, usual) if high is None else max(low, min(usual, int(high)))
        hints = hint if is_array(hint) and hint else [NO_HINT]
        made = [
            self._value(self.shapes.of(shape.entry(index)), hints[index % len(hints)], ancestors)
            for index in range(count)
        ]
        if self.form is AnswerForm.NULLS and inner.nullable and made:
            made[-1] = None
        return made

    def _text(self, shape: Shape, hint: Json) -> str:
        keywords = shape.keywords
        form = str(keywords.get("format"))
        if form == "date-time":
            sample = SEVEN_DIGITS if self.form is AnswerForm.DATES7 else SAMPLES["date-time"]
            return sample if self.form is AnswerForm.DATES7 or not self._fits(hint, shape) else str(hint)
        if self._fits(hint, shape):
            return str(hint)
        pattern = keywords.get("pattern")
        low = min(int(keywords.get("minLength") or 0), _TEXT_LIMIT)
        # From the most plausible to the plainest; the first that fits every keyword is taken.
        options = [SAMPLES.get(form)]
        options += [matching_text(pattern, repeats) for repeats in (1, low)] if isinstance(pattern, str) else []
        options += [f"text {self._random.randint(1, 999)}", "a" * max(low, 1), "1" * max(low, 1)]
        for option in options:
            if option is not None and self._fits(option, shape):
                return option
        return next(option for option in options if option is not None)[: keywords.get("maxLength")]

    def _number(self, shape: Shape, hint: Json, *, whole: bool) -> float:
        if self._fits(hint, shape) and not isinstance(hint, bool):
            return int(hint) if whole else float(hint)
        keywords = shape.keywords
        step = keywords["multipleOf"] if _is_number(keywords.get("multipleOf")) else 1
        bounds = [keywords[name] for name in _BOUNDS if _is_number(keywords.get(name))]
        options = [self._random.randint(1, 999) * step + (0 if whole or step != 1 else 0.5), 1, 0]
        # Beside each limit too, which may be exclusive.
        options += [bound + shift for bound in bounds for shift in (0, step, -step)]
        fitting = next((option for option in options if self._fits(option, shape)), 1)
        return int(fitting) if whole else float(fitting)

    def _fits(self, value: Json, shape: Shape) -> bool:
        if value is NO_HINT or value is None or not can_be_sent(value, self.place):
            return False
        return not self._validator.shape_reasons(value, shape)


def _as_type(key: str, inner: Shape) -> Json:
    """Return a key of a discriminator's mapping, which is always text there, as the member that it is the value of."""
    return int(key) if "integer" in inner.types and key.lstrip("-").isdigit() else key


def _unknown(inner: Shape) -> Json:
    """Return a value of a discriminator that no document declares."""
    return UNKNOWN_NUMBER if "integer" in inner.types else UNKNOWN_TEXT


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def may_be_null(shape: Shape, schema: Json, *, required: bool) -> bool:
    """Whether a server may send null for a property: the document says so, or .NET does it unasked."""
    if shape.nullable:
        return True
    # System.Text.Json writes null for every reference that is not set, and documents do not say so.
    composed = is_object(schema) and bool({"$ref", "allOf", "oneOf", "anyOf"} & set(schema))
    return not required and (composed or shape.enum is not None)

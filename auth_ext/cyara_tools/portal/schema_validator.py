"""Validation of one value by one schema: a list of reasons why the value does not fit, empty if it does.

No JSON Schema library, because the documents are not JSON Schema: `nullable`, inheritance by `allOf` with closed parts,
read-only members that requests leave out, .NET patterns, references with characters that no URI may have. The tests
compare it with such a library wherever both mean the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.json_types import is_array, is_object
from cyara_tools.portal.string_formats import fits_format, fits_pattern, is_known_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shape, Shapes

_CLASSES: Final = {"string": str, "file": str, "array": list, "object": dict, "boolean": bool}
_LIMITS: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


@attrs.frozen(kw_only=True)
class SchemaValidator:
    """Validates values by the schemas of one document."""

    shapes: Shapes
    in_request: bool = True
    """Whether read-only members may be left out (requests) or write-only ones (answers)."""

    def reasons(self, value: Json, schema: Json, where: str = "") -> list[str]:
        """Return why the value does not fit, empty if it does."""
        return list(self._reasons(value, self.shapes.of(schema), where or "value", ()))

    def is_valid(self, value: Json, schema: Json) -> bool:
        """Whether the value fits."""
        return not self.reasons(value, schema)

    def shape_reasons(self, value: Json, shape: Shape) -> list[str]:
        """Return why the value does not fit a schema that was read already."""
        return list(self._reasons(value, shape, "value", ()))

    def _reasons(self, value: Json, shape: Shape, where: str, ancestors: tuple[int, ...]) -> Iterator[str]:
        if value is None:
            if not (shape.nullable or _takes_anything(shape) or self.shapes.requires_itself(shape)):
                yield f"{where} must not be null"
            return
        if shape.enum is not None and not any(_same(value, member) for member in shape.enum):
            yield f"{where} is not one of the {len(shape.enum)} values allowed"
            return
        # Where type and members of an enumeration contradict each other, the members are right.
        if shape.enum is None and shape.types and not any(_is_type(value, name, shape) for name in shape.types):
            yield f"{where} has to be {' or '.join(shape.types)}, not {_type_name(value)}"
            return
        if shape.enum is None:
            # Members are right as listed: documents put formats and lengths beside them that they do not have.
            yield from _limits(value, shape, where)
        if is_array(value):
            for index, item in enumerate(value):
                yield from self._reasons(item, self.shapes.of(shape.entry(index)), f"{where}[{index}]", ())
        failures = self._alternatives(value, shape, where, ancestors)
        if failures:
            yield from failures
        elif is_object(value) and (shape.is_object or not (shape.alternatives or shape.mapping)):
            yield from self._members(value, shape, where)

    def _alternatives(self, value: Json, shape: Shape, where: str, ancestors: tuple[int, ...]) -> list[str]:
        """Validate by the members of `oneOf`, `anyOf` or a discriminator's mapping; empty if one of them fits."""
        named = shape.mapping.get(str(value.get(shape.discriminator or ""))) if is_object(value) else None
        mapped = tuple(
            self.shapes.by_reference(reference) for reference in ([named] if named else shape.mapping.values())
        )
        members = mapped if named else shape.alternatives or mapped
        # A base class whose mapping names itself would otherwise be validated by itself for ever.
        shapes = [found for member in members if id(found := self.shapes.of(member)) not in ancestors]
        if not shapes:
            return []
        ancestors = (*ancestors, id(shape))
        failures = [list(self._reasons(value, member, where, ancestors)) for member in shapes]
        fits_base = shape.mapping and not named and not list(self._members(value, shape, where))
        if all(failures) and not fits_base:
            # The alternative with the fewest failures is most likely the one that the caller meant.
            return [f"{where} fits none of {len(shapes)} alternatives; the nearest: {min(failures, key=len)[0]}"]
        return []

    def _members(self, value: Json, shape: Shape, where: str) -> Iterator[str]:
        # Names that are required but described nowhere are a slip of the document: nobody could know what to send.
        for name in sorted((shape.required & set(shape.properties)) - set(value)):
            if not self._may_be_left_out(shape.properties[name]):
                yield f"{where} lacks {name!r}"
        has_alternatives = bool(shape.alternatives or shape.mapping)
        # A class that others refer to by a discriminator carries it, whether or not it lists it among its own members.
        known = {shape.discriminator, *shape.told_by}
        for name, member in value.items():
            if name in shape.properties:
                yield from self._reasons(member, self.shapes.of(shape.properties[name]), f"{where}.{name}", ())
            elif is_object(shape.additional):
                yield from self._reasons(member, self.shapes.of(shape.additional), f"{where}.{name}", ())
            elif shape.additional is False and not has_alternatives and name not in known:
                yield f"{where} has {name!r}, which the document does not know"

    def _may_be_left_out(self, schema: Mapping[str, Any]) -> bool:
        mark = "readOnly" if self.in_request else "writeOnly"
        return self.shapes.of(schema).keywords.get(mark) is True


def _takes_anything(shape: Shape) -> bool:
    return not (shape.types or shape.enum or shape.alternatives or shape.properties or shape.mapping)


def _is_type(value: Json, name: str, shape: Shape) -> bool:
    # `bool` is a subclass of `int` in Python, and no number in JSON.
    if isinstance(value, bool):
        return name == "boolean"
    match name:
        case "integer":
            # JSON has one kind of number: 1.0 is an integer.
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        case "number":
            return isinstance(value, int | float) and math.isfinite(value)
        case _ if name in _CLASSES:
            return isinstance(value, _CLASSES[name])
        case _:
            # An unknown type is the document's mistake, not the caller's.
            return shape.enum is None


def _type_name(value: Json) -> str:
    names = (("boolean", bool), ("string", str), ("integer", int), ("number", float), ("array", list), ("object", dict))
    return next((name for name, kind in names if isinstance(value, kind)), "null")


def _same(value: Json, member: Json) -> bool:
    # `True == 1` in Python.
    return bool(value == member) and isinstance(value, bool) == isinstance(member, bool)


def _limits(value: Json, shape: Shape, where: str) -> Iterator[str]:
    keywords = shape.keywords
    if isinstance(value, str):
        yield from _text_limits(value, keywords, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_limits(value, keywords, where)
    elif is_array(value) and not _number(keywords, "minItems", 0) <= len(value) <= _number(
        keywords, "maxItems", math.inf
    ):
        yield f"{where} has {len(value)} entries, which is too few or too many"


def _text_limits(value: str, keywords: Mapping[str, Any], where: str) -> Iterator[str]:
    if is_known_format(keywords.get("format")):
        # One moment or identifier has many spellings, and .NET reads them all before it looks at lengths.
        if not fits_format(value, keywords["format"]):
            yield f"{where} is not a {keywords['format']}"
        return
    if len(value) < _number(keywords, "minLength", 0) or len(value) > _number(keywords, "maxLength", math.inf):
        yield f"{where} has {len(value)} characters, which is too few or too many"
    if not fits_pattern(value, keywords.get("pattern")):
        yield f"{where} does not match the pattern of the document"


def _number_limits(value: float, keywords: Mapping[str, Any], where: str) -> Iterator[str]:
    low, high = _LIMITS.get(str(keywords.get("format")), (-math.inf, math.inf))
    low, high = max(low, _number(keywords, "minimum", -math.inf)), min(high, _number(keywords, "maximum", math.inf))
    # OpenAPI 3.0 has a flag beside the limit, 3.1 a limit of its own.
    above = low if keywords.get("exclusiveMinimum") is True else _number(keywords, "exclusiveMinimum", -math.inf)
    below = high if keywords.get("exclusiveMaximum") is True else _number(keywords, "exclusiveMaximum", math.inf)
    if (
        not (low <= value <= high)
        or (math.isfinite(above) and value <= above)
        or (math.isfinite(below) and value >= below)
    ):
        yield f"{where} is out of range"


def _number(keywords: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = keywords.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise

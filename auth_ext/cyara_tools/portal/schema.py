"""What a schema means once references are followed and `allOf` is read as inheritance.

Generators for ASP.NET write `additionalProperties: false` on each part of an `allOf`. Read to the letter, no object
satisfies that; what is meant is one class with the properties of all parts, and so it is read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.json_types import as_array, as_object, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.document import Document
    from cyara_tools.portal.json_types import Json


_NUMBER: Final = re.compile(r"(-?[0-9]+)(?: \(\w+\))?")
_ELSEWHERE: Final = frozenset({"allOf", "$ref", "nullable", "x-nullable"})
_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("properties", "items", "discriminator"), dict),
    **dict.fromkeys(("required", "enum", "oneOf", "anyOf", "examples"), list),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), int),
    **dict.fromkeys(("format", "pattern"), str),
    "additionalProperties": (dict, bool),
    "type": (str, list),
}


@attrs.frozen(kw_only=True, eq=False)
class Shape:
    """One schema, ready to be judged by or to make values of."""

    types: tuple[str, ...]
    """JSON types it takes; empty when it takes any. `null` is in `nullable`, never here."""
    nullable: bool
    enum: tuple[Any, ...] | None
    properties: Mapping[str, Mapping[str, Any]]
    required: frozenset[str]
    additional: Mapping[str, Any] | bool | None
    """`additionalProperties`, None where nothing is said."""
    items: Mapping[str, Any] | None
    alternatives: tuple[Mapping[str, Any], ...]
    """Members of `oneOf` or `anyOf`, of which at least one has to fit."""
    discriminator: str | None
    mapping: Mapping[str, str]
    """Value of the discriminator to the reference it stands for, where the document has such a mapping."""
    keywords: Mapping[str, Any]
    """All other keywords: limits, `format`, `pattern`, `example`, `default`."""

    @property
    def is_object(self) -> bool:
        """Whether values are objects with known or free names."""
        return "object" in self.types or bool(self.properties)


class Shapes:
    """Reads schemas of one document, each once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._cache: dict[int, tuple[Any, Shape]] = {}
        self._endless: dict[int, bool] = {}
        self._named: dict[str, Mapping[str, Any]] = {}

    def of(self, schema: Json) -> Shape:
        """Read one schema; whatever is not an object counts as the schema that allows everything."""
        node = schema if is_object(schema) else {}
        cached = self._cache.get(id(node))
        if cached is None:
            # The node is kept beside its shape: an id is only unique while its object lives.
            cached = self._cache[id(node)] = (node, self._read(node))
        return cached[1]

    def named(self, reference: str) -> Mapping[str, Any]:
        """Return the schema that is this reference, the same one each time: walks know by it where they have been."""
        return self._named.setdefault(reference, {"$ref": reference})

    def requires_itself(self, shape: Shape) -> bool:
        """Whether required members lead from a schema back to it, so that no finite value fits it.

        Documents of servers with nullable reference types say that about parents and children; the servers send null
        where the circle would close.
        """
        known = self._endless.get(id(shape))
        if known is None:
            known = self._endless[id(shape)] = self._leads_back(shape)
        return known

    def reaches_enum(self, schema: Json) -> bool:
        """Whether a value of the schema can hold a member of an enumeration anywhere."""
        seen: set[int] = set()
        waiting = [self.of(schema)]
        while waiting:
            shape = waiting.pop()
            if id(shape) in seen:
                continue
            seen.add(id(shape))
            if shape.enum is not None:
                return True
            inner = [*shape.properties.values(), *shape.alternatives, shape.items, shape.additional]
            inner += [self.named(reference) for reference in shape.mapping.values()]
            waiting += [self.of(node) for node in inner if is_object(node)]
        return False

    def _leads_back(self, shape: Shape) -> bool:
        seen: set[int] = set()
        waiting = [shape]
        while waiting:
            current = waiting.pop()
            for name in current.required & set(current.properties):
                member = self.of(current.properties[name])
                if member.nullable or not member.is_object:
                    continue
                if member is shape or member.properties == shape.properties:
                    return True
                if id(member) not in seen:
                    seen.add(id(member))
                    waiting.append(member)
        return False

    def _read(self, schema: Mapping[str, Any]) -> Shape:
        flat: dict[str, Any] = {"properties": {}, "required": set(), "nullable": False, "choices": []}
        self._flatten(schema, flat, (), outermost=True)
        types: tuple[str, ...] = flat.get("type", ())
        choices = [c for c in flat["choices"] if not self._is_null(c)]
        nullable = flat["nullable"] or "null" in types or len(choices) < len(flat["choices"])
        if types:  # alternatives that only say something about the one type are none
            choices = [choice for choice in choices if set(choice) - {"title", "description"}]
        enum = flat.get("enum")
        if enum is not None:
            nullable = nullable or None in enum
            enum = tuple(_member(value, types) for value in enum if value is not None)
        return Shape(
            types=tuple(name for name in types if name != "null"),
            nullable=nullable,
            enum=enum or None,
            properties=flat["properties"],
            required=frozenset(flat["required"]),
            additional=flat.get("additionalProperties"),
            items=flat.get("items"),
            alternatives=tuple(choices),
            discriminator=flat.get("discriminator"),
            mapping=flat.get("kinds", {}),
            keywords=flat,
        )

    def _flatten(self, schema: Json, flat: dict[str, Any], above: tuple[int, ...], *, outermost: bool) -> None:
        node = self._document.resolve(schema)
        if not is_object(node) or id(node) in above:
            return
        above = (*above, id(node))
        if outermost and is_object(schema):
            flat["nullable"] |= any(n.get("nullable") is True or n.get("x-nullable") is True for n in (schema, node))
        parts = as_array(node.get("allOf"))
        # A lone member of `allOf` is how generators hang `nullable` or words on a reference: the schema is that one.
        lone = outermost and len(parts) == 1 and not node.get("properties")
        for part in parts:
            self._flatten(part, flat, above, outermost=lone)
        self._own(node, flat, base=not outermost)

    def _own(self, node: Mapping[str, Any], flat: dict[str, Any], *, base: bool) -> None:
        # What is not of the kind its keyword asks for says nothing.
        for key in (key for key, value in node.items() if isinstance(value, _KINDS.get(key, object))):
            value: Json = node[key]
            match key:
                case "properties":
                    flat["properties"].update(value)
                case "required":
                    flat["required"].update(name for name in value if isinstance(name, str))
                case "type":
                    flat["type"] = tuple(name for name in (as_array(value) or [value]) if isinstance(name, str))
                case "const":
                    flat |= {"enum": [value], "const": value}
                case "discriminator":
                    named = value.get("propertyName")
                    flat["discriminator"] = named if isinstance(named, str) else None
                    flat["kinds"] = {} if base else _kinds(value)
                case "oneOf" | "anyOf":
                    # A base class lists its derived classes; seen from one of those, the list says nothing.
                    flat["choices"] += [] if base and "discriminator" in node else value
                case _ if key not in _ELSEWHERE:
                    flat[key] = value
                case _:
                    pass

    def _is_null(self, schema: Json) -> bool:
        node = self._document.resolve(schema)
        return is_object(node) and (
            node.get("type") == "null" or node.get("enum") == [None] or (node.get("type") == ["null"])
        )


def _member(value: Json, types: tuple[str, ...]) -> Json:
    """Read a member of an enumeration; whoever puts numbers in quotes means the numbers that the type says.

    Some tools write their names behind them, for readers: `0 (User)`.
    """
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match and types and set(types) <= {"integer", "number", "null"} else value


def _kinds(discriminator: Mapping[str, Any]) -> dict[str, str]:
    mapping = as_object(discriminator.get("mapping"))
    found = {key: value for key, value in mapping.items() if isinstance(value, str)}
    return {key: value if value.startswith("#") else f"#/components/schemas/{value}" for key, value in found.items()}

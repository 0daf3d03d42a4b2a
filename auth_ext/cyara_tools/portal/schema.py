"""What a schema means once references are followed and `allOf` is read as inheritance.

A schema that composes others becomes one `Shape` with the properties of all its parts.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.json_types import as_array, as_object, is_object
from cyara_tools.portal.spelling import meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_tools.portal.document import Document
    from cyara_tools.portal.json_types import Json


_NUMBER: Final = re.compile(r"(-?[0-9]+)(?: \(\w+\))?")
_HANDLED_IN_FLATTEN: Final = frozenset({"allOf", "$ref", "nullable", "x-nullable", "type", "format"})
_KEYWORD_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("properties", "items", "discriminator"), dict),
    **dict.fromkeys(("required", "enum", "oneOf", "anyOf", "examples", "prefixItems"), list),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), int),
    "pattern": str,
    "additionalProperties": (dict, bool),
}


@attrs.frozen(kw_only=True, eq=False)
class Shape:
    """One schema, resolved: what values are validated by, and made from."""

    types: tuple[str, ...]
    """JSON types it takes; empty when it takes any. `null` is in `nullable`, never here."""
    nullable: bool
    enum: tuple[Any, ...] | None
    properties: Mapping[str, Mapping[str, Any]]
    required: frozenset[str]
    additional: Mapping[str, Any] | bool | None
    """`additionalProperties`, None where nothing is said."""
    items: Mapping[str, Any] | None
    """Any entry of a list; of a tuple, the one of its places that fits."""
    places: tuple[Json, ...]
    """Entries of a tuple, each by its place; what comes behind them is `items`."""
    alternatives: tuple[Mapping[str, Any], ...]
    """Members of `oneOf` or `anyOf`, of which at least one has to fit."""
    discriminator: str | None
    mapping: Mapping[str, str]
    """Value of the discriminator to the reference it stands for, where the document has such a mapping."""
    told_by: frozenset[str]
    """Names of discriminators that tell this class from others somewhere in the document."""
    keywords: Mapping[str, Any]
    """All other keywords: limits, `format`, `pattern`, `example`, `default`."""

    @property
    def is_binary(self) -> bool:
        """Whether values are the bytes of a file."""
        return self.types == ("string",) and self.keywords.get("format") == "binary"

    @property
    def is_object(self) -> bool:
        """Whether values are objects with known or free names."""
        return "object" in self.types or bool(self.properties)

    def entry(self, index: int) -> Json:
        """Return the schema of one entry of a list."""
        return self.places[index] if index < len(self.places) else self.items


class Shapes:
    """Reads schemas of one document, each once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._cache: dict[int, tuple[Any, Shape]] = {}
        self._self_requiring: dict[int, bool] = {}
        self._references: dict[str, Mapping[str, Any]] = {}

    def of(self, schema: Json) -> Shape:
        """Read one schema; whatever is not an object counts as the schema that allows everything."""
        node = schema if is_object(schema) else {}
        cached = self._cache.get(id(node))
        if cached is None:
            # The node is kept beside its shape: an id is only unique while its object lives.
            cached = self._cache[id(node)] = (node, self._read(node))
        return cached[1]

    def by_reference(self, reference: str) -> Mapping[str, Any]:
        """Return the schema that is this reference, the same object each time."""
        # Shapes are cached by the identity of their schema, and a recursive walk knows by it where it has been.
        return self._references.setdefault(reference, {"$ref": reference})

    def requires_itself(self, shape: Shape) -> bool:
        """Whether required members lead from a schema back to it, so that no finite value fits it.

        Documents of servers with nullable reference types say that about parents and children; the servers send null
        where the circle would close.
        """
        known = self._self_requiring.get(id(shape))
        if known is None:
            known = self._self_requiring[id(shape)] = self._leads_back_to_itself(shape)
        return known

    def reaches_enum(self, schema: Json) -> bool:
        """Whether a value of the schema can hold a member of an enumeration anywhere."""
        return any(shape.enum is not None for shape in self._reached(schema))

    def reaches_discriminator(self, schema: Json) -> bool:
        """Whether a value of the schema can hold an object anywhere whose class a discriminator names."""
        return any(shape.discriminator is not None for shape in self._reached(schema))

    def _reached(self, schema: Json) -> Iterator[Shape]:
        """Yield a schema and every one that a value of it can hold, each once."""
        seen: set[int] = set()
        waiting = [self.of(schema)]
        while waiting:
            shape = waiting.pop()
            if id(shape) in seen:
                continue
            seen.add(id(shape))
            yield shape
            inner = [*shape.properties.values(), *shape.alternatives, *shape.places, shape.items, shape.additional]
            inner += [self.by_reference(reference) for reference in shape.mapping.values()]
            waiting += [self.of(node) for node in inner if is_object(node)]

    def _leads_back_to_itself(self, shape: Shape) -> bool:
        # A loop and no recursion: a chain of required members may be longer than Python's stack.
        seen: set[int] = set()
        waiting = [shape]
        while waiting:
            current = waiting.pop()
            for name in current.required & set(current.properties):
                member = self.of(current.properties[name])
                # A null or an empty array ends the chain, so only objects that must be there can make it endless.
                if member.nullable or not member.is_object:
                    continue
                if member is shape or member.properties == shape.properties:
                    return True
                if id(member) not in seen:
                    seen.add(id(member))
                    waiting.append(member)
        return False

    @cached_property
    def _tellers(self) -> dict[int, frozenset[str]]:
        """Names of the discriminators by the identity of each class that one of them names."""
        found: dict[int, frozenset[str]] = {}
        waiting: list[Any] = [self._document.raw]
        while waiting:
            node = waiting.pop()
            waiting += node.values() if is_object(node) else as_array(node)
            discriminator = as_object(as_object(node).get("discriminator"))
            name = discriminator.get("propertyName")
            if not isinstance(name, str):
                continue
            named = [self.by_reference(reference) for reference in _mapping(discriminator).values()]
            for member in (*named, *as_array(node.get("oneOf")), *as_array(node.get("anyOf"))):
                key = id(self._document.resolve(member))
                found[key] = found.get(key, frozenset()) | {name}
        return found

    def _read(self, schema: Mapping[str, Any]) -> Shape:
        flat: dict[str, Any] = {"properties": {}, "required": set(), "nullable": False, "choices": []}
        self._flatten(schema, flat, (), outermost=True)
        types: tuple[str, ...] = flat.get("type", ())
        choices = [c for c in flat["choices"] if not self._is_null(c)]
        nullable = flat["nullable"] or "null" in types or len(choices) < len(flat["choices"])
        # Alternatives beside a type that only have a title or a description restrict nothing.
        if types:
            choices = [choice for choice in choices if set(choice) - {"title", "description"}]
        places = tuple(flat.get("prefixItems", ()))
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
            items=flat.get("items") or ({"anyOf": list(places)} if places else None),
            places=places,
            alternatives=tuple(choices),
            discriminator=flat.get("discriminator"),
            mapping=flat.get("mapping", {}),
            told_by=self._tellers.get(id(self._document.resolve(schema)), frozenset()),
            keywords=flat,
        )

    def _flatten(self, schema: Json, flat: dict[str, Any], ancestors: tuple[int, ...], *, outermost: bool) -> None:
        node = self._document.resolve(schema)
        if not is_object(node) or id(node) in ancestors:
            return
        ancestors = (*ancestors, id(node))
        if outermost and is_object(schema):
            flat["nullable"] |= any(n.get("nullable") is True or n.get("x-nullable") is True for n in (schema, node))
        # Generators for ASP.NET write `additionalProperties: false` on each part. Read to the letter, no object has
        # all of them; what is meant is one class with the properties of all parts.
        parts = as_array(node.get("allOf"))
        # A lone member of `allOf` is how generators put `nullable` or a description beside a reference.
        lone = outermost and len(parts) == 1 and not node.get("properties")
        for part in parts:
            self._flatten(part, flat, ancestors, outermost=lone)
        self._own(node, flat, base=not outermost)

    def _own(self, node: Mapping[str, Any], flat: dict[str, Any], *, base: bool) -> None:
        said = meant(node)
        if "type" in said:
            flat["type"] = tuple(as_array(said["type"]) or [said["type"]])
        flat |= {"format": said["format"]} if "format" in said else {}
        # What is not of the kind its keyword asks for says nothing.
        for key in (key for key, value in node.items() if isinstance(value, _KEYWORD_TYPES.get(key, object))):
            value: Json = node[key]
            match key:
                case "properties":
                    flat["properties"].update(value)
                case "required":
                    flat["required"].update(name for name in value if isinstance(name, str))
                case "const":
                    flat |= {"enum": [value], "const": value}
                case "discriminator":
                    # Seen from a derived class, the mapping of its base lists the siblings, not the class itself.
                    named = value.get("propertyName")
                    flat["discriminator"] = named if isinstance(named, str) else None
                    flat["mapping"] = {} if base else _mapping(value)
                case "oneOf" | "anyOf":
                    # A base class lists its derived classes; seen from one of those, the list says nothing.
                    flat["choices"] += [] if base and "discriminator" in node else value
                case _ if key not in _HANDLED_IN_FLATTEN:
                    flat[key] = value
                case _:
                    pass

    def _is_null(self, schema: Json) -> bool:
        node = self._document.resolve(schema)
        return is_object(node) and (meant(node).get("type") == "null" or node.get("enum") == [None])


def _member(value: Json, types: tuple[str, ...]) -> Json:
    """Read a member of an enumeration."""
    # Numbers in quotes mean the numbers that the type says. Some tools write names behind them: `0 (User)`.
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match and types and set(types) <= {"integer", "number", "null"} else value


def _mapping(discriminator: Mapping[str, Any]) -> dict[str, str]:
    mapping = as_object(discriminator.get("mapping"))
    found = {key: value for key, value in mapping.items() if isinstance(value, str)}
    # The specification allows the bare name of a schema beside a reference.
    return {key: value if value.startswith("#") else f"#/components/schemas/{value}" for key, value in found.items()}

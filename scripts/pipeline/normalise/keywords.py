"""Rules about single keywords of schemas: afterwards each one is known to the generator and has the right type."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cyara_tools.portal.spelling import meant
from pipeline.document.json_nodes import is_list, is_mapping, mapping
from pipeline.document.json_pointer import escaped, pointer
from pipeline.errors import quoted
from pipeline.normalise.structure import is_flag, is_text
from pipeline.normalise.walk import SchemaAt, holders, replace, schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.normalise.work import Work

LONGEST_TEXT = 20_000
"""Characters kept of a description; the longest ones seen have 6,000."""

LONGEST_EXAMPLE = 2_000

_COMPOSITION = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _names(value: object) -> bool:
    return is_list(value) and all(isinstance(name, str) for name in value)


def _anything(value: object) -> bool:
    del value
    return True


_CHECKS: dict[str, Callable[[object], bool]] = {
    "$ref": is_text,
    "type": _anything,
    "format": is_text,
    "description": is_text,
    "title": is_text,
    "default": _anything,
    "const": _anything,
    "example": _anything,
    "enumNames": is_list,
    "enum": lambda value: is_list(value) and len(value) > 0,
    "required": _names,
    "pattern": is_text,
    "multipleOf": lambda value: _number(value) and float(str(value)) > 0,
    "maximum": _number,
    "minimum": _number,
    "exclusiveMaximum": lambda value: is_flag(value) or _number(value),
    "exclusiveMinimum": lambda value: is_flag(value) or _number(value),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"), _count),
    **dict.fromkeys(("uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated"), is_flag),
    "discriminator": lambda value: is_mapping(value) and isinstance(value.get("propertyName"), str),
    **dict.fromkeys(_COMPOSITION, is_list),
    "items": is_mapping,
    "properties": is_mapping,
    "additionalProperties": lambda value: isinstance(value, (dict, bool)),
}


def boolean_schemas(work: Work) -> None:
    """Replace schemas that are ``true``, ``false``, null or not a mapping at all by ``{}`` (anything).

    3.1 allows booleans, the generator's schema classes do not, and refuse the whole document. Failure mode 5.
    """
    for name, schema in work.schemas.items():
        if not is_mapping(schema):
            work.schemas[name] = {}
            work.note(pointer("components", "schemas", name), "anything, because it is no object")
    for steps, holder in holders(work.document):
        _make_schema(work, holder, "schema", steps)
        for kind, media in mapping(holder, "content").items():
            _make_schema(work, media, "schema", (*steps, "content", kind))
    for found in schemas(work.document):
        for name in mapping(found.schema, "properties"):
            _make_schema(work, found.schema["properties"], name, found)
        # A tuple, as JSON Schema wrote it before 2020-12.
        if is_list(found.schema.get("items")):
            found.schema["prefixItems"] = found.schema.pop("items")
        _make_schema(work, found.schema, "items", found)
        for key in _COMPOSITION:
            listed = found.schema.get(key)
            if is_list(listed) and not all(is_mapping(member) for member in listed):
                found.schema[key] = [member if is_mapping(member) else {} for member in listed]
                work.note(f"{found.where}/{key}", "a part is anything, because it is no schema")


def schema_titles(work: Work) -> None:
    """Drop titles: a class is named by its schema, an unnamed one by its place.

    The generator prefers the title, and two classes of one title make each other and all their users ``Any`` (issues
    652, 783, 1375). Failure mode 15.
    """
    for found in schemas(work.document):
        if found.schema.pop("title", None):
            work.note(found.where, "title dropped")


def schema_types(work: Work) -> None:
    """Write types and formats in the words of JSON Schema: ``file``, ``int``, ``TimeSpan`` and the like are none.

    One unknown type anywhere makes the generator refuse the document; an array without ``items`` makes it drop the
    model. Failure modes 5 and 26.
    """
    for found in schemas(work.document):
        schema = found.schema
        received: dict[str, Any] = {key: schema[key] for key in ("type", "format") if key in schema}
        said = meant(schema)
        if said != received:
            # In the order in which everybody writes them: type and format first.
            rest = {key: value for key, value in schema.items() if key not in received}
            replace(schema, {**said, **rest})
            work.note(found.where, f"{_spelled(said)} instead of {_spelled(received)}")
        _guess_type(schema)


def schema_keywords(work: Work) -> None:
    """Drop keywords that are unknown or of the wrong type, and shorten texts that are long beyond reason.

    ``maxLength: -1``, ``required: true`` or ``xml: []`` make the generator refuse the whole document, and a text of
    megabytes would be written into every docstring. Failure mode 5.
    """
    for found in schemas(work.document):
        schema = found.schema
        for key, value in list(schema.items()):
            check = _CHECKS.get(key)
            if (check is None and key.startswith("x-")) or (check is not None and check(value)):
                continue
            del schema[key]
            # Dropping what said nothing is not worth a line of the report.
            if value not in (None, {}, [], ""):
                work.note(f"{found.where}/{escaped(key)}", "dropped: not needed, or of the wrong type")
        _clean_discriminator(schema)
    _shorten_all(work)


def _spelled(said: dict[str, Any]) -> str:
    return " ".join(f"{key} {quoted(value)}" for key, value in said.items()) or "no type"


def _guess_type(schema: dict[str, Any]) -> None:
    # Hand-written documents leave the type out where the members say it; the generator would read "anything".
    if "type" not in schema and "$ref" not in schema and not _COMPOSITION & set(schema):
        if is_mapping(schema.get("properties")):
            schema["type"] = "object"
        elif is_mapping(schema.get("items")):
            schema["type"] = "array"
    kind = schema.get("type")
    if (kind == "array" or (is_list(kind) and "array" in kind)) and not schema.get("prefixItems"):
        schema.setdefault("items", {})


def _make_schema(work: Work, holder: dict[str, Any], key: str, where: tuple[str, ...] | SchemaAt) -> None:
    if key in holder and not is_mapping(holder[key]):
        holder[key] = {}
        above = where.where if isinstance(where, SchemaAt) else pointer(*where)
        work.note(f"{above}/{escaped(key)}", "anything, because it is no schema")


def _clean_discriminator(schema: dict[str, Any]) -> None:
    discriminator = schema.get("discriminator")
    if is_mapping(discriminator):
        listed = mapping(discriminator, "mapping")
        kept = {value: target for value, target in listed.items() if isinstance(target, str)}
        schema["discriminator"] = {"propertyName": discriminator["propertyName"], "mapping": kept}


def _shorten_all(work: Work) -> None:
    """Shorten texts wherever they stand."""
    pending: list[Any] = [work.document]
    while pending:
        node = pending.pop()
        if is_list(node):
            pending.extend(node)
            continue
        if not is_mapping(node):
            continue
        for key, value in list(node.items()):
            if key in {"description", "summary"} and isinstance(value, str) and len(value) > LONGEST_TEXT:
                node[key] = value[:LONGEST_TEXT] + " ..."
                work.note("", f"a {key} of {len(value)} characters shortened")
            # An example is data: half of it would be none. Under `properties`, a mapping of that name is a property.
            elif key == "example" and not is_mapping(value) and len(str(value)) > LONGEST_EXAMPLE:
                del node[key]
            elif isinstance(value, (dict, list)):
                pending.append(value)

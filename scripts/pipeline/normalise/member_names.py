"""Rule that keeps the Python names of properties and parameters apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.document.json_nodes import mapping
from pipeline.document.json_pointer import pointer
from pipeline.normalise.descriptions import MEMBERS
from pipeline.normalise.identifiers import LONGEST, RESERVED_ARGUMENTS, numbered, python_name, shortened, stable
from pipeline.normalise.paths import names_on_the_wire
from pipeline.normalise.walk import operations

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

WIRE_NAMES = "x-cyara-wire-names"
"""Root member of the effective document: alias to the name on the wire."""

_MODEL_ATTRIBUTES = frozenset(
    {
        "to_dict",
        "from_dict",
        "to_multipart",
        "to_json",
        "from_json",
        "additional_properties",
        "additional_keys",
        "is_known",
        "get",
        "to_records",
        "unread",
    }
)


def member_names(work: Work) -> None:
    """Rename properties and parameters that Python could not tell apart, or that have no name it can use.

    ``$type`` beside ``type``, ``foo.bar`` beside ``foo-bar``, an empty name, a property called ``to_dict``, a query
    parameter called ``body``: the generator drops the class, or writes code that overwrites itself. The alias is mapped
    back to the name on the wire by ``x-cyara-wire-names``. Part of failure modes 7 and 15.
    """
    aliases = _Aliases(work)
    for name, schema in work.schemas.items():
        properties = mapping(schema, "properties")
        renamed = aliases.apart(list(properties), _MODEL_ATTRIBUTES, "field")
        if not renamed:
            continue
        schema["properties"] = {renamed.get(key, key): member for key, member in properties.items()}
        if MEMBERS in schema:
            schema[MEMBERS] = {renamed.get(key, key): text for key, text in schema[MEMBERS].items()}
        if "required" in schema:
            schema["required"] = [renamed.get(key, key) for key in schema["required"]]
        work.note(pointer("components", "schemas", name), f"aliases for {ascii(sorted(renamed))[:200]}")
    for entry in operations(work.document):
        used: set[str] = set(RESERVED_ARGUMENTS)
        for parameter in entry.operation.get("parameters", []):
            # Path parameters keep the names that `path-templates` gave them; the others make way.
            if parameter["in"] == "path":
                used.add(python_name(parameter["name"]))
                continue
            found = aliases.apart([parameter["name"]], frozenset(used), str(parameter["in"]))
            wire = parameter["name"]
            parameter["name"] = found.get(wire, wire)
            used.add(python_name(parameter["name"]))
            if found:
                work.note(entry.where, f"alias for {parameter['in']} parameter {ascii(wire)[:80]}")
    if work.wire_names:
        work.document[WIRE_NAMES] = dict(sorted(work.wire_names.items()))


class _Aliases:
    """Hands out aliases that no name of the document equals, one per wire name and kind."""

    def __init__(self, work: Work) -> None:
        self._given = work.wire_names
        self._wire = names_on_the_wire(work)

    def apart(self, wires: list[str], reserved: frozenset[str], suffix: str) -> dict[str, str]:
        """Return aliases for those names that need one; the first of several that meet keeps its own."""
        used = set(reserved)
        renamed: dict[str, str] = {}
        # Those that keep their letters first: of `type` and `$type`, the plain one should not get the alias.
        for wire in sorted(wires, key=lambda name: (python_name(name) != name.lower(), wires.index(name))):
            plain = python_name(wire)
            usable = plain and stable(plain) and not wire.startswith("_") and len(wire) <= LONGEST
            if usable and plain not in used:
                used.add(plain)
                continue
            renamed[wire] = alias = self._alias(wire, plain if plain.isascii() else "", suffix, used)
            used.add(alias)
        return renamed

    def _alias(self, wire: str, plain: str, suffix: str, used: set[str]) -> str:
        base = shortened(f"{plain}_{suffix}" if plain else suffix, "_")
        base = base if base[:1].isalpha() else f"{suffix}_{base}"
        # One alias may serve in many classes, but always for the same wire name: the way back knows no classes.
        alias = next(
            name
            for name in numbered(base)
            if name not in used and name not in self._wire and self._given.get(name, wire) == wire
        )
        self._given[alias] = wire
        return alias

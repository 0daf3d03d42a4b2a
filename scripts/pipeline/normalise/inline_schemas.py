"""Rule that gives every unnamed object and enumeration a name and a place in ``components``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from pipeline.document.json_nodes import is_mapping, mapping
from pipeline.normalise.compositions import is_object
from pipeline.normalise.identifiers import pascal
from pipeline.normalise.operation_names import key_of
from pipeline.normalise.schema_names import ClassNames
from pipeline.normalise.walk import mappings, operations, reference_to, replace

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_STAY = ("nullable", "default", "readOnly", "example", "deprecated")
"""Members that belong to the place, not to the schema."""


def inline_schemas(work: Work) -> None:
    """Move unnamed objects and enumerations to ``components``, named by their place: ``CampaignStatus``.

    The generator names a class by its title or place, and when that meets another class the schema and all its users
    become ``Any`` (issues 652, 783, 1375). Names given here meet nothing, and are kept in ``openapi/names.json``.
    Failure mode 15.
    """
    names = ClassNames()
    # With the names given to earlier versions of the document, so that none of them goes to another schema.
    for name in [*work.schemas, *work.names.schemas.values()]:
        names.take(name)
    lifter = _SchemaLifter(work=work, names=names)
    for name in sorted(work.schemas):
        lifter.lift_inside(work.schemas[name], [name], name)
    for entry in sorted(operations(work.document), key=key_of):
        key, spoken = key_of(entry), str(entry.operation["operationId"])
        for parameter in entry.operation.get("parameters", []):
            place = f"{key} {parameter['in']} {parameter['name']}"
            lifter.lift(parameter["schema"], [spoken, str(parameter["name"])], place)
        for media in mapping(entry.operation.get("requestBody"), "content").values():
            lifter.lift(media.get("schema", {}), [spoken, "body"], f"{key} body")
        for status, response in mapping(entry.operation, "responses").items():
            # Only the usual answer gets the short name, whichever status a document lists first.
            suffix = "response" if status == "200" else f"response {status}"
            for media in mapping(response, "content").values():
                lifter.lift(media.get("schema", {}), [spoken, suffix], f"{key} {status}")


@define(kw_only=True, slots=True)
class _SchemaLifter:
    work: Work
    names: ClassNames
    places: set[str] = Factory(set[str])
    """Places named so far."""

    def lift(self, schema: dict[str, Any], spoken: list[str], place: str) -> None:
        """Name what is inside, then move the schema itself where it needs a name."""
        self.lift_inside(schema, spoken, place)
        if "$ref" in schema or not ("enum" in schema or is_object(schema)):
            return
        # Parts of one `allOf` may have a property in common; each is a schema of its own.
        while place in self.places:
            place += "+"
        self.places.add(place)
        known = self.work.names.schemas.get(place)
        if known is None or known in self.work.schemas:
            wanted = pascal(" ".join(spoken), otherwise="Schema")
            known = self.names.take_free(wanted, "Enum" if "enum" in schema else "Model")
            self.work.names.schemas[place] = known
        staying = {key: schema.pop(key) for key in _STAY if key in schema}
        self.work.schemas[known] = dict(schema)
        replace(schema, {"$ref": reference_to(known), **{key: staying[key] for key in _STAY[:3] if key in staying}})
        self.work.note(f"/components/schemas/{known}", f"named: was without a name at {ascii(place)[:120]}")

    def lift_inside(self, schema: dict[str, Any], spoken: list[str], place: str) -> None:
        """Name what is inside a schema."""
        for name, member in mapping(schema, "properties").items():
            self.lift(member, [*spoken, name], f"{place}.{name}")
        if is_mapping(schema.get("items")):
            self.lift(schema["items"], [*spoken, "item"], f"{place}[]")
        if is_mapping(schema.get("additionalProperties")):
            self.lift(schema["additionalProperties"], [*spoken, "value"], f"{place}{{}}")
        # A part of `allOf` is the schema itself: it keeps the name of the whole.
        for part in mappings(schema, "allOf"):
            self.lift_inside(part, spoken, place)
        for index, member in enumerate([*mappings(schema, "anyOf"), *mappings(schema, "prefixItems")], start=1):
            self.lift(member, [*spoken, f"option {index}"], f"{place}|{index}")

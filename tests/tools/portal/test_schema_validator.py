"""Validation by the portal beside a JSON Schema library, wherever both mean the same, and where they do not."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cyara_tools.portal.document import Document
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.schema_validator import SchemaValidator
from cyara_tools.portal.synthesis import AnswerForm, Synthesis

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "openapi" / "upstream" / "cyara-v3.json").read_text("utf-8")
)
SCHEMAS = DOCUMENT["components"]["schemas"]
JUNK = (None, True, 1, 1.5, -(2**40), "", "text", [], {}, [None], {"a": 1}, "2024-05-06T07:08:09Z")


def as_json_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: as_json_schema(value) for key, value in node.items() if key not in {"nullable", "example", "format"}}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


def without_formats(node: Any) -> Any:
    if isinstance(node, list):
        return [without_formats(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_formats(value) for key, value in node.items() if not (key == "format" and isinstance(value, str))
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def spoiled(value: Any, dice: random.Random) -> Any:
    """Replace, or take away, one thing somewhere in a value."""
    # The value may share parts with the document that it was made from.
    value = copy.deepcopy(value)
    *parents, last = dice.choice(places(value)) or (None,)
    if last is None:
        return dice.choice(JUNK)
    target = value
    for key in parents:
        target = target[key]
    if isinstance(target, dict) and dice.random() < 0.3:
        del target[last]
    else:
        target[last] = dice.choice(JUNK)
    return value


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_it_agrees_with_a_json_schema_library(name):
    # Formats mean other things to .NET than to a JSON Schema library, so both validate without them.
    bare = without_formats(DOCUMENT)
    shapes = Shapes(Document(bare))
    validator = SchemaValidator(shapes=shapes)
    schema = {"$ref": f"#/components/schemas/{name}"}
    library = Draft202012Validator({**schema, "components": {"schemas": as_json_schema(SCHEMAS)}})
    dice = random.Random(name)  # noqa: S311 - variety, not secrecy
    verdicts = set()
    for number in range(120):
        value = Synthesis(shapes=shapes, form=AnswerForm.FULL, seed=number % 3).value(schema)
        # Every fourth value stays valid, so that both verdicts occur.
        value = spoiled(value, dice) if number % 4 else value
        verdicts.add(validator.is_valid(value, schema))
        assert validator.is_valid(value, schema) == library.is_valid(value), value
    assert verdicts == {True, False}


def validator_of(schemas: dict[str, Any]) -> SchemaValidator:
    document = {"openapi": "3.0.3", "paths": {}, "components": {"schemas": schemas}}
    return SchemaValidator(shapes=Shapes(Document(document)))


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_closed_parts_of_an_inheritance_are_one_object():
    base = {"type": "object", "properties": {"id": {"type": "integer"}}, "additionalProperties": False}
    own = {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False}
    validator = validator_of({"Base": base, "Derived": {"allOf": [ref("Base"), own]}})
    assert validator.is_valid({"id": 1, "name": "a"}, ref("Derived"))
    assert not validator.is_valid({"id": 1, "other": "a"}, ref("Derived"))
    assert not validator.is_valid({"id": 1, "name": "a"}, ref("Base"))


def test_a_derived_class_fits_where_its_base_lists_it():
    base = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
        "additionalProperties": False,
    }
    cat = {"allOf": [ref("Animal"), {"type": "object", "properties": {"lives": {"type": "integer"}}}]}
    validator = validator_of({"Animal": base, "Cat": cat})
    assert validator.is_valid({"kind": "cat", "lives": 9}, ref("Animal"))
    assert not validator.is_valid({"kind": "cat", "lives": "nine"}, ref("Animal"))


def test_read_only_members_may_be_left_out_of_requests_only():
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "readOnly": True}}}
    validator = validator_of({"Thing": schema})
    assert validator.is_valid({}, ref("Thing"))
    assert not SchemaValidator(shapes=validator.shapes, in_request=False).is_valid({}, ref("Thing"))


def test_a_circle_of_required_members_may_close_with_null():
    node = {"type": "object", "required": ["parent"], "properties": {"parent": ref("Node")}}
    validator = validator_of({"Node": node})
    value = Synthesis(shapes=validator.shapes).value(ref("Node"))
    assert validator.is_valid(value, ref("Node"))
    # Closed after a few levels, and not at the limit of depth.
    assert json.dumps(value).count("parent") < 5


@pytest.mark.parametrize("text", ["2019-04-26T21:15:11.8071332Z", "2024-05-06T07:08:09", "2024-05-06T07:08:09+02:00"])
def test_times_as_dot_net_writes_them(text):
    assert validator_of({}).is_valid(text, {"type": "string", "format": "date-time"})
    assert not validator_of({}).is_valid(text[:10], {"type": "string", "format": "date-time"})


@pytest.mark.parametrize("text", ["01:02:03", "1.01:02:03.1234567", "-00:00:01", "PT1H"])
def test_time_spans_as_dot_net_writes_them(text):
    for name in ("time-span", "date-span", "duration"):
        assert validator_of({}).is_valid(text, {"type": "string", "format": name})
        assert not validator_of({}).is_valid("soon", {"type": "string", "format": name})

"""What is drift of type, and where the document would say it: at the place of use, or where all users share it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyara_auth.drift.compare import compare
from cyara_auth.drift.drift import DriftError, overlay

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
PART = {"$ref": "#/components/schemas/Part"}
SCHEMAS: dict[str, Any] = {
    "Part": {"type": "object", "properties": {"name": TEXT}},
    "Span": {"type": "string", "format": "date-span", "description": "How long."},
    "Secret": {
        "type": "object",
        "required": ["name", "password"],
        "properties": {"name": TEXT, "password": {"type": "string", "writeOnly": True}},
    },
    "Beast": {"type": "object", "properties": {"kind": TEXT}, "discriminator": {"propertyName": "kind"}},
    "Cat": {"allOf": [{"$ref": "#/components/schemas/Beast"}], "properties": {"lives": WHOLE}},
    "Alone": {"type": "object", "properties": {"kind": TEXT}, "discriminator": {"propertyName": "kind"}},
}


def seen(schema: dict[str, Any], value: object, *, method: str = "get") -> tuple[Any, ...]:
    answer = {"description": "OK", "content": {"application/json": {"schema": {"properties": {"x": schema}}}}}
    document = {
        "openapi": "3.0.3",
        "paths": {"/c": {method: {"responses": {"200": answer}}}},
        "components": {"schemas": SCHEMAS},
    }
    return compare(document, method="GET", path="/c", status=200, body={"x": value})


@pytest.mark.parametrize(
    ("schema", "value", "name", "place"),
    [
        (TEXT, {"a": 1}, "object", "properties/x"),
        (TEXT, ["a"], "array", "properties/x"),
        ({"type": "array", "items": TEXT}, {"a": 1}, "object", "properties/x"),
        (PART, "text", "string", "properties/x"),
        (PART, [{"name": "n"}], "array", "properties/x"),
        ({"allOf": [PART]}, 5, "integer", "properties/x"),
        ({"properties": {"a": TEXT}}, "text", "string", "properties/x"),
        ({"type": "array", "items": PART}, [["a"]], "array", "x/items"),
        ({"$ref": "#/components/schemas/Span"}, 5, "integer", "schemas/Span"),
    ],
)
def test_another_type_is_drift_where_it_can_be_corrected_alone(
    schema: dict[str, Any], value: object, name: str, place: str
) -> None:
    (drift,) = seen(schema, value)
    assert (drift.kind, drift.name, "/".join(map(str, drift.where[-2:]))) == ("type", name, place)


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], "text", 5])
@pytest.mark.parametrize("schema", [{}, {"anyOf": [{}, TEXT]}, {"description": "Anything."}, {"$ref": "#/none"}])
def test_what_may_be_anything_never_drifts(schema: dict[str, Any], value: object) -> None:
    assert seen(schema, value) == ()


FIGURES: dict[str, Any] = {
    "oneOf": [
        {"properties": {"form": TEXT, "radius": WHOLE}, "required": ["form"]},
        {"properties": {"form": TEXT, "side": WHOLE}, "required": ["form"]},
    ],
    "discriminator": {"propertyName": "form"},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"form": 5, "side": 1}, [("type", "integer")]),
        ({"side": "wide"}, [("missing field", "form"), ("type", "string")]),
        ({"form": None, "side": 1}, []),
    ],
)
def test_a_member_of_a_union_that_does_not_say_which_is_held_against_the_nearest(
    value: object, expected: list[tuple[str, str]]
) -> None:
    assert [(drift.kind, drift.name) for drift in seen(FIGURES, value)] == expected


def actions(*drifts: Any) -> list[dict[str, Any]]:
    written = json.loads(overlay(drifts, title="T"))["actions"]
    assert all(action["x-reason"].endswith(".") and action["x-remove-when"] for action in written)
    return [{key: value for key, value in action.items() if not key.startswith("x-")} for action in written]


def test_a_change_of_type_takes_away_what_contradicts_it_and_keeps_what_is_said() -> None:
    at = "$['components']['schemas']['Span']"
    assert actions(*seen({"$ref": "#/components/schemas/Span"}, 5)) == [
        {"target": f"{at}['format']", "remove": True},
        {"target": at, "update": {"type": "integer"}},
    ]


def test_values_of_the_declared_type_beside_others_keep_it() -> None:
    (_, update) = actions(*seen({"type": "array", "items": TEXT}, ["a", 5]))
    assert update["update"] == {"anyOf": [TEXT, WHOLE]}


def test_what_only_requests_carry_is_not_missed() -> None:
    secret = {"$ref": "#/components/schemas/Secret"}
    assert seen(secret, {"name": "n"}) == ()
    (drift,) = seen(secret, {})
    assert (drift.kind, drift.name) == ("missing field", "name")
    assert actions(drift)[-1]["update"] == {"required": ["password"]}


def test_an_undeclared_value_of_a_discriminator_is_named() -> None:
    beast = {"$ref": "#/components/schemas/Beast"}
    assert seen(beast, {"kind": "Cat", "lives": 9}) == ()
    assert seen(beast, {}) == ()
    (drift,) = seen(beast, {"kind": "Fish", "fins": 2})
    assert str(drift) == "discriminator value 'Fish' at components/schemas/Beast (GET /c)"
    # Where the document names no types at all, a value is no news.
    assert seen({"$ref": "#/components/schemas/Alone"}, {"kind": "Fish"}) == ()


def test_documents_spell_methods_in_either_case() -> None:
    assert seen(TEXT, 5, method="GET")


def test_the_error_names_a_new_file_that_is_applied_last() -> None:
    drifts = seen(TEXT, 5)
    names: list[str] = []
    for applied in (tuple[str, ...](), ("a.overlay.yaml",), ("seen.overlay.yaml",), ("z.overlay.yaml",)):
        names.append(DriftError(drifts, "T", applied).file_name)
        assert names[-1] in str(DriftError(drifts, "T", applied))
        assert names[-1] > max(applied, default="")
    assert names == ["seen.overlay.yaml", "seen.overlay.yaml", "seen_2.overlay.yaml", "z_seen.overlay.yaml"]

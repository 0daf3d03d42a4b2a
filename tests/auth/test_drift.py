"""What an answer has and its document does not: found once, said in words, and ready to be pasted into an overlay."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pipeline.document.document import read_document
from pipeline.overlay import apply_overlays

from cyara_auth import connect
from cyara_auth.drift.compare import compare
from cyara_auth.drift.drift import Drift, DriftError, overlay
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client import _scalars
from cyara_client.errors import DecodingError

from .wire.loopback import PAIR, Reply, WireServer

CAMPAIGN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
        "labels": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Kind"}},
        "anything": {},
        "shape": {"oneOf": [{"$ref": "#/components/schemas/Part"}, {"$ref": "#/components/schemas/Special"}]},
    },
}
SCHEMAS: dict[str, Any] = {
    "Kind": {"type": "string", "enum": ["Pulse", "Velocity"]},
    "Part": {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False},
    "Special": {
        "allOf": [{"$ref": "#/components/schemas/Part"}, {"properties": {"extra": {"type": "integer"}}}],
    },
    "Pet": {
        "type": "object",
        "properties": {"species": {"type": "string"}},
        "discriminator": {"propertyName": "species", "mapping": {"cat": "#/components/schemas/Cat"}},
    },
    "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}], "properties": {"lives": {"type": "integer"}}},
    "Node": {"properties": {"next": {"$ref": "#/components/schemas/Node"}}},
    "Campaign": CAMPAIGN,
}


def document(schema: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": "OK", "content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.0.3",
        "paths": {"/c/{id}": {"get": {"responses": {"200": answer, "4XX": {"description": "Refused"}}}}},
        "components": {"schemas": SCHEMAS},
    }


def seen(body: object, *, schema: str = "Campaign", status: int = 200) -> list[tuple[str, str, str]]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    found = compare(document(reference), method="GET", path="/c/{id}", status=status, body=body)
    return [(drift.kind, "/".join(map(str, drift.where[-3:])), drift.name) for drift in found]


def test_an_answer_as_documented_has_no_drift():
    body = {"id": 1, "kind": "Pulse", "parts": [{"name": "x"}], "labels": {"a": "Pulse"}, "anything": {"x": [1]}}
    assert seen(body) == []


def test_nulls_are_never_drift():
    assert seen({"id": None, "kind": None, "parts": [None], "shape": None}) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"new": 1}, [("field", "components/schemas/Campaign", "new")]),
        ({"kind": "Cruncher"}, [("enum member", "schemas/Kind/enum", "Cruncher")]),
        ({"parts": [{"name": "x"}, {"size": 1}, {"size": 2}]}, [("field", "components/schemas/Part", "size")]),
        ({"labels": {"a": "Odd"}}, [("enum member", "schemas/Kind/enum", "Odd")]),
        ({"shape": {"name": "x", "extra": 1}}, []),
        ({"shape": {"odd": 1}}, [("field", "components/schemas/Part", "odd")]),
    ],
)
def test_what_is_new_is_found_once_where_the_document_would_have_it(body: object, expected: list[tuple[str, str, str]]):
    assert seen(body) == expected


def holding(schema: dict[str, Any], *, openapi: str = "3.0.3") -> dict[str, Any]:
    return {**document({"properties": {"x": schema}}), "openapi": openapi}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "number"}, 1),
        ({"type": "number"}, 1.5),
        ({"type": "integer"}, 1.0),
        ({"type": ["integer", "string"]}, "1"),
        ({"type": ["integer", "string"]}, 1),
        ({"type": "integer", "pattern": "^-?[0-9]+$"}, "-12"),
        ({"type": "string", "pattern": "^-?[0-9]+$"}, -12),
        ({"type": "number", "pattern": r"^\p{Nd}+$"}, "12"),
        ({"type": "boolean"}, True),
        ({"type": ["string", "null"]}, None),
        ({"type": "integer"}, None),
        ({"type": "file"}, 1),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "1"),
    ],
)
def test_types_that_are_declared_or_meant_are_no_drift(schema: dict[str, Any], value: object):
    assert compare(holding(schema), method="GET", path="/c/{id}", status=200, body={"x": value}) == ()


@pytest.mark.parametrize(
    ("schema", "value", "openapi", "addition"),
    [
        ({"type": "integer"}, "1", "3.0.3", "string"),
        ({"type": "integer"}, "1", "3.1.0", ["integer", "string"]),
        ({"type": ["integer", "null"]}, "1", "3.1.0", ["string"]),
        ({"type": "integer"}, 1.5, "3.0.3", "number"),
        ({"type": "number"}, True, "3.0.3", "boolean"),
        ({"type": "string"}, 1, "3.0.3", "integer"),
        ({"type": "string"}, True, "3.0.3", "boolean"),
        ({"type": "boolean"}, "true", "3.0.3", "string"),
        ({"type": "boolean"}, 0, "3.0.3", "integer"),
        ({"type": "object"}, "x", "3.0.3", "string"),
        ({"type": "integer", "pattern": "^-?[0-9]+$"}, "x1", "3.0.3", "string"),
        ({"type": "string", "pattern": "^[a-z]+$"}, 12, "3.0.3", "integer"),
        ({"type": "boolean", "pattern": "^[0-9]+$"}, "12", "3.0.3", "string"),
        ({"allOf": [{"type": "integer"}]}, "1", "3.0.3", "string"),
    ],
)
def test_a_type_that_is_not_declared_is_drift_until_the_overlay_is_there(
    schema: dict[str, Any], value: object, openapi: str, addition: object, tmp_path: Path
):
    source = holding(schema, openapi=openapi) | {"info": {"title": "T", "version": "1"}}
    answer: dict[str, Any] = {"method": "GET", "path": "/c/{id}", "status": 200, "body": {"x": value}}
    (drift,) = compare(source, **answer)
    assert (drift.kind, drift.addition) == ("type", {"type": addition})
    assert drift.name == (addition[-1] if isinstance(addition, list) else addition)
    assert "x" in drift.where
    received = tmp_path / "received.json"
    received.write_text(json.dumps(source), encoding="utf-8")
    path = tmp_path / "seen.overlay.yaml"
    path.write_text(overlay((drift,), title="T"), encoding="utf-8")
    mended = apply_overlays(source, [path], received=read_document(received), origin=str(received)).document
    assert compare(mended, **answer) == ()


def test_a_member_of_another_type_is_both():
    found = compare(holding({"type": "string", "enum": ["1"]}), method="GET", path="/c/{id}", status=200, body={"x": 1})
    assert [(drift.kind, drift.name) for drift in found] == [("type", "integer"), ("enum member", "1")]


def test_a_discriminator_leads_to_the_subtype():
    assert seen({"species": "cat", "lives": 9}, schema="Pet") == []
    assert seen({"species": "dog", "lives": 9}, schema="Pet") == [
        ("discriminator value", "components/schemas/Pet", "dog")
    ]


def test_statuses_match_exactly_by_range_or_by_default():
    assert seen(None, status=404) == []
    assert seen(None, status=503) == [("status", "/c/{id}/get/responses", "503")]


def test_a_cycle_in_schema_and_answer_ends():
    body: dict[str, Any] = {}
    for _level in range(500):
        body = {"next": body}
    assert seen(body, schema="Node") == []


def test_an_operation_that_the_document_does_not_have_is_left_alone():
    assert compare(document({}), method="POST", path="/c/{id}", status=200, body={"x": 1}) == ()


def test_a_reference_that_leads_nowhere_allows_everything():
    assert compare(document({"$ref": "#/no/where"}), method="GET", path="/c/{id}", status=200, body={"x": 1}) == ()


@pytest.mark.parametrize(
    ("value", "described"),
    [
        (True, {"type": "boolean"}),
        (1, {"type": "integer"}),
        (1.5, {"type": "number"}),
        ("x", {"type": "string"}),
        ({"a": 1}, {"type": "object"}),
        ([1], {"type": "array", "items": {"type": "integer"}}),
        ([], {"type": "array", "items": {}}),
        (None, {}),
    ],
)
def test_an_addition_describes_what_was_seen(value: object, described: dict[str, Any]):
    reference = {"$ref": "#/components/schemas/Campaign"}
    (drift,) = compare(document(reference), method="GET", path="/c/{id}", status=200, body={"new": value})
    assert drift.addition == {"properties": {"new": described}}


def found_in(body: object, status: int = 200) -> tuple[Drift, ...]:
    reference = {"$ref": "#/components/schemas/Campaign"}
    return compare(document(reference), method="GET", path="/c/{id}", status=status, body=body)


def test_the_overlay_makes_the_drift_go_away(tmp_path):
    source = document({"$ref": "#/components/schemas/Campaign"}) | {"info": {"title": "T", "version": "1"}}
    received = tmp_path / "received.json"
    received.write_text(json.dumps(source), encoding="utf-8")
    body = {"new": 1, "kind": "Cruncher", "parts": [{"size": 1}]}
    drifts = (*found_in(body), *found_in(None, 503))
    assert len(drifts) == 4
    path = tmp_path / "seen.overlay.yaml"
    path.write_text(overlay(drifts, title="T"), encoding="utf-8")
    mended = apply_overlays(source, [path], received=read_document(received), origin=str(received)).document
    assert compare(mended, method="GET", path="/c/{id}", status=200, body=body) == ()
    assert compare(mended, method="GET", path="/c/{id}", status=503, body=None) == ()


def test_the_error_names_what_was_seen_and_the_next_step_and_can_be_pickled():
    error = DriftError(found_in({f"new{n}": 1 for n in range(9)}), "T")
    assert "9 thing(s)" in str(error)
    assert "'new0'" in str(error)
    assert str(error).count("field") == 5
    assert "error.overlay()" in str(error)
    assert error.overlay() == overlay(error.drifts, title="T")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (again.drifts, again.title, str(again)) == (error.drifts, "T", str(error))


TEXTS = ["", "x", "soon", "2024-02-30", "2024-02-29", "2024-02-29T00:00:00Z", "2024-02-29T12:30:00.1234567+01:00"]
TEXTS += ["20240229", "00:00:05", "-1.02:03:04.5", "24:00:00", "100:00:00", "12:30", "6", "PT5M", "P1DT2H", "P", "PT"]
TEXTS += ["-P2W", "01:02:03Z", "9999999999.00:00:00", "1:2:3:4", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "{7d444840}"]
READERS: dict[str, Callable[[str], object]] = {
    "date-time": _scalars.parse_datetime,
    "date": _scalars.parse_date,
    "uuid": _scalars.parse_uuid,
    "time-span": _scalars.parse_timespan,
    "TimeSpan": _scalars.parse_timespan,
    "duration": _scalars.parse_timespan,
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("written_as", READERS)
def test_a_text_is_drift_exactly_where_the_client_cannot_read_it(written_as: str, text: str):
    try:
        READERS[written_as](text)
        readable = True
    except ValueError:
        readable = False
    schema = {"type": "string", "format": written_as}
    found = compare(holding(schema), method="GET", path="/c/{id}", status=200, body={"x": text})
    kinds = [(drift.kind, drift.name, drift.removed) for drift in found]
    assert kinds == ([] if readable else [("format", f"other than {written_as}", ("format",))])


DIGITS = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?$"


@pytest.mark.parametrize("text", ["1", "-12", "1.5", "007", "1_0", "NaN", "many", "", " 1", "1e3"])
@pytest.mark.parametrize(("number", "reader"), [("integer", _scalars.parse_int), ("number", _scalars.parse_float)])
def test_a_number_that_may_be_text_drifts_exactly_where_the_client_cannot_read_it(
    number: str, reader: Callable[[object], object], text: str
):
    try:
        reader(text)
        expected = []
    except ValueError:
        expected = [("format", "other than digits", ("pattern",))]
    for kinds in ([number, "string"], ["null", number, "string"]):
        schema = {"type": kinds, "pattern": DIGITS}
        found = compare(holding(schema), method="GET", path="/c/{id}", status=200, body={"x": text})
        assert [(drift.kind, drift.name, drift.removed) for drift in found] == expected
    for plain in ({"type": [number, "string"]}, {"type": ["string", number], "pattern": DIGITS}):
        assert compare(holding(plain), method="GET", path="/c/{id}", status=200, body={"x": text}) == ()


def test_a_format_that_is_only_text_has_no_drift():
    for schema in ({"type": "string", "format": "email"}, {"type": "string", "format": 5}, {"type": "string"}):
        assert compare(holding(schema), method="GET", path="/c/{id}", status=200, body={"x": "soon"}) == ()


@pytest.mark.parametrize("depth", [9, 900, 100_000])
def test_what_is_nested_deeply_costs_no_more_than_its_own_answer(depth: int):
    deep = f'{{"campaignId": 1, "name": "x", "new": {"[" * depth}{"]" * depth}}}'.encode()
    with WireServer() as server:
        server.script = lambda _: Reply(body=deep)
        store = MemoryStrikeStore()
        with (
            connect(server.base_url, PAIR, account_id=1, store=store, environ={}, strict=True) as cyara,
            pytest.raises(DriftError if depth < 100_000 else DecodingError) as caught,
        ):
            cyara.campaigns.get_campaign(campaign_id=1)
    assert "new" in str(caught.value) or depth == 100_000

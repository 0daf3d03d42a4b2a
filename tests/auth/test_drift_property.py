"""Whatever schema and whatever answer: the overlay of its drifts, applied, leaves none, and is well-formed.

The schemas are drawn with references, inheritance, unions and discriminators; answers are drawn near them and far off.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline.document.document import parse_document
from pipeline.overlay import apply_overlays

from cyara_auth.drift.compare import compare
from cyara_auth.drift.drift import DriftError

NAMES = st.sampled_from(["a", "b", "kind", "it's", "x/y~z"])
SHARED = ("Text", "Mood", "Part", "Base", "Child", "Union", "Loop", "List")


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    scalars: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "format": "int32"},
            {"type": "number"},
            {"type": "boolean", "nullable": True},
            {"type": "string", "format": "date-time"},
            {"type": "string", "enum": ["p", "q"]},
            {"type": "integer", "enum": [1, 2]},
            {"type": "object"},
            {},
        ]
    )
    references = st.sampled_from(SHARED).map(lambda name: {"$ref": f"#/components/schemas/{name}"})
    return st.recursive(
        scalars | references,
        lambda inner: st.one_of(
            inner.map(lambda schema: {"type": "array", "items": schema}),
            inner.map(lambda schema: {"type": "object", "additionalProperties": schema}),
            inner.map(lambda schema: {"allOf": [schema], "description": "What it means here."}),
            # Parts that can be true at once: nobody writes a text that is an object.
            st.dictionaries(NAMES, inner, max_size=2).map(
                lambda own: {"allOf": [reference("Part"), {"type": "object", "properties": own}]}
            ),
            st.lists(inner, min_size=2, max_size=2).map(lambda some: {"oneOf": some}),
            st.tuples(st.dictionaries(NAMES, inner, max_size=3), st.lists(NAMES, max_size=2, unique=True)).map(
                lambda drawn: {
                    "type": "object",
                    "properties": drawn[0],
                    **({"required": drawn[1]} if drawn[1] else {}),
                }
            ),
        ),
        max_leaves=6,
    )


def answers() -> st.SearchStrategy[Any]:
    plain = st.sampled_from([None, True, 0, 1, 7, 1.5, "p", "odd", "2026-01-02T03:04:05Z", "Child", "Strange"])
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=10,
    )


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(version: str, answer: dict[str, Any], part: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": version,
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/x": {
                "get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": answer}}}}}
            }
        },
        "components": {
            "schemas": {
                "Text": {"type": "string", "format": "uuid", "description": "A text."},
                "Mood": {"type": "string", "enum": ["p", "q"]},
                "Part": {"type": "object", "properties": {"a": part}, "required": ["a"], "additionalProperties": False},
                "Base": {
                    "type": "object",
                    "properties": {"kind": {"type": "string"}},
                    "discriminator": {"propertyName": "kind"},
                },
                "Child": {"allOf": [reference("Base"), {"type": "object", "properties": {"b": child}}]},
                "Union": {
                    "oneOf": [reference("Child"), reference("Part")],
                    "discriminator": {"propertyName": "kind", "mapping": {"p": "#/components/schemas/Part"}},
                },
                "Loop": {"type": "object", "properties": {"a": reference("Loop"), "b": {"type": "integer"}}},
                "List": {"type": "array", "items": reference("Part")},
            }
        },
    }


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@settings(max_examples=300, deadline=None)
@given(schema=schemas(), part=schemas(), child=schemas(), answer=answers())
def test_the_overlay_of_an_answer_leaves_no_drift(
    version: str, schema: dict[str, Any], part: dict[str, Any], child: dict[str, Any], answer: object
) -> None:
    source = document(version, schema, part, child)
    received = parse_document(json.dumps(source).encode(), name="t.json")
    call: dict[str, Any] = {"method": "GET", "path": "/x", "status": 200, "body": answer}
    drifts = compare(source, **call)
    if not drifts:
        return
    error = DriftError(drifts, "T")
    written = error.overlay()
    assert error.overlay() == written, "writing it changes nothing"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / error.file_name
        path.write_text(written, encoding="utf-8")
        corrected = apply_overlays(source, [path], received=received, origin="t.json").document
    assert compare(corrected, **call) == ()

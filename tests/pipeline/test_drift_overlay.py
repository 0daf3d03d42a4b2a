"""What a strict client hears of becomes an overlay, and the client that is built with it hears of it no more.

The whole way, as the error tells it: a strict call raises, its overlay is saved, a build with its proof, and the call
again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.install.layout import Layout

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def fields(**members: Schema) -> Schema:
    return {"type": "object", "properties": members}


def items(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


TEXT, WHOLE = {"type": "string"}, {"type": "integer", "format": "int32", "minimum": 0}
SPAN = {"type": "string", "format": "date-span"}

SHARED: dict[str, Schema] = {
    "Part": fields(name=TEXT, size=WHOLE),
    "Mood": {"type": "string", "enum": ["calm", "wild"]},
    "Length": SPAN,
    "Root": fields(depth=WHOLE),
    "Leaf": {"allOf": [ref("Root"), fields(colour=TEXT)]},
    "Vehicle": {
        **fields(kind=TEXT),
        "required": ["kind"],
        "discriminator": {"propertyName": "kind", "mapping": {"car": "#/components/schemas/Car"}},
    },
    "Car": {"allOf": [ref("Vehicle"), fields(doors=WHOLE)]},
    "Being": {**fields(sort=TEXT), "discriminator": {"propertyName": "sort"}},
    "Fish": {"allOf": [ref("Being"), fields(fins=WHOLE)]},
}
UNIONS: dict[str, Schema] = {
    "Circle": fields(form=TEXT, radius=WHOLE),
    "Square": fields(form=TEXT, side=WHOLE),
    "Figure": {
        "oneOf": [ref("Circle"), ref("Square")],
        "discriminator": {
            "propertyName": "form",
            "mapping": {"circle": "#/components/schemas/Circle", "square": "#/components/schemas/Square"},
        },
    },
}

DRIFTS: dict[str, tuple[Schema, Any]] = {
    "whole_to_text": (fields(x=WHOLE), {"x": "a7"}),
    "whole_to_fraction": (fields(x=WHOLE), {"x": 2.5}),
    "text_to_whole": (fields(x={"type": "string", "maxLength": 3}), {"x": 7}),
    "span_to_seconds": (fields(x=SPAN), {"x": 30}),
    "moment_to_seconds": (fields(x={"type": "string", "format": "date-time"}), {"x": 1_700_000_000}),
    "moment_to_words": (fields(x={"type": "string", "format": "date-time"}), {"x": "yesterday"}),
    "some_ids_to_words": (fields(x=items({"type": "string", "format": "uuid"})), {"x": ["first", 2]}),
    "truth_to_text": (fields(x={"type": "boolean", "default": False}), {"x": "perhaps"}),
    "text_to_object": (fields(x={"type": "string", "format": "uuid"}), {"x": {"id": 1}}),
    "text_to_list": (fields(x=TEXT), {"x": ["a", 1]}),
    "list_to_object": (fields(x=items(ref("Part"))), {"x": {"name": "n"}}),
    "object_to_list_beside_a_sibling": (fields(x=ref("Part"), y=ref("Part")), {"x": [{"name": "n"}], "y": {"size": 1}}),
    "object_to_text": (fields(x=fields(name=TEXT)), {"x": "n"}),
    "described_reference_to_text": (fields(x={"allOf": [ref("Part")], "description": "Which one."}), {"x": "n"}),
    "member_to_number": (fields(x=ref("Mood")), {"x": 3}),
    "one_shared_text_of_two": (fields(x=ref("Length"), y=ref("Length")), {"x": 5, "y": "00:01:00"}),
    "list_of_several_types": (fields(x=items(TEXT)), {"x": ["a", 1, {"b": 2}]}),
    "list_of_objects_and_texts": (fields(x=items(fields(a=WHOLE))), {"x": [{"a": 1, "new": 2}, "s"]}),
    "deep_inside": (fields(x=fields(y=items(fields(z=WHOLE)))), {"x": {"y": [{"z": "q"}, {"z": 3}]}}),
    "inherited": (ref("Leaf"), {"depth": "deep", "colour": 5, "new": 1}),
    "values_of_a_dictionary": ({"type": "object", "additionalProperties": WHOLE}, {"a": "v", "b": 1}),
    "whole_answer_to_object": (items(ref("Part")), {"name": "n"}),
    "whole_answer_to_list": (ref("Part"), [{"name": "n"}]),
    "required_and_missing": ({**fields(a=TEXT, b=TEXT, c=TEXT), "required": ["a", "b", "c"]}, {"c": "x"}),
    "all_required_and_missing": ({**fields(a=TEXT), "required": ["a"]}, {}),
    "new_fields": (
        {**fields(a=TEXT), "additionalProperties": False},
        {"a": "x", "list": [1, "b"], "object": {"p": 1}, "null": None, "it's": 1, 'a"\\b': 2},
    ),
    "new_field_of_two_types": (items(fields(a=TEXT)), [{"a": "1", "b": 1}, {"b": "x"}]),
    "new_member": (fields(x={"type": "string", "enum": ["P", "Q"]}), {"x": "R"}),
    "new_subtype": (fields(x=ref("Vehicle")), {"x": {"kind": "bus", "seats": 5}}),
    "new_subtype_without_mapping": (items(ref("Being")), [{"sort": "bird", "wings": 2}, {"sort": "bird", "song": "x"}]),
}
DRIFTS_OF_3: dict[str, tuple[Schema, Any]] = {
    "new_subtype_of_a_union": (fields(x=ref("Figure")), {"x": {"form": "star", "points": 5}}),
    "nameless_member_of_a_union": (fields(x=ref("Figure")), {"x": {"form": 5, "radius": "wide"}}),
    "union_to_text": (fields(x={"oneOf": [{"type": "integer"}, ref("Part")]}), {"x": "text"}),
}
DRIFTS_OF_31: dict[str, tuple[Schema, Any]] = {
    "nullable_whole_to_text": (fields(x={"type": ["integer", "null"], "format": "int32"}), {"x": "a7"}),
    "digits_to_words": (fields(x={"type": ["integer", "string"], "pattern": "^[0-9]+$"}), {"x": "many"}),
    "nullable_reference_to_text": (fields(x={"oneOf": [{"type": "null"}, ref("Part")]}), {"x": "n"}),
}


def document(drifts: dict[str, tuple[Schema, Any]], *, version: str) -> dict[str, Any]:
    """Return a document with an operation for each kind of drift."""
    paths = {
        f"/{name}": {
            "get": {
                "tags": ["seen"],
                "operationId": name,
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}},
            }
        }
        for name, (schema, _) in drifts.items()
    }
    schemas = SHARED if version == "2.0" else SHARED | UNIONS
    return {
        "openapi": version,
        "info": {"title": "Pets", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def as_swagger(received: dict[str, Any]) -> dict[str, Any]:
    """Write a document as Swagger 2.0."""
    text = json.dumps(received).replace("#/components/schemas/", "#/definitions/")
    read = json.loads(text)
    for item in read["paths"].values():
        item["get"]["produces"] = ["application/json"]
        (answer,) = item["get"]["responses"].values()
        answer["schema"] = answer.pop("content")["application/json"]["schema"]
    schemas = read.pop("components")["schemas"]
    for schema in schemas.values():
        if "discriminator" in schema:
            schema["discriminator"] = schema["discriminator"]["propertyName"]
    del read["openapi"]
    return {"swagger": "2.0", **read, "definitions": schemas}


ASK = """
    import http.server, json, threading
    from cyara_auth import DriftError, connect

    answers = json.loads({answers!r})

    class Portal(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(answers[self.path.rpartition("/")[2]]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pair = "0123456789abcdef0123456789abcdef:" + "q83v" * 10 + "q+8="
    said = {{}}
    with connect(f"http://127.0.0.1:{{server.server_port}}", pair, store="memory:", strict=True) as cyara:
        for name in answers:
            try:
                read = getattr(cyara.seen, name)()
                said[name] = [False, repr(read), "" if not hasattr(read, "to_dict") else read.to_dict()]
            except DriftError as error:
                said[name] = [True, str(error), error.overlay()]
    print(json.dumps(said, default=str))
"""

VERSIONS = {
    "2.0": DRIFTS,
    "3.0.3": DRIFTS | DRIFTS_OF_3,
    "3.1.0": DRIFTS | DRIFTS_OF_3 | DRIFTS_OF_31,
}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_drift_becomes_an_overlay_that_builds_and_is_gone(
    version: str, tree: Layout, kit: Any, run_with: Callable[[Path, str], str]
) -> None:
    drifts = VERSIONS[version]
    received = document(drifts, version=version)
    received = as_swagger(received) if version == "2.0" else received
    kit.write_json(tree.openapi / "upstream" / "cyara-v3.json", received)
    assert kit.built(tree).corrections == []
    ask = ASK.format(answers=json.dumps({name: answer for name, (_, answer) in drifts.items()}))
    before = json.loads(run_with(tree.root / "generated", ask))
    assert [name for name, (drifted, _, _) in before.items() if not drifted] == []
    overlays = tree.openapi / "overlays"
    overlays.mkdir(exist_ok=True)
    for name, (_, text, overlay) in before.items():
        assert "openapi/overlays/seen.overlay.yaml" in text
        # Each against the document as it was, so each by itself; the first in the order of names under the name told.
        (overlays / f"seen_{name}.overlay.yaml").write_text(overlay, encoding="utf-8")
    report = kit.built(tree, verify=True)
    assert not report.skipped
    assert len(report.corrections) >= len(drifts)
    assert any("Proven against the corrected document: " in line for line in report.lines())
    after = json.loads(run_with(tree.root / "generated", ask))
    assert {name: text for name, (drifted, text, _) in after.items() if drifted} == {}
    # Nothing of an answer is lost: it was seen as the corrected document says.
    for name, (_, answer) in drifts.items():
        written = after[name][2]
        assert written in ("", answer), name


@pytest.mark.timeout(120)
def test_one_overlay_after_the_other_keeps_both(tree: Layout, kit: Any, run_with: Callable[[Path, str], str]) -> None:
    kit.write_json(
        tree.openapi / "upstream" / "cyara-v3.json", document({"one": (fields(x=WHOLE), None)}, version="3.0.3")
    )
    overlays = tree.openapi / "overlays"
    overlays.mkdir(exist_ok=True)
    for answer in ({"x": "a"}, {"x": "a", "new": {"y": 1}}, {"x": [1], "new": [2]}, {"x": [1, "b"], "new": [2]}):
        kit.built(tree)
        ask = ASK.format(answers=json.dumps({"one": answer}))
        drifted, text, overlay = json.loads(run_with(tree.root / "generated", ask))["one"]
        assert drifted
        # Where the text says, literally.
        path = tree.root / text.partition("error.overlay() returns as ")[2].partition(" ")[0]
        assert not path.exists()
        path.write_text(overlay, encoding="utf-8")
        kit.built(tree, verify=True)
        drifted, text, _ = json.loads(run_with(tree.root / "generated", ask))["one"]
        assert not drifted, text
    assert len(list(overlays.iterdir())) == 4


def test_an_overlay_of_swagger_aims_at_the_upgraded_form() -> None:
    received = as_swagger(document({"one": (ref("Part"), None)}, version="2.0"))
    assert "Part" in upgrade(received).document["components"]["schemas"]

"""Hostile documents through the whole pipeline: nothing of them runs, leaves the folder, or ends in a traceback."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.document.document import parse_document
from pipeline.errors import PipelineError, UnexpectedError
from pipeline.inspect import check_untrusted, inspect
from pipeline.install.layout import Layout
from pipeline.normalise import NameMap, RuleSwitches, normalise
from pipeline.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = "EXECUTED"
RUNS = f"__import__('pathlib').Path('{MARK}').touch()"
TEXTS = {
    "expression": RUNS,
    "double quotes": f'"; {RUNS}; "',
    "triple quotes": f'"""\n{RUNS}\n"""',
    "single quotes": f"'; {RUNS}; '",
    "backslash": f'\\"""\\\n{RUNS}\n#',
    "jinja": "{{ 7 * 7 }}{% include '/etc/passwd' %}{# x #}",
    "f-string": "{" + RUNS + "}",
    "newline": f"a\n{RUNS}\n",
    "carriage return": f"a\r{RUNS}\r",
    "line separator": f"a\u2028{RUNS}\u2029{RUNS}\x85{RUNS}",
    "traversal": "../../../../" + MARK,
    "windows": "..\\..\\" + MARK + ":x",
    "control": "a\x00b\x1b[31mc\x7f",
    "right to left": "a\u202eb\u2066c",
    "keyword": "class",
    "dunder": "__class__",
    "empty": "",
    "long": "x" * 5000,
    "markdown": "[a](javascript:alert(1)) <script>alert(1)</script>",
    "type comment": f"# type: ignore\n{RUNS}",
}


def everywhere(text: str) -> dict[str, Any]:
    """Return a document with the text wherever a document may hold text."""
    schema: dict[str, Any] = {
        "type": "object",
        "title": text,
        "description": text,
        "required": [text],
        "properties": {
            text: {"type": "string", "default": text, "example": text, "pattern": text, "description": text},
            "kind": {"type": "string", "enum": [text, "a"], "x-enum-varnames": [text, "A"], "default": text},
            "number": {"type": "integer", "enum": [1, 2], "x-enumNames": [text, "Two"]},
            "map": {"type": "object", "additionalProperties": {"type": "string", "description": text}},
        },
        "example": {text: text},
    }
    parameters = [
        {
            "name": text,
            "in": place,
            "required": False,
            "description": text,
            "schema": {"type": "string", "default": text},
        }
        for place in ("query", "header", "cookie")
    ]
    parameters.append({"name": "id", "in": "path", "required": True, "description": text, "schema": {"type": "string"}})
    body = {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": text, "version": text, "description": text, "contact": {"name": text}},
        "servers": [{"url": text, "description": text}],
        "tags": [{"name": text, "description": text}],
        "paths": {
            "/a/{id}": {
                "get": {
                    "tags": [text],
                    "operationId": text,
                    "summary": text,
                    "description": text,
                    "parameters": parameters,
                    "x-evidence": text,
                    "x-source": text,
                    "responses": {"200": body},
                },
                "post": {
                    "tags": ["plain"],
                    "operationId": "plain",
                    "requestBody": body,
                    "parameters": [parameters[-1]],
                    "responses": {"200": body, "default": {"description": text}},
                    "security": [{text: []}],
                },
            },
        },
        "components": {
            "schemas": {"S": schema, text or "E": {"type": "string", "enum": [text, "b"], "description": text}},
            "securitySchemes": {text: {"type": "apiKey", "in": "header", "name": "Authorization", "description": text}},
        },
    }


def everywhere_in_paths(text: str) -> dict[str, Any]:
    """Return a document with the text in the path itself."""
    document = everywhere("plain")
    document["paths"]["/" + text] = {"get": {"operationId": "other", "responses": {"200": {"description": text}}}}
    return document


@pytest.mark.timeout(120)
@pytest.mark.parametrize("where", [everywhere, everywhere_in_paths], ids=["texts", "paths"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_of_the_document_never_runs(tree: Layout, kit: Any, tmp_path: Path, text: str, where: Any) -> None:
    source = kit.write_json(tmp_path / "source" / "hostile.json", where(text))
    outside = kit.snapshot(tmp_path)
    target = Layout(root=tmp_path / "out")
    said = ""
    try:
        report = kit.built(tree, target=target, source=source)
        assert report.operations_importable == report.operations_in_document
    except UnexpectedError:
        raise
    except PipelineError as error:
        said = str(error)
    assert said.isprintable()
    after = kit.snapshot(tmp_path)
    assert {name for name in after.keys() - outside.keys() if not name.startswith("out/")} == set()
    assert not list(tmp_path.rglob(MARK))


def test_a_harmless_document_builds_so_the_others_could(tree: Layout, kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "harmless.json", everywhere("plain"))
    report = kit.built(tree, target=Layout(root=tmp_path / "out"), source=source)
    assert report.operations_importable == 2


JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    [],
    {},
    [None],
    [{}],
    {"": None},
    {"$ref": "#/"},
    {"$ref": "#/a"},
    "#",
]


def mutated(document: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Return a copy with one to four nodes removed, doubled, renamed, swapped, or replaced by junk."""
    result = copy.deepcopy(document)
    for _ in range(dice.randint(1, 4)):
        places = list(_places(result))
        holder, key = dice.choice(places)
        other, other_key = dice.choice(places)
        action = dice.randrange(5)
        if action == 0:
            holder[key] = copy.deepcopy(dice.choice(JUNK))
        elif action == 1:
            holder[key] = copy.deepcopy(other[other_key])
        elif action == 2 and isinstance(holder, dict):
            holder[str(dice.choice(["$ref", "items", "allOf", "enum", "type", "in", "", "x"]))] = holder.pop(key)
        elif action == 3 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            del holder[key]
    return result


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    pending = [node]
    while pending:
        holder = pending.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], (dict, list)) and holder[key]:
                pending.append(holder[key])


def swagger() -> dict[str, Any]:
    """Return a document of the other format, with everything that upgrading touches."""
    return {
        "swagger": "2.0",
        "info": {"title": "Old", "version": "1"},
        "host": "example.org",
        "basePath": "/api",
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["text/plain", "application/json"],
        "paths": {
            "/a/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "type": "integer", "format": "int64"}],
                "get": {
                    "tags": ["a"],
                    "operationId": "A_Get",
                    "parameters": [
                        {
                            "name": "ids",
                            "in": "query",
                            "type": "array",
                            "items": {"type": "string"},
                            "collectionFormat": "csv",
                        }
                    ],
                    "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/A"}}},
                },
                "post": {
                    "tags": ["a"],
                    "operationId": "A_Post",
                    "consumes": ["multipart/form-data"],
                    "parameters": [
                        {"name": "file", "in": "formData", "type": "file"},
                        {"name": "note", "in": "formData", "type": "string"},
                    ],
                    "responses": {"201": {"description": "made", "headers": {"Location": {"type": "string"}}}},
                },
                "put": {
                    "parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/definitions/B"}}],
                    "responses": {"default": {"description": "x"}},
                },
            }
        },
        "definitions": {
            "A": {
                "type": "object",
                "properties": {"x": {"type": "string", "x-nullable": True}},
                "discriminator": "kind",
            },
            "B": {"allOf": [{"$ref": "#/definitions/A"}, {"properties": {"next": {"$ref": "#/definitions/B"}}}]},
        },
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        "security": [{"key": []}],
    }


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(8))
def test_documents_of_any_shape_are_prepared_or_refused(kit: Any, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - shapes of documents, no secret
    rules = RuleSwitches.read(kit.repository / "openapi" / "normalise.yaml")
    outcomes = {"prepared": 0, "refused": 0}
    for document in (kit.pets(), everywhere("plain"), swagger()):
        for _ in range(40):
            changed = mutated(document, dice)
            try:
                received = parse_document(json.dumps(changed).encode(), name="fuzz").data
                check_untrusted(received)
                upgraded = upgrade(received).document
                prepared = normalise(upgraded, names=NameMap(), rules=rules).document
                inspect(prepared)
                outcomes["prepared"] += 1
            except PipelineError:
                outcomes["refused"] += 1
            except Exception as error:
                raise AssertionError(json.dumps(changed)) from error
    assert min(outcomes.values()) > 5, outcomes

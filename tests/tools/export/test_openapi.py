"""`cyara export openapi`: linters of others find nothing, and nothing of the document is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest

from cyara_client.operations import OPERATIONS
from cyara_tools.export.dialects import V30, V31, in_version
from cyara_tools.export.openapi import operations, people_document

from . import npm

ROOT = Path(__file__).resolve().parents[3]
BUNDLED = ROOT / "openapi" / "upstream" / "cyara-v3.json"
NAMES = ("cyara.openapi-3.0.json", "cyara.openapi-3.1.json")
PARSER = """
const parser = require("@apidevtools/swagger-parser");
(parser.default || parser).validate(process.argv[1]).then(
    () => console.log(JSON.stringify(null)), (error) => console.log(JSON.stringify(error.message)));
"""


def export(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CYARA_")}
    command = [sys.executable, "-m", "cyara_tools.cli", "export", "openapi", str(folder), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=50, check=False)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openapi") / "made"
    done = export(folder, "--base-url", "https://portal.example/cyarawebapi")
    assert done.returncode == 0, done.stderr
    return folder


def documents(exported: Path) -> list[Path]:
    return [exported / NAMES[0], exported / NAMES[1], BUNDLED]


@pytest.mark.parametrize("index", range(3), ids=("3.0", "3.1", "bundled"))
def test_redocly_finds_nothing(exported: Path, index: int, tmp_path: Path):
    # In an empty folder, where no configuration and no ignore file is found.
    done = npm.run(
        "redocly", "lint", "--extends", "recommended", "--format", "json", str(documents(exported)[index]), cwd=tmp_path
    )
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert (done.returncode, found["totals"]["errors"], found["totals"]["warnings"]) == (0, 0, 0), found["problems"]


@pytest.mark.parametrize("index", range(3), ids=("3.0", "3.1", "bundled"))
def test_spectral_finds_nothing(exported: Path, index: int, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text("extends: ['spectral:oas']\n", encoding="utf-8")
    done = npm.run(
        *("spectral", "lint", "--ruleset", "rules.yaml", "--fail-severity", "hint", "--format", "json", "--quiet"),
        str(documents(exported)[index]),
        cwd=tmp_path,
    )
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr


@pytest.mark.parametrize("index", range(3), ids=("3.0", "3.1", "bundled"))
def test_swagger_parser_takes_it(exported: Path, index: int):
    assert npm.node(PARSER, str(documents(exported)[index])) is None


def test_a_linter_that_finds_something_is_seen(tmp_path: Path):
    document = json.loads(BUNDLED.read_text("utf-8"))
    del document["info"]["license"]
    document["components"]["schemas"]["LastResult"]["properties"]["result"] = {"nullable": True}
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    done = npm.run("redocly", "lint", "--extends", "recommended", "--format", "json", str(file), cwd=tmp_path)
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["totals"]["errors"] > 0
    assert found["totals"]["warnings"] > 0


def test_operation_ids_tags_and_paths_are_those_of_the_document(exported: Path):
    original = json.loads(BUNDLED.read_text("utf-8"))
    expected = [(path, method, op["operationId"], op["tags"]) for path, method, op in operations(original)]
    assert len(expected) == len(OPERATIONS)
    for name, version in zip(NAMES, (V30, V31), strict=True):
        document = json.loads((exported / name).read_text("utf-8"))
        assert document["openapi"] == version
        assert [(path, method, op["operationId"], op["tags"]) for path, method, op in operations(document)] == expected


def test_the_server_has_a_variable_for_the_portal_and_the_scheme_says_its_exact_value(exported: Path, tmp_path: Path):
    for name in NAMES:
        document = json.loads((exported / name).read_text("utf-8"))
        (server,) = document["servers"]
        assert server["url"] == "https://{portal}/cyarawebapi"
        assert server["variables"]["portal"]["default"] == "portal.example"
        (scheme,) = document["components"]["securitySchemes"].values()
        assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Authorization")
        assert "`ApiKey key:token`" in scheme["description"]
    done = export(tmp_path, "--json")
    assert json.loads(done.stdout)["base_url"] is None
    document = json.loads((tmp_path / NAMES[0]).read_text("utf-8"))
    # A host that leads nowhere: nobody's credential is sent to a portal that they did not name.
    assert document["servers"][0]["variables"]["portal"]["default"].endswith(".invalid")


def test_a_file_in_place_of_the_folder_is_refused_in_a_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    done = export(tmp_path / "file")
    assert done.returncode == 7
    assert "Nothing was written. Next:" in done.stderr
    assert (tmp_path / "file").read_text("utf-8") == "kept"


def schema_of(document: dict[str, Any], name: str) -> Any:
    return document["components"]["schemas"][name]


def small(version: str, **schemas: Any) -> dict[str, Any]:
    return {
        "openapi": version,
        "info": {"title": "Small", "version": "1"},
        "paths": {
            "/things": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "Things.",
                            "content": {
                                "application/json": {
                                    "schema": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}
                                }
                            },
                        }
                    }
                }
            }
        },
        "components": {"schemas": schemas},
    }


@pytest.mark.parametrize(
    ("in_30", "in_31"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "enum": ["a", None], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 1}),
        ({"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
        ({"type": "string", "format": "binary"}, {"type": "string", "contentMediaType": "application/octet-stream"}),
        ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
        (
            {"type": "object", "properties": {"example": {"type": "number", "nullable": True}}},
            {"type": "object", "properties": {"example": {"type": ["number", "null"]}}},
        ),
    ],
)
def test_a_schema_is_the_same_in_either_version(in_30: dict[str, Any], in_31: dict[str, Any]):
    assert schema_of(in_version(small(V30, One=in_30), V31), "One") == in_31
    back = schema_of(in_version(small(V31, One=in_31), V30), "One")
    assert {key: back[key] for key in in_30} == in_30


def test_what_may_be_null_beside_a_reference_says_its_type_in_3_0():
    kind = {"type": "string", "enum": ["a"]}
    made = in_version(
        small(V31, Kind=kind, One={"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}]}), V30
    )
    assert schema_of(made, "One") == {
        "type": "string",
        "allOf": [{"$ref": "#/components/schemas/Kind"}],
        "nullable": True,
    }
    back = schema_of(in_version(made, V31), "One")
    assert back == {"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}]}


@pytest.mark.parametrize("version", [V30, V31])
@pytest.mark.parametrize("received", ["3.0.1", "3.1.0"])
def test_a_bare_document_gets_what_importers_want(version: str, received: str):
    document = small(received, One={"type": "object"}, Unused={"type": "string"})
    del document["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"][1]
    made = people_document(document, version)
    openapi_spec_validator.validate(made)
    assert list(made["components"]["schemas"]) == ["One"]
    ((_, _, operation),) = operations(made)
    assert operation["operationId"]
    assert operation["tags"] == ["Other"]
    assert "401" in operation["responses"]
    assert document["openapi"] == received

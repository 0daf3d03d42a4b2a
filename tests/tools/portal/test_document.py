"""The bundled document: complete, valid, and honest about what is known and what is guessed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENAPI = Path(__file__).parents[3] / "openapi"
DOCUMENT: dict[str, Any] = json.loads((OPENAPI / "upstream" / "cyara-v3.json").read_text("utf-8"))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]

EVIDENCE = {
    "documented": {"GetTestCases", "GetUser"},
    "observed": {
        "GetCampaigns",
        "GetCampaign",
        "GetCampaignRuns",
        "GetCampaignRun",
        "GetCampaignRunResults",
        "GetPlans",
        "GetPlan",
        "GetFolders",
        "GetFolderContents",
    },
    "inferred": {
        "GetTestCase",
        "ImportTestCases",
        "ExecuteTestCase",
        "ExportTestCase",
        "GetTestResultDetails",
        "CreateCampaign",
        "UpdateCampaign",
        "DeleteCampaign",
        "ExecuteCampaign",
        "GetUsers",
        "GetUserRoles",
        "GetUserAccounts",
        "CreateUser",
        "CreateUsersBulk",
        "AttachUserToAccount",
        "AttachUsersToAccountBulk",
        "DetachUserFromAccount",
        "DeleteUser",
    },
}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


OPERATIONS = {operation["operationId"]: (path, method, operation) for path, method, operation in operations()}


def as_json_schema(node: Any) -> Any:
    """Rewrite OpenAPI 3.0's `nullable` into JSON Schema, so that an ordinary validator takes the examples."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    # Examples are left out too: their values are data, and a member called `nullable` in them is no keyword.
    plain = {key: as_json_schema(value) for key, value in node.items() if key not in {"nullable", "example"}}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


def check(value: object, schema: dict[str, Any]) -> None:
    whole = {**as_json_schema(schema), "components": {"schemas": as_json_schema(SCHEMAS)}}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def test_it_is_valid_openapi_3_0_3() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.0.3"


def test_it_has_the_29_operations_once_each() -> None:
    assert sum(1 for _ in operations()) == 29
    assert len(OPERATIONS) == 29
    assert all(path.startswith("/v3.0/") for path, _, _ in OPERATIONS.values())


@pytest.mark.parametrize("mark", sorted(EVIDENCE))
def test_each_operation_carries_its_evidence(mark: str) -> None:
    marked = {name for name, (_, _, operation) in OPERATIONS.items() if operation["x-evidence"] == mark}
    assert marked == EVIDENCE[mark]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation(name: str) -> None:
    path, _, operation = OPERATIONS[name]
    assert operation["x-source"].strip()
    assert operation["security"] == [{"ApiKey": []}]
    assert len(operation["tags"]) == 1
    # A proper subset, as every operation has a success beside these.
    assert {"400", "401", "403", "404", "409", "429", "500"} < set(operation["responses"])
    named = {p["name"] for p in map(resolve, operation.get("parameters", [])) if p["in"] == "path"}
    assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


@pytest.mark.parametrize("name", sorted(EVIDENCE["inferred"]))
def test_an_inferred_operation_says_so_in_words(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    assert "inferred" in operation["description"]
    assert "infer" in operation["x-source"]


def test_errors_are_problem_details() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        (media,) = response["content"]
        assert media == "application/problem+json"
        assert response["content"][media]["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}
        check(response["content"][media]["example"], SCHEMAS["ProblemDetails"])


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_schema_has_an_example_that_fits_it(name: str) -> None:
    check(SCHEMAS[name]["example"], SCHEMAS[name])


def test_a_wrong_example_would_be_noticed() -> None:
    with pytest.raises(Exception, match="is not of type 'integer'"):
        check({"runId": "55120"}, SCHEMAS["CampaignRun"])


def test_each_parameter_has_an_example_that_fits_it() -> None:
    for operation in (operation for _, _, operation in operations()):
        for parameter in map(resolve, operation.get("parameters", [])):
            check(parameter["example"], parameter["schema"])


def test_pages_have_the_documented_envelope() -> None:
    # Counted, so that a renamed schema cannot drop out of the loop unnoticed.
    pages = [name for name in SCHEMAS if name.endswith("Page")]
    assert len(pages) == 7
    for name in pages:
        assert set(SCHEMAS[name]["properties"]) == {
            "firstPage",
            "lastPage",
            "nextPage",
            "previousPage",
            "results",
            "totalResults",
        }
        assert "totalResults" not in SCHEMAS[name]["required"]


def test_the_stated_nullables_are_nullable() -> None:
    for schema, name in (
        ("CampaignSummary", "lastRunDate"),
        ("Campaign", "concurrency"),
        ("Campaign", "testCases"),
        ("Campaign", "frequency"),
        ("Campaign", "schedules"),
        ("Campaign", "requestedRunDate"),
        ("CampaignRun", "endDate"),
        ("Folder", "parentFolderId"),
        ("Folder", "name"),
        ("LastResult", "result"),
        ("TestResult", "result"),
    ):
        assert SCHEMAS[schema]["properties"][name]["nullable"] is True


def test_export_answers_xml_and_import_takes_a_file() -> None:
    export = OPERATIONS["ExportTestCase"][2]["responses"]["200"]["content"]
    assert list(export) == ["application/xml"]
    upload = OPERATIONS["ImportTestCases"][2]["requestBody"]["content"]
    assert list(upload) == ["multipart/form-data"]


def test_the_key_travels_in_the_authorization_header_and_nowhere_else() -> None:
    (scheme,) = DOCUMENT["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Authorization")


def test_no_operation_is_public() -> None:
    listed = yaml.safe_load((OPENAPI / "public-operations.yaml").read_text("utf-8"))
    assert listed == {"extends": DOCUMENT["info"]["title"], "operations": []}


def test_the_provenance_counts_what_the_document_says() -> None:
    text = (OPENAPI / "upstream" / "PROVENANCE.md").read_text("utf-8")
    for mark, count in Counter(operation["x-evidence"] for _, _, operation in operations()).items():
        assert f"| `{mark}` |" in text
        assert f"| {count}: " in text

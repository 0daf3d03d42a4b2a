"""The marks of the bundled document say no more than the sources in `openapi/sources.yaml` show."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
SOURCES: list[dict[str, Any]] = yaml.safe_load((OPENAPI / "sources.yaml").read_text("utf-8"))["sources"]
LEVELS = ("inferred", "observed", "documented")


def bundled() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((OPENAPI / "upstream/cyara-v3.json").read_text("utf-8"))
    if "reconstruction" not in document["info"].get("description", ""):
        pytest.skip("the document in openapi/upstream is a portal's own, and makes no such claims")
    return document


def operations_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }


def best(levels: list[str]) -> str:
    return max(levels, key=LEVELS.index, default="inferred")


def wrong_claims(document: dict[str, Any], sources: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each mark or source of the document that the list of sources does not bear out."""
    for name, operation in operations_of(document).items():
        shown = {s["cite"]: s["shows"]["operations"][name] for s in sources if name in s["shows"].get("operations", {})}
        if not shown:
            yield f"{name} has no source in the list"
        if operation.get("x-source") != "; ".join(f"{cite}: {claim['says']}" for cite, claim in shown.items()):
            yield f"{name} has another x-source than the list"
        if operation.get("x-evidence") != best([claim["evidence"] for claim in shown.values()]):
            yield f"{name} is not {operation.get('x-evidence')}"
    for name, schema in document["components"]["schemas"].items():
        claims = [s["shows"]["schemas"][name] for s in sources if name in s["shows"].get("schemas", {})]
        # A source of a single field shows nothing of the schema around it.
        whole = best([claim["evidence"] for claim in claims if "fields" not in claim or len(claim["fields"]) > 1])
        if schema.get("x-evidence") != whole:
            yield f"{name} is not {schema.get('x-evidence')}"
        for field, value in schema.get("properties", {}).items():
            levels = [claim["evidence"] for claim in claims if field in claim.get("fields", schema["properties"])]
            if value.get("x-evidence", schema.get("x-evidence")) != best(levels):
                yield f"{name}.{field} is not {value.get('x-evidence', schema.get('x-evidence'))}"


def test_every_mark_is_borne_out_by_a_source():
    assert list(wrong_claims(bundled(), SOURCES)) == []


def test_the_list_speaks_of_nothing_that_the_document_does_not_have():
    document = bundled()
    known = {"operations": operations_of(document), "schemas": document["components"]["schemas"]}
    for source in SOURCES:
        for kind, claims in source["shows"].items():
            assert claims.keys() <= known[kind].keys(), source["cite"]


def test_what_was_seen_of_no_operation_is_not_among_the_operations_that_were_seen():
    # The page number of these lists is a guess, though the lists themselves were observed.
    document = bundled()
    parameters = document["components"]["parameters"]
    for name in ("GetCampaignRuns", "GetCampaignRunResults", "GetPlans", "GetFolderContents"):
        used = [
            parameters[q["$ref"].rpartition("/")[2]] for q in operations_of(document)[name]["parameters"] if "$ref" in q
        ]
        assert [q["x-evidence"] for q in used if q["name"] == "pageno"] == ["inferred"], name


def test_the_note_beside_the_document_counts_as_the_document_does():
    operations = operations_of(bundled())
    note = (OPENAPI / "upstream/PROVENANCE.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d+: [^|]+) \|$", note, re.MULTILINE))
    for level in LEVELS:
        names = [name for name, operation in operations.items() if operation["x-evidence"] == level]
        count, _, listed = rows[level].partition(": ")
        assert int(count) == len(names), level
        assert listed == "all others" or sorted(listed.split(", ")) == sorted(names)


def more_evidence(document: dict[str, Any]) -> None:
    operations_of(document)["ExecuteCampaign"]["x-evidence"] = "observed"


def unknown_source(document: dict[str, Any]) -> None:
    operations_of(document)["GetPlans"]["x-source"] = "a blog post: the request and its answer"


def more_of_a_source(document: dict[str, Any]) -> None:
    operation = operations_of(document)["CreateUser"]
    operation["x-source"] = operation["x-source"].replace("the name; path and body are inferred", "the whole request")


def one_source_left_out(document: dict[str, Any]) -> None:
    operation = operations_of(document)["ExecuteCampaign"]
    operation["x-source"] = operation["x-source"].partition("; A publicly")[0]


def an_undocumented_field(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["TestCaseSummary"]["properties"]["url"] = {"type": "string"}


def a_schema_beyond_its_fields(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["TestResult"]["x-evidence"] = "observed"


def an_operation_from_nowhere(document: dict[str, Any]) -> None:
    document["paths"]["/v3.0/reports"] = {"get": {"operationId": "GetReports", "x-evidence": "inferred"}}


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (more_evidence, "ExecuteCampaign is not observed"),
        (unknown_source, "GetPlans has another x-source than the list"),
        (more_of_a_source, "CreateUser has another x-source than the list"),
        (one_source_left_out, "ExecuteCampaign has another x-source than the list"),
        (an_undocumented_field, "TestCaseSummary.url is not documented"),
        (a_schema_beyond_its_fields, "TestResult is not observed"),
        (an_operation_from_nowhere, "GetReports has no source in the list"),
    ],
)
def test_a_claim_too_many_is_found(plant: Callable[[dict[str, Any]], None], found: str):
    document = copy.deepcopy(bundled())
    plant(document)
    assert found in list(wrong_claims(document, SOURCES))

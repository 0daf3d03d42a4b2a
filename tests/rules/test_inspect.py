"""The two gates refuse what must not become code, each with one sentence, and let everything else through."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pipeline.errors import RefusedDocumentError
from pipeline.inspect import check_untrusted, count_operations, inspect
from pipeline.normalise import NameMap, RuleSwitches, normalise

OK = {"200": {"description": "OK"}}
GOOD: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "T", "version": "1"},
    "paths": {"/x/{id}": {"get": {"responses": OK}, "GET ": {}, "parameters": []}, "x-extension": 1},
    "components": {"schemas": {"A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/A"}}}}},
}


def refusal(check: Any, document: dict[str, Any]) -> str:
    with pytest.raises(RefusedDocumentError) as caught:
        check(document)
    sentence = str(caught.value)
    assert sentence.endswith("Nothing was changed.")
    assert sentence.isprintable()
    assert len(sentence) < 400
    return sentence


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (None, "no 'paths'"),
        ([], "no 'paths'"),
        ({}, "no operations"),
        ({"/x": {}}, "no operations"),
        ({"/x": "y"}, "no object"),
        ({"/x": {"get": "y"}}, "no object"),
        ({"/x": {"get": {"parameters": "y"}}}, "no list"),
        ({"/x": {"parameters": ["y"], "get": {}}}, "no list"),
        ({"/x\ny": {"get": {}}}, "characters"),
        ({"/" + "x" * 5000: {"get": {}}}, "too long"),
        ({"/x": {"get": {}, "GET": {}}}, "twice"),
        ({"/x": {"get": {}, "query": {}}}, "OpenAPI 3.2 added (query)"),
        ({"/x": {"get": {}, "additionalOperations": {"COPY": {}}}}, "OpenAPI 3.2 added (additionaloperations)"),
    ],
)
def test_a_frame_that_is_none_is_refused(paths: Any, said: str) -> None:
    document = {"openapi": "3.0.1"} if paths is None else {"openapi": "3.0.1", "paths": paths}
    assert said in refusal(check_untrusted, document)


def test_a_good_document_passes_both_gates() -> None:
    check_untrusted(GOOD)
    assert count_operations(GOOD) == 1
    effective = normalise(GOOD, names=NameMap(), rules=RuleSwitches()).document
    inspect(effective)
    assert count_operations(effective) == 1


def normalised(document: dict[str, Any]) -> None:
    normalise(document, names=NameMap(), rules=RuleSwitches())


def effective() -> dict[str, Any]:
    return copy.deepcopy(normalise(GOOD, names=NameMap(), rules=RuleSwitches()).document)


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "", "class", "_x", "Get", "a" * 101, "a\nb", "__init__", "a.b", "1a"]
)
@pytest.mark.parametrize("member", ["operationId", "tags"])
def test_a_name_that_is_no_plain_identifier_is_refused(member: str, name: str) -> None:
    document = effective()
    document["paths"]["/x/{id}"]["get"][member] = [name] if member == "tags" else name
    assert "cannot become a file name" in refusal(inspect, document)


@pytest.mark.parametrize("name", ["../evil", "", "Any", "Exception", "a-b", "A" * 101, "A\n", "Response", "Con"])
def test_a_class_name_that_is_none_is_refused(name: str) -> None:
    document = effective()
    document["components"]["schemas"][name] = {"type": "object"}
    assert "class name" in refusal(inspect, document)


def test_nothing_may_overwrite_anything() -> None:
    document = effective()
    document["paths"]["/y"] = {"get": {**document["paths"]["/x/{id}"]["get"], "parameters": []}}
    assert "the module" in refusal(inspect, document)
    document["paths"]["/y"]["get"]["operationId"] = "other"
    assert "the id" in refusal(inspect, document)
    document = effective()
    document["components"]["schemas"]["a"] = {"type": "object"}
    assert "the module" in refusal(inspect, document)


def test_every_reference_leads_somewhere() -> None:
    document = effective()
    document["components"]["schemas"]["A"]["properties"]["c"] = {"$ref": "#/components/schemas/Gone"}
    assert "leads nowhere" in refusal(inspect, document)


@pytest.mark.parametrize("path", ["/x", "/x/{id}/{other}", "/x/{id}/{id}", "/x/{id}/{", "/x/}{id}"])
def test_path_and_parameters_agree(path: str) -> None:
    document = effective()
    document["paths"] = {path: document["paths"]["/x/{id}"]}
    assert "do not agree" in refusal(inspect, document)


def test_a_document_that_grows_without_bound_is_refused() -> None:
    """Shared parts are written out: 400 answers of 10,000 nodes each are 4 million nodes."""
    big = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(5_000)}}
    shared = {"$ref": "#/components/responses/Big"}
    document = {
        "openapi": "3.0.1",
        "paths": {f"/x{n}": {"get": {"responses": {"200": shared}}} for n in range(400)},
        "components": {"responses": {"Big": {"description": "x", "content": {"application/json": {"schema": big}}}}},
    }
    assert "grows" in refusal(normalised, document)


def test_a_chain_of_parts_without_end_is_refused() -> None:
    chain = {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}, {"type": "object"}]} for n in range(3_000)}
    document = {**GOOD, "components": {"schemas": {**chain, "S3000": {"type": "object"}}}}
    assert "too deeply" in refusal(normalised, document)

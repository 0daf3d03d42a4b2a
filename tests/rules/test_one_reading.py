"""One reading of a document: rules, router and sampler take every spelling for the same operation, place and value.

A plain document is respelled as documents of ASP.NET servers are: blanks, case, constraints, marks, defaults that
cannot be sent, addresses that are also pages of the local portal. Whatever the spelling, each operation has to be found
by the request that the rules make of it, with values that the sampler makes.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pipeline.build import build
from pipeline.document.json_nodes import METHODS
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.normalise import NameMap, RuleSwitches, normalise
from pipeline.normalise.member_names import WIRE_NAMES
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport

from cyara_client._request import Parameter, url_and_headers
from cyara_tools.portal.document import Document, ServedParameter
from cyara_tools.portal.request_validator import IncomingRequest, RequestValidator
from cyara_tools.portal.routing import Router
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.synthesis import Synthesis

REPOSITORY = Layout(root=Path(__file__).resolve().parents[2])
BLANKS = st.sampled_from(["", "", " ", "  ", "\t"])
RESERVED = ("/swagger", "/swagger/", "/Swagger/index.html", "/swagger/v3/swagger.json", "/{page}", "/")
KINDS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "id": ({"type": "integer", "format": "int32"}, (":int", ":int:min(1)", ":long", "")),
    "lat": ({"type": "number", "format": "double"}, (":double", ":decimal", "")),
    "key": ({"type": "string", "format": "uuid"}, (":guid", "")),
    "day": ({"type": "string", "format": "date"}, (":datetime", "")),
    "code": ({"type": "string"}, (":alpha", ":regex(^\\\\w{{1,9}}$)", ":length(1,20)", "=x", "")),
    "rest": ({"type": "string"}, ("",)),
}
ODD_DEFAULTS: tuple[Any, ...] = ("", ".", "..", " x ", "Zürich", "a\nb", 7, -1.5, True, None, [], {}, "7", "true")
FORMATS = {"integer": ("Int32", "INT64"), "number": ("Double", "float"), "string": ("Date-Time", "UUID", "TimeSpan")}


def _any_case(draw: Any, text: str) -> str:
    return str(draw(st.sampled_from([text, text.upper(), text.title()])))


def _padded(draw: Any, text: str) -> str:
    return f"{draw(BLANKS)}{text}{draw(BLANKS)}"


def _schema(draw: Any, schema: dict[str, Any], *, odd: bool = True) -> dict[str, Any]:
    """Respell a schema, with a default or example that may not fit."""
    found = {key: _any_case(draw, value) for key, value in schema.items()}
    if "format" not in schema and draw(st.booleans()):
        found["format"] = draw(st.sampled_from(FORMATS[schema["type"]]))
    if odd and draw(st.booleans()):
        found[draw(st.sampled_from(["default", "example"]))] = draw(st.sampled_from(ODD_DEFAULTS))
    return found


def _path_parameter(draw: Any, name: str) -> tuple[str, dict[str, Any]]:
    """Return a placeholder and the parameter that belongs to it, each in a spelling of its own."""
    schema, constraints = KINDS[name]
    constraint = draw(st.sampled_from(constraints))
    star = draw(st.sampled_from(["*", "**"])) if name == "rest" else ""
    inner = f"{star}{_any_case(draw, name)}{constraint}"
    spelled = draw(st.sampled_from([name, inner, _padded(draw, name), name.upper()]))
    parameter = {"name": spelled, "in": _any_case(draw, "path"), "required": True, "schema": _schema(draw, schema)}
    return "{" + draw(st.sampled_from(["", " "])) + inner + "}", parameter


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """Draw a document of a few operations, each spelled differently."""
    paths: dict[str, Any] = {}
    count = draw(st.integers(1, 4))
    for number in range(count):
        parameters: list[dict[str, Any]] = []
        path = f"/things{number}"
        for name in draw(st.lists(st.sampled_from(["id", "lat", "key", "day", "code"]), max_size=3, unique=True)):
            placeholder, parameter = _path_parameter(draw, name)
            path += "/" + placeholder
            parameters.append(parameter)
        if draw(st.booleans()):
            placeholder, parameter = _path_parameter(draw, "rest")
            path += "/" + placeholder
            parameters.append(parameter)
        for place, name in (("query", "count"), ("header", "X-Trace"), ("cookie", "seen"), ("header", "Host")):
            if draw(st.booleans()):
                schema = _schema(draw, {"type": draw(st.sampled_from(["string", "integer"]))})
                spelled = name if place == "query" else _padded(draw, name)
                parameters.append({"name": spelled, "in": _any_case(draw, place), "schema": schema, "required": True})
        path = draw(st.sampled_from([path, path, draw(st.sampled_from(RESERVED))]))
        if path == "/{page}":
            parameters = [{"name": "page", "in": "path", "required": True, "schema": {"default": "swagger"}}]
        elif path in RESERVED:
            parameters = []
        answer = {_padded(draw, _any_case(draw, "application/json")): {"schema": _schema(draw, {"type": "string"})}}
        status = draw(st.sampled_from(["200", " 200", "200 OK", "2xx", "Default"]))
        paths[_padded(draw, path)] = {
            _any_case(draw, draw(st.sampled_from(["get", "put"]))): {
                "operationId": f"Get{number}",
                "tags": ["things"],
                "parameters": draw(st.permutations(parameters)),
                "responses": {status: {"description": "ok", "content": answer}},
            }
        }
    return {"openapi": "3.0.1", "info": {"title": "Respelled", "version": "1"}, "paths": paths}


def _one(path: str, parameter: dict[str, Any]) -> dict[str, Any]:
    operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    return {"openapi": "3.0.1", "info": {"title": "One", "version": "1"}, "paths": {path: {"get": operation}}}


def _effective_operations(effective: dict[str, Any]) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
    return {
        (method.upper(), item[method]["x-cyara-path"]): (path, item[method])
        for path, item in effective["paths"].items()
        for method in METHODS
        if method in item
    }


def _request(path: str, operation: dict[str, Any], wires: dict[str, str], values: dict[str, Any]) -> tuple[str, Any]:
    """Spell a request of the operation as the rules left it, with values by place and name on the wire."""
    rows = tuple(
        Parameter(p["in"], wires.get(p["name"], p["name"]), p["name"], "form" if p["in"] == "query" else "simple")
        for p in operation["parameters"]
    )
    return url_and_headers(
        path.partition("#")[0], rows, {row.name: values[f"{row.location}.{row.wire}"] for row in rows}
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
@example(document=_one("/t/{lat:double}", {"name": "LAT", "in": "path", "schema": {"type": "number"}}))
@example(document=_one("/r/{file}", {"name": "file", "in": "path", "schema": {"type": "string", "default": ""}}))
@example(document=_one("/r/{a}/{A}", {"name": "a", "in": "path", "schema": {"type": "integer"}}))
@example(document=_one("/r/{id}/to/{id}", {"name": "id", "in": "path", "schema": {"type": "integer"}}))
@example(document=_one("/r", {"name": "X-A", "in": "header", "schema": {"type": "string", "default": "Zürich"}}))
@example(document=_one("/r", {"name": "X-A", "in": "header", "schema": {"type": "string", "example": " x "}}))
def test_rules_router_and_sampler_agree(document: dict[str, Any]) -> None:
    result = normalise(document, names=NameMap(), rules=RuleSwitches())
    wires = result.document.get(WIRE_NAMES, {})
    generated = _effective_operations(result.document)
    view = Document(document)
    shapes = Shapes(view)
    router, validator = Router(view.operations), RequestValidator(document=view, shapes=shapes)
    assert generated.keys() == {(served.method, served.path) for served in view.operations}
    for served in view.operations:
        path, operation = generated[served.method, served.path]
        by_rules = {(p["in"], wires.get(p["name"], p["name"])): p for p in operation["parameters"]}
        assert by_rules.keys() == {(p.location, p.name) for p in served.parameters}
        for parameter in served.parameters:
            rule = by_rules[parameter.location, parameter.name]["schema"]
            shape = shapes.of(parameter.schema)
            assert rule.get("type") == (shape.types[0] if shape.types else None)
            # Not only the same on both sides, but what the plain document said.
            if parameter.location == "path" and parameter.name.lower() in KINDS:
                assert rule["type"] == KINDS[parameter.name.lower()][0]["type"]
        values = {f"{p.location}.{p.name}": _sample(p, shapes) for p in served.parameters}
        url, headers = _request(path, operation, wires, values)
        route, _, query = url.partition("?")
        # As an HTTP client spells what may not stand in an address.
        request = IncomingRequest(
            method=served.method,
            path=quote(route, safe="/%"),
            query=query,
            headers=[(name.lower(), value.encode("ascii").strip().decode()) for name, value in headers.items()],
            body=b"",
        )
        found = [fitting for fitting in router.candidates(request.path, query, served.method) if fitting[0] is served]
        assert found, (served.path, request.path)
        validated = validator.validate(*found[0], request)
        assert not validated.reasons, (served.path, url, headers)
        assert {name: str(value) for name, value in validated.values.items()} == {k: str(v) for k, v in values.items()}


def _sample(parameter: ServedParameter, shapes: Shapes) -> Any:
    return Synthesis(shapes=shapes, in_request=True, place=parameter.location).value(parameter.schema)


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=documents())
def test_every_operation_is_built_and_verified_however_it_is_spelled(document: dict[str, Any]) -> None:
    report = BuildReport()
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "document.json")
        source.write_text(json.dumps(document), encoding="utf-8")
        target = Layout(root=Path(name, "out"))
        request = BuildRequest(repository=REPOSITORY, target=target, source=source, verify=True)
        build(request, StageProgress(display=Silent()), report)
    total = sum(len(item) for item in document["paths"].values())
    assert report.operations_generated == report.operations_importable == total
    assert report.requests_valid == [total, total]
    assert all(good == asked for good, asked in report.answers.values())

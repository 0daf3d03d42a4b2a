"""Paths and operations of Swagger 2.0, with their bodies and answers, as OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import METHODS, is_list, is_mapping
from pipeline.upgrade.parameters import body_of, upgrade_parameter
from pipeline.upgrade.schemas import upgrade_schema

if TYPE_CHECKING:
    from pipeline.upgrade.source import Source

# Swagger 2.0 has no `trace`: a key of that name in a path item is no operation there.
_METHODS = frozenset(METHODS) - {"trace"}
_IN_BODY = frozenset({"body", "formData"})
_BINARY = {"type": "string", "format": "binary"}
_MOVED = frozenset({"parameters", "responses", "consumes", "produces", "schemes"})


def upgrade_paths(source: Source) -> dict[str, Any]:
    """Return ``paths``; whatever is no object is passed on for the later stages to judge."""
    paths = source.document.get("paths")
    if not is_mapping(paths):
        return {}
    return {path: _path_item(path, item, source) if is_mapping(item) else item for path, item in paths.items()}


def _path_item(path: str, item: dict[str, Any], source: Source) -> dict[str, Any]:
    pointer = "/paths/" + path.replace("~", "~0").replace("/", "~1")
    shared = _parameters(item, source)
    result: dict[str, Any] = {}
    for key, value in item.items():
        if key == "parameters":
            outside = [parameter for parameter in shared if str(parameter.get("in")) not in _IN_BODY]
            result[key] = [upgrade_parameter(parameter, pointer, source) for parameter in outside]
        elif key.lower() in _METHODS and is_mapping(value):
            result[key] = _operation(value, shared, f"{pointer}/{key}", source)
        else:
            result[key] = value
    return result


def _parameters(holder: dict[str, Any], source: Source) -> list[dict[str, Any]]:
    listed = holder.get("parameters")
    return [source.resolve(entry, "parameters") for entry in listed] if is_list(listed) else []


def _operation(operation: dict[str, Any], shared: list[dict[str, Any]], where: str, source: Source) -> dict[str, Any]:
    result = {key: value for key, value in operation.items() if key not in _MOVED}
    own = _parameters(operation, source)
    outside = [parameter for parameter in own if str(parameter.get("in")) not in _IN_BODY]
    if outside:
        result["parameters"] = [upgrade_parameter(parameter, where, source) for parameter in outside]
    in_body = [parameter for parameter in own if str(parameter.get("in")) in _IN_BODY]
    in_body += [parameter for parameter in shared if str(parameter.get("in")) in _IN_BODY and not in_body]
    body = body_of(in_body, source.consumes(operation), where, source)
    if body is not None:
        result["requestBody"] = body
    produces = source.produces(operation)
    responses = operation.get("responses")
    if is_mapping(responses):
        result["responses"] = {
            status: response if status.startswith("x-") else _response(source.resolve(response, "responses"), produces)
            for status, response in responses.items()
        }
    return result


def _response(response: dict[str, Any], produces: list[str]) -> dict[str, Any]:
    result = {key: value for key, value in response.items() if key not in {"schema", "headers", "examples"}}
    result.setdefault("description", "")
    headers = response.get("headers")
    if is_mapping(headers):
        result["headers"] = {name: _header(header) for name, header in headers.items() if is_mapping(header)}
    content = _content(response, produces)
    if content:
        result["content"] = content
    return result


def _header(header: dict[str, Any]) -> dict[str, Any]:
    outside = {key: value for key, value in header.items() if key == "description" or key.startswith("x-")}
    inside = {key: value for key, value in header.items() if key not in outside and key != "collectionFormat"}
    return {**outside, "schema": upgrade_schema(inside)}


def _content(response: dict[str, Any], produces: list[str]) -> dict[str, Any]:
    examples = response.get("examples")
    samples: dict[str, Any] = examples if is_mapping(examples) else {}
    schema = response.get("schema")
    if schema is None:
        return {}
    if is_mapping(schema) and schema.get("type") == "file":
        kinds = [kind for kind in produces if "json" not in kind] or ["application/octet-stream"]
        return {kind: {"schema": dict(_BINARY)} for kind in kinds}
    upgraded = upgrade_schema(schema)
    content: dict[str, Any] = {kind: {"schema": upgraded} for kind in produces}
    for kind, sample in samples.items():
        if kind in content:
            content[kind]["example"] = sample
    return content

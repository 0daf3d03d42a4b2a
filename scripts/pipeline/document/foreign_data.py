"""What JSON or YAML data is that is no OpenAPI document: other descriptions, collections of requests, answers.

Each kind is told by the members that only it has. They are asked for only where `openapi` and `swagger` are missing, so
that no real document is taken for something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import as_mapping, as_text, is_list, is_mapping, mapping, members
from pipeline.document.refusal import SAVE_IT, SIGN_IN, Reason
from pipeline.errors import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


TAKEN = "Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are taken"

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _SERVER_ERROR = 401, 403, 404, 500

# A member that only this kind has, at the top, and what the kind is; the version in that member is shown.
_BY_VERSION = {
    "asyncapi": "an AsyncAPI document",
    "openrpc": "an OpenRPC document",
    "arazzo": "an Arazzo document, which describes workflows",
    "raml": "a RAML document",
    "smithy": "a Smithy model",
    "swaggerVersion": "a document of Swagger",
}
_BRUNO = {"version", "name", "type", "ignore", "presets", "proxy", "scripts"}
_BY_MEMBERS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("a Postman collection", lambda top: _is_postman(top) or _is_postman(mapping(top, "collection"))),
    ("a Postman environment", lambda top: "_postman_variable_scope" in top),
    ("an export of Insomnia", lambda top: "__export_format" in top or "insomnia" in as_text(top.get("type"))),
    ("a collection of Bruno", lambda top: "brunoConfig" in top or {"version", "name", "type"} <= top.keys() <= _BRUNO),
    ("a Bruno request", lambda top: is_mapping(top.get("meta")) and is_mapping(top.get("http"))),
    ("a collection of Hoppscotch", lambda top: {"v", "folders", "requests"} <= top.keys()),
    ("a HAR file, the record of a browser", lambda top: is_list(mapping(top, "log").get("entries"))),
    ("a GraphQL schema", lambda top: "__schema" in top or "__schema" in mapping(top, "data")),
    ("a Google discovery document", lambda top: as_text(top.get("kind")).startswith("discovery#")),
    ("OData metadata", lambda top: "$EntityContainer" in top or "@odata.context" in top),
    ("a settings file of npm", lambda top: {"name", "version", "dependencies"} <= top.keys()),
    ("a resource of Kubernetes", lambda top: bool(as_text(top.get("apiVersion")) and as_text(top.get("kind")))),
)
_JSON_SCHEMA = {"$schema", "$defs", "definitions", "properties", "oneOf", "anyOf", "allOf"}
_PROBLEM = {"status", "title", "type", "detail", "traceId", "instance", "errors"}
_ERROR_TEXTS = ("title", "message", "Message", "error", "error_description", "detail", "ExceptionMessage")


def no_object(value: object) -> Reason:
    """Return what data is whose top level is no object."""
    if is_list(value):
        return _list(value)
    if value is None:
        return "holds null, and nothing else", SAVE_IT
    if isinstance(value, str):
        if value.lstrip()[:1] in {"{", "["}:
            return "holds the document as a text in quotes: JSON within JSON", "Save what the text holds, unescaped."
        return "is not an OpenAPI document: it is plain text, and its top level is no object", SAVE_IT
    return "is not an OpenAPI document: it holds one number or truth value, and its top level is no object", SAVE_IT


def foreign_data(top: Mapping[str, Any]) -> Reason:
    """Return what an object is that names no version of Swagger or OpenAPI, and the next step."""
    for key, what in _BY_VERSION.items():
        if key in top:
            return f"is {what} {quoted(top[key])}; {TAKEN}", SAVE_IT
    if "overlay" in top and is_list(top.get("actions")):
        return "is an OpenAPI Overlay, which corrects a document", "Put it into openapi/overlays, and run `build`."
    for what, fits in _BY_MEMBERS:
        if fits(top):
            return f"is {what}, not an OpenAPI document", SAVE_IT
    return _nested(top) or _problem(top) or _unnamed(top)


def _unnamed(top: Mapping[str, Any]) -> Reason:
    """Return what data is that has no version and nothing else that tells its kind."""
    other = next((key for key in top if key.lower() in {"openapi", "swagger"}), None)
    if other:
        return f"has its version under {quoted(other)}, and the name is in small letters", "Rename that member."
    if is_mapping(top.get("paths")):
        return (
            "names neither 'swagger: 2.0' nor 'openapi: 3.x', so it is no OpenAPI or Swagger document",
            "If its head was cut off, save it again; else add the version that it is of.",
        )
    if _JSON_SCHEMA & top.keys():
        return "is a JSON Schema alone, without an API around it", SAVE_IT
    return "is no OpenAPI or Swagger document: it has neither a version of one nor 'paths'", SAVE_IT


def _nested(top: Mapping[str, Any]) -> Reason | None:
    for key, value in top.items():
        inner = as_mapping(value)
        if {"openapi", "swagger"} & inner.keys() and is_mapping(inner.get("paths")):
            return f"holds the document one level down, under {quoted(key)}", "Save that part alone."
    return None


def _problem(top: Mapping[str, Any]) -> Reason | None:
    """Return what an answer is that was saved in place of the document: ProblemDetails, or the shapes before it."""
    status = next((top[key] for key in ("status", "statusCode", "code") if isinstance(top.get(key), int)), None)
    said = next((text for key in _ERROR_TEXTS if (text := as_text(top.get(key)))), "")
    is_problem = len(_PROBLEM & top.keys()) > 1 or {"Message"} <= top.keys() or (status is not None and bool(said))
    if not is_problem and not {"error", "errors"} & top.keys():
        return None
    facts = [quoted(said)] if said else []
    facts += [f"status {status}"] if status is not None else []
    shown = f": {listed(facts)}" if facts else ""
    return f"is an error that the portal answered in place of the document{shown}", _after(status)


def _after(status: int | None) -> str:
    if status == _NOT_FOUND:
        return "Open the portal's Swagger page for the right address, or run `fetch --portal https://<portal>`."
    if status is not None and status >= _SERVER_ERROR:
        return "The portal could not make its document: try again later, or ask who runs it."
    return SIGN_IN


def _list(entries: list[Any]) -> Reason:
    what = "is not an OpenAPI document: its top level is no object but a list"
    documents = [entry for entry in entries if {"openapi", "swagger"} & as_mapping(entry).keys()]
    if documents:
        return f"{what} of {len(documents)} document(s)", "Save the one that you want alone, without the brackets."
    # What Springfox and others list: the documents that there are.
    places = [as_text(as_mapping(entry).get("url") or as_mapping(entry).get("location")) for entry in entries]
    if any(places):
        return f"{what} of where documents are: {listed([quoted(one) for one in places if one])}", "Save one of those."
    return what, SAVE_IT


def _is_postman(node: Mapping[str, Any]) -> bool:
    info = mapping(node, "info")
    by_items = bool(members(node, "item")) and "name" in info
    return "_postman_id" in info or "getpostman.com" in as_text(info.get("schema")) or by_items

"""Rules about the frame of a document: version, parts that no client needs, spelling of methods and paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import METHODS, Data, is_list, is_mapping, mapping
from pipeline.errors import RefusedDocumentError, quoted
from pipeline.normalise.walk import escaped, pointer

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

Check = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _list(value: object) -> bool:
    return is_list(value)


def _object(value: object) -> bool:
    return is_mapping(value)


def _anything(value: object) -> bool:
    return value is not None


_DOCUMENT: Mapping[str, Check] = {
    "openapi": _anything,
    "info": _object,
    "servers": _list,
    "paths": _object,
    "components": _object,
    "security": _list,
    "tags": _list,
}
_COMPONENTS: Mapping[str, Check] = dict.fromkeys(
    ("schemas", "parameters", "requestBodies", "responses", "pathItems", "securitySchemes"), _object
)
_ITEM: Mapping[str, Check] = {"$ref": _text, "parameters": _list} | dict.fromkeys(METHODS, _object)
_OPERATION: Mapping[str, Check] = {
    "tags": _list,
    "summary": _text,
    "description": _text,
    "operationId": _text,
    "parameters": _list,
    "requestBody": _object,
    "responses": _object,
    "deprecated": _flag,
    "security": _list,
}
_PARAMETER: Mapping[str, Check] = {
    "$ref": _text,
    "name": _text,
    "in": _text,
    "description": _text,
    "required": _flag,
    "deprecated": _flag,
    "allowEmptyValue": _flag,
    "allowReserved": _flag,
    "style": _text,
    "explode": _flag,
    "schema": _object,
    "content": _object,
    "example": _anything,
}
_BODY: Mapping[str, Check] = {"$ref": _text, "description": _text, "required": _flag, "content": _object}
_RESPONSE: Mapping[str, Check] = {"$ref": _text, "description": _text, "content": _object}
_MEDIA: Mapping[str, Check] = {"schema": _object, "example": _anything, "encoding": _object}
_ENCODING: Mapping[str, Check] = {"contentType": _text, "style": _text, "explode": _flag}
_SCHEME: Mapping[str, Check] = dict.fromkeys(("type", "name", "in", "scheme", "bearerFormat", "description"), _text)


def frame(work: Work) -> None:
    """Make ``paths``, ``components`` and ``components.schemas`` objects, whatever stands there.

    Every other rule looks into them. Failure mode 5.
    """
    document = work.document
    for holder, key in ((document, "paths"), (document, "components"), (mapping(document, "components"), "schemas")):
        if not is_mapping(holder.get(key)):
            if holder.get(key) is not None:
                work.note(f"/{key}", "dropped: no object")
            holder[key] = {}
    document["components"].setdefault("schemas", {})


def openapi_version(work: Work) -> None:
    """Declare OpenAPI 3.1.0, the dialect of everything that the later rules write.

    The generator insists on three parts (``3.0`` is refused) and reads both dialects; only 3.1 can say that a
    reference may be null. Part of failure mode 5.
    """
    received = work.document.get("openapi")
    if received != "3.1.0":
        work.document["openapi"] = "3.1.0"
        work.note("/openapi", f"declared as 3.1.0 instead of {quoted(received)}")


def method_spelling(work: Work) -> None:
    """Write methods in lower case and start every path with a slash.

    ``GET`` as a key is an unknown member to the generator, so the operation vanishes without a word; extensions beside
    the paths make it refuse the document. Failure modes 5 and 26.
    """
    paths = mapping(work.document, "paths")
    for path, item in list(paths.items()):
        if not is_mapping(item):
            del paths[path]
            work.note(pointer("paths", path), "dropped: not a path")
            continue
        for method, operation in list(item.items()):
            if method != method.lower() and method.lower() in METHODS:
                item[method.lower()] = item.pop(method)
                if is_mapping(operation):
                    work.note(pointer("paths", path, method), "method in lower case")
        if path.startswith("x-"):
            del paths[path]
            work.note(pointer("paths", path), "dropped: an extension")


def unused_parts(work: Work) -> None:
    """Drop what no client needs: licence, contact, external documents, callbacks, links, headers, broken descriptions.

    The generator validates the whole document first, and one bad node anywhere (``license: {}``) refuses all of it.
    What it needs has the right type afterwards. Failure mode 5.
    """
    document = work.document
    _keep(work, document, _DOCUMENT, "")
    _clean_info(document)
    _clean_servers(document)
    document["tags"] = [
        {key: tag[key] for key in ("name", "description") if isinstance(tag.get(key), str)}
        for tag in document.get("tags", [])
        if is_mapping(tag) and isinstance(tag.get("name"), str)
    ]
    components = document.setdefault("components", {})
    _keep(work, components, _COMPONENTS, "/components")
    sections = (("parameters", _PARAMETER), ("requestBodies", _BODY), ("responses", _RESPONSE))
    for section, table in sections:
        for name in list(mapping(components, section)):
            _clean_holder(work, components[section], name, table, pointer("components", section))
    for name, scheme in list(mapping(components, "securitySchemes").items()):
        if is_mapping(scheme) and isinstance(scheme.get("type"), str):
            _keep(work, scheme, _SCHEME, pointer("components", "securitySchemes", name))
        else:
            del components["securitySchemes"][name]
    for prefix, items in (("/paths", document["paths"]), ("/components/pathItems", mapping(components, "pathItems"))):
        for path, item in items.items():
            _clean_item(work, item, f"{prefix}/{escaped(path)}")


def _clean_item(work: Work, item: dict[str, Any], where: str) -> None:
    _keep(work, item, _ITEM, where)
    _clean_parameters(work, item, where)
    for method in METHODS:
        operation = item.get(method)
        if not is_mapping(operation):
            continue
        place = f"{where}/{method}"
        _keep(work, operation, _OPERATION, place)
        _clean_parameters(work, operation, place)
        if is_list(operation.get("tags")):
            operation["tags"] = [tag for tag in operation["tags"] if isinstance(tag, str)]
        if "requestBody" in operation:
            _clean_holder(work, operation, "requestBody", _BODY, place)
        responses = operation.setdefault("responses", {})
        for status in list(responses):
            _clean_holder(work, responses, status, _RESPONSE, f"{place}/responses")


def _clean_parameters(work: Work, holder: dict[str, Any], where: str) -> None:
    for index in range(len(holder.get("parameters", []))):
        _clean_holder(work, holder["parameters"], index, _PARAMETER, f"{where}/parameters")


def _clean_holder(work: Work, parent: Data, key: Data, table: Mapping[str, Check], where: str) -> None:
    """Clean the parameter, body or answer that a list or mapping holds at a key."""
    place, node = f"{where}/{escaped(str(key))}", parent[key]
    if not is_mapping(node):
        if table is _RESPONSE and not str(key).startswith("x-"):
            parent[key] = {"description": ""}
            return
        raise RefusedDocumentError(
            f"The document has no object at {quoted(place)}, where one is needed. Nothing was changed."
        )
    _keep(work, node, table, place)
    if table is _RESPONSE and "$ref" not in node:
        node.setdefault("description", "")
    for kind, received in list(mapping(node, "content").items()):
        media = received if is_mapping(received) else {}
        node["content"][kind] = media
        _clean_media(work, media, f"{place}/content/{escaped(kind)}")


def _clean_media(work: Work, media: dict[str, Any], where: str) -> None:
    _keep(work, media, _MEDIA, where)
    for name, encoding in list(mapping(media, "encoding").items()):
        if is_mapping(encoding):
            _keep(work, encoding, _ENCODING, f"{where}/encoding/{escaped(name)}")
        else:
            del media["encoding"][name]


def _keep(work: Work, node: dict[str, Any], table: Mapping[str, Check], where: str) -> None:
    """Drop members that are unknown or of the wrong type; extensions stay."""
    for key, value in list(node.items()):
        check = table.get(key)
        if check is not None and check(value):
            continue
        if check is None and key.startswith("x-") and where:
            continue
        del node[key]
        if value is not None and value not in ({}, [], ""):
            work.note(
                f"{where}/{escaped(key)}",
                "dropped: not needed for a client" if check is None else "dropped: wrong type",
            )


def _clean_info(document: dict[str, Any]) -> None:
    info = mapping(document, "info")
    document["info"] = {
        "title": info["title"] if isinstance(info.get("title"), str) else "API",
        "version": str(info["version"]) if isinstance(info.get("version"), (str, int, float)) else "0",
    }
    if isinstance(info.get("description"), str):
        document["info"]["description"] = info["description"]


def _clean_servers(document: dict[str, Any]) -> None:
    servers: list[dict[str, str]] = []
    for server in document.get("servers", []):
        if not is_mapping(server) or not isinstance(server.get("url"), str):
            continue
        url: str = server["url"]
        for name, variable in mapping(server, "variables").items():
            if is_mapping(variable) and isinstance(variable.get("default"), str):
                url = url.replace("{" + name + "}", variable["default"])
        servers.append({"url": url})
    document["servers"] = servers or [{"url": "/"}]

"""Parameters of Swagger 2.0: those of path, query and header keep their place, body and form become a request body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_mapping
from pipeline.upgrade.schemas import upgrade_schema

if TYPE_CHECKING:
    from pipeline.upgrade.source import Source

MULTIPART, FORM = "multipart/form-data", "application/x-www-form-urlencoded"

_OUTSIDE_SCHEMA = (
    "name",
    "in",
    "description",
    "required",
    "allowEmptyValue",
    "collectionFormat",
    "schema",
    "deprecated",
)
"""Members of a 2.0 parameter that are not part of its type."""

_STYLES: dict[str, tuple[str, bool]] = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
    "tsv": ("form", False),
}


def upgrade_parameter(parameter: dict[str, Any], where: str, source: Source) -> dict[str, Any]:
    """Return a path, query or header parameter of 3.0; one that is a dangling reference is passed on as it is."""
    if "$ref" in parameter:
        return parameter
    schema = _schema(parameter)
    kept = ("name", "in", "description", "required", "deprecated", "allowEmptyValue")
    result: dict[str, Any] = {key: parameter[key] for key in kept if key in parameter}
    result.update({key: value for key, value in parameter.items() if _is_outer_extension(key)})
    if schema.get("type") == "array":
        result.update(_style(parameter, where, source))
    result["schema"] = schema
    return result


def body_of(parameters: list[dict[str, Any]], consumes: list[str], where: str, source: Source) -> dict[str, Any] | None:
    """Return the request body that the body or form parameters of an operation describe, if there are any."""
    form = [parameter for parameter in parameters if parameter.get("in") == "formData"]
    body = next((parameter for parameter in parameters if parameter.get("in") == "body"), None)
    if form:
        return _form_body(form, consumes, where, source)
    if body is None:
        return None
    # Generated methods call the body `body`; its name in the document goes on as an extension, for people.
    schema = upgrade_schema(body.get("schema", {}))
    result: dict[str, Any] = {"content": {kind: {"schema": schema} for kind in consumes}}
    if isinstance(body.get("name"), str):
        result["x-name"] = body["name"]
    result.update({key: body[key] for key in ("description", "required") if key in body})
    return result


def _form_body(form: list[dict[str, Any]], consumes: list[str], where: str, source: Source) -> dict[str, Any]:
    """Describe form fields as one object."""
    properties: dict[str, Any] = {}
    encoding: dict[str, Any] = {}
    required: list[str] = []
    for field in form:
        name = str(field.get("name", ""))
        schema = _schema(field)
        if "description" in field:
            schema.setdefault("description", field["description"])
        properties[name] = schema
        if field.get("required") is True:
            required.append(name)
        # How a list is written stands in the parameter in 2.0, and beside the schema of the form in 3.0.
        if schema.get("type") == "array":
            encoding[name] = _style({**field, "in": "query"}, where, source)
    has_file = any(field.get("type") == "file" for field in form)
    kinds = [kind for kind in consumes if kind.partition(";")[0] in {MULTIPART, FORM}]
    # Files can only travel as multipart, whatever `consumes` says.
    if has_file:
        kinds = [kind for kind in kinds if kind.startswith(MULTIPART)] or [MULTIPART]
    described: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        described["required"] = required
    content: dict[str, Any] = {}
    for kind in kinds or [FORM]:
        content[kind] = {"schema": described}
        if encoding and kind.startswith(FORM):
            content[kind]["encoding"] = encoding
    return {"content": content, "required": True} if required else {"content": content}


def _schema(parameter: dict[str, Any]) -> dict[str, Any]:
    if is_mapping(parameter.get("schema")):
        upgraded: dict[str, Any] = upgrade_schema(parameter["schema"])
        return upgraded
    members = {
        key: value
        for key, value in parameter.items()
        if key not in _OUTSIDE_SCHEMA and not _is_outer_extension(key) and key != "$ref"
    }
    result: dict[str, Any] = upgrade_schema(members) or {"type": "string"}
    items = result.get("items")
    # Of lists in lists only the outermost format can be said in 3.0.
    while is_mapping(items):
        items.pop("collectionFormat", None)
        items = items.get("items")
    return result


def _is_outer_extension(key: str) -> bool:
    # Names of members belong to the enumeration, whichever of the many extensions has them.
    return key.startswith("x-") and key != "x-nullable" and "enum" not in key.lower()


def _style(parameter: dict[str, Any], where: str, source: Source) -> dict[str, Any]:
    """Say how a list is written; without ``collectionFormat`` it is comma separated (Swagger 2.0 specification)."""
    written = str(parameter.get("collectionFormat", "csv"))
    if written not in _STYLES or written == "tsv":
        source.note(where, "a list separated by tabs or in an unknown way became comma separated")
    style, explode = _STYLES.get(written, ("form", False))
    # 3.0 knows one way there: comma separated.
    if str(parameter.get("in")) in {"path", "header"}:
        style, explode = "simple", False
    return {"style": style, "explode": explode}

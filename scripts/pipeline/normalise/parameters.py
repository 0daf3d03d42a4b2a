"""Rules about parameters: which ones a caller may set, and what they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_tools.portal.spelling import is_parameter
from pipeline.document.json_nodes import is_mapping, mapping
from pipeline.normalise.compositions import is_object
from pipeline.normalise.media import is_json
from pipeline.normalise.walk import operations, referred, walk

if TYPE_CHECKING:
    from pipeline.normalise.work import Work


def owned_headers(work: Work) -> None:
    """Drop header parameters that the transport owns, above all ``Authorization``, and names that HTTP cannot carry.

    .NET developers document the credential as an ordinary header so that Swagger UI shows a field for it. Failure mode
    26.
    """
    for entry in operations(work.document):
        kept: list[dict[str, Any]] = []
        for parameter in entry.operation.get("parameters", []):
            name, place = str(parameter["name"]), str(parameter["in"])
            # Above all the credential: a second one beside the guarded one would go out uncounted.
            if not is_parameter(place, name):
                work.note(entry.where, f"{place} parameter {ascii(name)[:80]} dropped: not the caller's to send")
                continue
            if place in {"header", "cookie"}:
                parameter["name"] = name.strip()
            kept.append(parameter)
        if "parameters" in entry.operation:
            entry.operation["parameters"] = kept


def parameter_content(work: Work) -> None:
    """Give parameters described by ``content`` a schema, and every parameter at least an empty one.

    The generator drops a parameter without ``schema`` silently. ``x-cyara-content`` tells the templates that the value
    is written as JSON text. Failure mode 20.
    """
    for entry in operations(work.document):
        for parameter in entry.operation.get("parameters", []):
            content = mapping(parameter, "content")
            parameter.pop("content", None)
            if "schema" in parameter:
                continue
            kind = next(iter(content), "")
            parameter["schema"] = mapping(content.get(kind), "schema") or {"type": "string"}
            if kind and is_json(kind):
                parameter["x-cyara-content"] = "application/json"
            work.note(entry.where, f"parameter {ascii(parameter['name'])[:80]} got the schema of its content")


def parameter_values(work: Work) -> None:
    """Make parameters what the generator accepts: path required and without default, none of them null or a file.

    A default on a path parameter is a SyntaxError (openapi-python-client issue 1281), a nullable path parameter skips
    the operation. Failure modes 8 and 10.
    """
    for entry in operations(work.document):
        for parameter in entry.operation.get("parameters", []):
            schema: dict[str, Any] = parameter["schema"]
            # An address has no null: a parameter that is None is not sent.
            if schema.pop("nullable", False):
                work.note(entry.where, f"parameter {ascii(parameter['name'])[:80]} without null")
            for found in walk(schema):
                if found.schema.get("format") == "binary":
                    del found.schema["format"]
                    work.note(entry.where, f"parameter {ascii(parameter['name'])[:80]} is text, not a file")
            if _is_read_from_text(work.schemas.get(referred(schema) or "", schema), parameter["in"]):
                parameter["schema"] = {"type": "string"}
                work.note(
                    entry.where, f"parameter {ascii(parameter['name'])[:80]} is text, of which .NET makes a class"
                )
            if parameter["in"] == "path":
                parameter["required"] = True
                if schema.pop("default", None) is not None:
                    work.note(entry.where, f"default of path parameter {parameter['name']} dropped")


def _is_read_from_text(schema: dict[str, Any], place: str) -> bool:
    """Return whether .NET makes a class of one text by a converter: any class in a path, and one nobody can fill.

    `System.Version` is described by its parts, all of them read-only.
    """
    parts = [part for part in mapping(schema, "properties").values() if is_mapping(part)]
    return is_object(schema) and (
        place == "path" or (bool(parts) and all(part.get("readOnly") is True for part in parts))
    )

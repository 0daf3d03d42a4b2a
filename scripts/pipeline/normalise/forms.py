"""Rules about bodies: forms are objects, no body is null, and files travel as files only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_mapping, mapping
from pipeline.normalise.compositions import is_object
from pipeline.normalise.media import FORM, MULTIPART, base_type, is_json
from pipeline.normalise.walk import mappings, operations, reachable, referred, replace, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.normalise.work import Work


def body_nulls(work: Work) -> None:
    """Take null from the body itself: a body that is absent is not sent.

    A nullable primitive body makes an ``else`` without ``if`` (issue 1425). Failure mode 11.
    """
    for entry in operations(work.document):
        for media in mapping(entry.operation.get("requestBody"), "content").values():
            schema = media.setdefault("schema", {})
            if schema.pop("nullable", False):
                work.note(f"{entry.where}/requestBody", "body without null")


def form_bodies(work: Work) -> None:
    """Describe every form as an object, since a form is fields: a lone file becomes the field ``file``.

    The generator calls ``to_multipart`` on whatever the body is and fails at run time on a list, a text, a union.
    Part of failure mode 8.
    """
    for entry in operations(work.document):
        for kind, media in mapping(entry.operation.get("requestBody"), "content").items():
            if base_type(kind) not in {MULTIPART, FORM}:
                continue
            schema = media.setdefault("schema", {})
            named = work.schemas.get(referred(schema) or "", schema)
            # An object is a form already: its properties are the fields.
            if is_object(named):
                continue
            where = f"{entry.where}/requestBody"
            options = mappings(named, "anyOf")
            fields = _fields(work, options)
            if fields:
                replace(schema, {"type": "object", "properties": fields})
                work.note(where, "a form of the fields of all alternatives")
            elif options or named.get("type") in ("string", "array"):
                replace(schema, {"type": "object", "properties": {"file": work.copied(named)}})
                work.note(where, "a form with the field file")
            else:
                replace(schema, {"type": "object", "additionalProperties": {}})
                work.note(where, "a form of any fields")


def files_in_json(work: Work) -> None:
    """Read ``format: binary`` inside JSON as text: JSON cannot carry a file.

    Generators describe streams and form files that way wherever a class mentions them; the generated code would put an
    object that is no JSON into the body, and build a file from an answer's text.
    """
    in_json = reachable(work.schemas, _direct(work, json=True))
    in_forms = reachable(work.schemas, _direct(work, json=False))
    # A class that forms use too keeps its files: there they are files.
    roots = [*(work.schemas[name] for name in sorted(in_json - in_forms)), *_direct(work, json=True)]
    for root in roots:
        for found in walk(root):
            if found.schema.get("format") == "binary":
                del found.schema["format"]
                work.note(found.where, "text, because JSON cannot carry a file")


def _fields(work: Work, options: list[dict[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for option in options:
        named = work.schemas.get(referred(option) or "", option)
        fields.update(work.copied(mapping(named, "properties")))
    return fields


def _direct(work: Work, *, json: bool) -> Iterator[dict[str, Any]]:
    """Yield the schemas that stand directly in bodies and answers."""
    for entry in operations(work.document):
        holders = [entry.operation.get("requestBody"), *entry.operation["responses"].values()]
        for holder in holders:
            for kind, media in mapping(holder, "content").items():
                if is_json(kind) is json and is_mapping(media.get("schema")):
                    yield media["schema"]

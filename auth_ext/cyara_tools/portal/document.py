"""The OpenAPI document as received, read directly: what the portal serves and validates by.

Nothing is shared with the generator, its templates or the client, so that a mistake made there is not repeated here.
How documents spell things is read by `spelling`, as the pipeline reads it: routes with constraints (`{id:int}`),
catch-alls (`{**path}`), and names that differ from their parameter in case only.
"""

from __future__ import annotations

import json
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import attrs

from cyara_tools.portal.json_types import as_array, as_object, is_array, is_object
from cyara_tools.portal.spelling import fit_parameters, is_parameter, meant, template_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_tools.portal.json_types import Json

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
"""The schema of a parameter that the document says nothing about: outside of a body, everything is text."""


class UnusableDocumentError(ValueError):
    """The portal cannot serve this document; the text says why."""


@attrs.frozen(kw_only=True)
class ServedParameter:
    """One parameter of an operation, with its reference followed and its `content` form, if any, unpacked."""

    name: str
    location: str
    required: bool
    schema: Mapping[str, Any]
    style: str
    explode: bool
    media_type: str | None = None
    """Set when the value is a document of its own (`content` in place of `schema`)."""


@attrs.frozen(kw_only=True, eq=False)
class ServedOperation:
    """One method on one path template."""

    method: str
    path: str
    raw: Mapping[str, Any]
    parameters: tuple[ServedParameter, ...]
    public: bool
    """Whether it answers without credentials."""

    @property
    def operation_id(self) -> str:
        """The document's own id, or method and path where it has none."""
        given = self.raw.get("operationId")
        return given if given and isinstance(given, str) else f"{self.method} {self.path}"


class Document:
    """Read access to an OpenAPI 3.0 or 3.1 document."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        if "swagger" in raw:
            raise UnusableDocumentError("The portal serves OpenAPI 3.x; upgrade this Swagger 2.0 document first.")
        if not str(raw.get("openapi", "")).startswith("3."):
            raise UnusableDocumentError("This is not an OpenAPI 3.x document: it has no `openapi: 3.x`.")
        self.raw = raw

    @classmethod
    def bundled(cls) -> Document:
        """Read the document that the installed client was generated from."""
        return cls(json.loads(bundled_bytes()))

    @cached_property
    def operations(self) -> tuple[ServedOperation, ...]:
        """All operations, in the order of the document."""
        return tuple(self._operations())

    def servers(self) -> Iterator[str]:
        """Yield the absolute addresses of the API that the document names, with the defaults of their variables."""
        for node in as_array(self.raw.get("servers")):
            server = as_object(node)
            url = str(server.get("url"))
            for name, variable in as_object(server.get("variables")).items():
                url = url.replace(f"{{{name}}}", str(as_object(variable).get("default")))
            if url.startswith(("https://", "http://")):
                yield url.rstrip("/")

    def resolve(self, node: Json) -> Json:
        """Follow `$ref` until something else is found; a dangling or circular reference counts as the empty object."""
        # References to other files count as dangling too: the portal has one document and fetches nothing.
        seen: set[str] = set()
        while is_object(node) and isinstance(node.get("$ref"), str):
            reference: str = node["$ref"]
            if reference in seen or not reference.startswith("#"):
                return {}
            seen.add(reference)
            node = self._target(reference)
        return node

    def _target(self, reference: str) -> Json:
        node: Any = self.raw
        for part in reference[1:].split("/")[1:]:
            # Some generators percent-encode the name, others write it as it is, and it may hold a percent sign itself.
            names = (part.replace("~1", "/").replace("~0", "~"), unquote(part).replace("~1", "/").replace("~0", "~"))
            if is_array(node):
                node = node[int(part)] if part.isdigit() and int(part) < len(node) else None
                continue
            members = as_object(node)
            node = next((members[name] for name in names if name in members), None)
        return {} if node is None else node

    def _operations(self) -> Iterator[ServedOperation]:
        for path, item in self.raw.get("paths", {}).items():
            # `x-` keys stand beside the paths as extensions.
            whole = self.resolve(item)
            if path.startswith("x-") or not is_object(whole):
                continue
            for method, operation in whole.items():
                if method.lower() in METHODS and is_object(operation):
                    # Only an explicit `security: []`: the vendor says that every call needs credentials, and documents
                    # that say nothing about security are common.
                    yield ServedOperation(
                        method=method.upper(),
                        path=path,
                        raw=operation,
                        parameters=tuple(self._parameters(path, whole, operation)),
                        public=operation.get("security") == [],
                    )

    def _parameters(
        self, path: str, item: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> Iterator[ServedParameter]:
        merged: dict[tuple[str, str], ServedParameter] = {}
        # The operation's own come first, and of two with one name and place the first counts.
        for node in (*as_array(operation.get("parameters")), *as_array(item.get("parameters"))):
            raw = self.resolve(node)
            if is_object(raw) and isinstance(raw.get("name"), str):
                read = self._parameter(raw)
                merged.setdefault((read.name, read.location), read)
        # What no client could send is left out: a header with a blank in its name, a path value without a place.
        yield from (p for p in merged.values() if p.location != "path" and is_parameter(p.location, p.name))
        in_path = [parameter for parameter in merged.values() if parameter.location == "path"]
        names = template_names(path)
        for name, fitting in dict(zip(names, fit_parameters(names, [p.name for p in in_path]), strict=True)).items():
            if fitting is not None:
                # The name of a path parameter is never sent: it is called what its place is called.
                yield attrs.evolve(in_path[fitting], name=name)
                continue
            # A name of the template that no parameter describes is still a value that callers have to give.
            yield ServedParameter(
                name=name, location="path", required=True, schema=_TEXT, style="simple", explode=False
            )

    def _parameter(self, raw: Mapping[str, Any]) -> ServedParameter:
        location = str(raw.get("in")).strip().lower()
        style = str(raw.get("style") or "") or ("form" if location in {"query", "cookie"} else "simple")
        # The specification allows one media type, in place of `schema`.
        media_type, content = next(iter(as_object(raw.get("content")).items()), (None, raw))
        described = as_object(as_object(content).get("schema", _TEXT))
        schema = _TEXT if self._is_read_from_text(described, location) else described
        return ServedParameter(
            # Blanks belong to a name in a query only, where they can be sent.
            name=raw["name"] if location == "query" else raw["name"].strip(),
            location=location,
            required=location == "path" or raw.get("required") is True,
            schema=schema,
            style=style,
            explode=bool(raw.get("explode", style in {"form", "deepObject"})),
            media_type=media_type,
        )

    def _is_read_from_text(self, schema: Json, location: str) -> bool:
        """Whether .NET makes a class of one text by a converter: any class in a path, and one nobody can fill."""
        found = as_object(self.resolve(schema))
        parts = as_object(found.get("properties")).values()
        if location == "path":
            return bool(parts) or meant(found).get("type") == "object"
        # `System.Version`, for one, is described by its parts, all of them read-only.
        return bool(parts) and all(as_object(part).get("readOnly") is True for part in parts)


def bundled_bytes() -> bytes:
    """Return the document inside the installed client package, byte for byte.

    A client of a Swagger 2.0 document, or of one that overlays correct, has it upgraded and corrected beside it.
    """
    # Looked up at the call: which `cyara_client` it is, a build decides after this module is loaded.
    package = resources.files("cyara_client")
    corrected = package / "openapi-corrected.json"
    return (corrected if corrected.is_file() else package / "openapi.json").read_bytes()

"""Documents as ASP.NET servers write them, drawn at random: by framework, with the habits and oddities of each."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

FRAMEWORKS = ("classic20", "core20", "core30", "nswag30", "fast30", "abp30", "core31", "microsoft31")
NAMES = (
    *("User", "Order", "Account", "Campaign", "File", "Setting", "Role", "Operation", "Response", "Exception"),
    *("Object", "List", "Import", "Any", "Enum", "Date"),
)
PROPERTIES = (
    *("id", "name", "Id", "type", "kind", "from", "to", "class", "import", "items", "children", "data", "url", "body"),
    *("client", "self", "headers", "params", "json", "key", "externalID", "IPAddress", "x", "$type", "@odata.type"),
    *("foo.bar", "foo-bar", "_id", "None", "datetime", "value", "T", "d", "additional_properties"),
)
QUERIES = (
    *("page", "pageSize", "$filter", "$top", "from", "api-version", "ids", "class", "client", "url", "body"),
    *("Query.Name", "SortOrder", "headers", "self"),
)
TEXTS = (
    ["Active", "Inactive"],
    ["GET", "get"],
    ["en-US", "fr-FR", ""],
    ["+", "-"],
    ["1", "2"],
    ["A 1", "a-1", "A_1"],
    ["mro", "name", "None"],
)
JSON = "application/json"
MANY = ["text/plain", JSON, "text/json"]
BODIES = [JSON, "text/json", "application/*+json"]


class _Writer:
    """Draws one document; what it knows of .NET is in its methods."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.framework: str = draw(st.sampled_from(FRAMEWORKS))
        self.is_old = self.framework.endswith("20")
        self.is_new = self.framework.endswith("31")
        prefix = "Acme.Web.Models." if self.framework == "classic20" else ""
        self.classes = [prefix + name + "Dto" for name in self.some(NAMES, 2, 6)]
        self.enums = [name + "Status" for name in self.some(NAMES, 1, 2)]

    def some(self, of: Any, least: int, most: int) -> list[Any]:
        return list(self.draw(st.lists(st.sampled_from(of), min_size=least, max_size=most, unique=True)))

    def one(self, of: Any) -> Any:
        return self.draw(st.sampled_from(of))

    def chance(self) -> bool:
        return bool(self.draw(st.booleans()))

    def reference(self, name: str) -> dict[str, Any]:
        return {"$ref": ("#/definitions/" if self.is_old else "#/components/schemas/") + name}

    def scalar(self) -> dict[str, Any]:
        span = {"core30": "date-span", "nswag30": "duration"}.get(self.framework, "time-span")
        number = {"type": "integer", "format": "int32"}
        if self.framework == "microsoft31":
            number = {"type": ["integer", "string"], "pattern": "^-?(?:0|[1-9]\\d*)$", "format": "int32"}
        kinds: list[dict[str, Any]] = [
            {"type": "string"},
            number,
            {"type": "number", "format": "double"},
            {"type": "boolean"},
            *({"type": "string", "format": name} for name in ("date-time", "date", "uuid", "byte", span)),
            {"type": "object"} if self.framework == "classic20" else {},
        ]
        return dict(self.one(kinds))

    def nullable(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self.is_old:
            return {**schema, "x-nullable": True} if "$ref" not in schema else schema
        if "$ref" in schema:
            options = [schema, {"allOf": [schema], "nullable": True}, {"oneOf": [schema], "nullable": True}]
            return dict({"oneOf": [{"type": "null"}, schema]} if self.is_new else self.one(options))
        if not self.is_new:
            return {**schema, "nullable": True}
        kind = schema.get("type", [])
        return {**schema, "type": ["null", *([kind] if isinstance(kind, str) else kind)]} if kind else schema

    def field(self, depth: int = 0) -> dict[str, Any]:
        shape = self.one(("scalar", "scalar", "enum", "class", "list", "map", "inline") if depth < 2 else ("scalar",))
        found: dict[str, Any] = self.scalar()
        if shape == "enum":
            found = (
                self.reference(self.one(self.enums)) if self.chance() else {"type": "string", "enum": ["a", "B", "b"]}
            )
        elif shape == "class":
            found = self.reference(self.one(self.classes))
        elif shape == "list":
            found = {"type": "array", "items": self.field(depth + 1)}
        elif shape == "map":
            found = {"type": "object", "additionalProperties": self.field(depth + 1)}
        elif shape == "inline":
            found = self.an_object(depth + 1)
        return self.nullable(found) if self.chance() else found

    def an_object(self, depth: int = 0) -> dict[str, Any]:
        properties = {name: self.field(depth) for name in self.some(PROPERTIES, 0, 5)}
        found: dict[str, Any] = {"type": "object", "properties": properties}
        if properties and self.chance():
            found["required"] = [next(iter(properties))]
        if self.chance():
            found["additionalProperties"] = False
        return found

    def an_enum(self) -> dict[str, Any]:
        texts = self.one(TEXTS)
        if self.framework == "nswag30" and self.chance():
            return {"type": "integer", "enum": list(range(len(texts))), "x-enumNames": texts}
        return {"enum": texts} if self.is_new else {"type": "string", "enum": texts}

    def schemas(self) -> dict[str, Any]:
        found = {name: self.an_enum() for name in self.enums} | {name: self.an_object() for name in self.classes}
        base, *rest = self.classes
        if self.chance():
            found[base]["discriminator"] = "$kind" if self.is_old else {"propertyName": "$kind"}
            for name in rest[:2]:
                found[name] = {"allOf": [self.reference(base), found[name]]}
        page = {
            "classic20": f"Acme.Page[{base}]",
            "abp30": f"Acme.Page`1[[{base}, Acme, Version=1.0.0.0, Culture=neutral]]",
        }.get(self.framework, f"{base}Page")
        found[page] = {"type": "object", "properties": {"items": {"type": "array", "items": self.reference(base)}}}
        return found

    def parameter(self, name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"name": name, "in": place, "required": place == "path"}
        return {**found, **schema} if self.is_old else {**found, "schema": schema}

    def operation(self, path: str, tag: str) -> dict[str, Any]:
        found: dict[str, Any] = {"tags": [tag], "responses": {}}
        if self.framework in {"nswag30", "classic20"}:
            found["operationId"] = self.one(("Get", "GetAll", "Users_Get", "list"))
        placed = [match.partition(":")[0].strip("*?") for match in re.findall(r"\{([^}]*)\}", path)]
        found["parameters"] = [self.parameter(name, "path", {"type": "string"}) for name in placed]
        for name in self.some(QUERIES, 0, 3):
            kind = {"type": "array", "items": {"type": "string"}} if name == "ids" else {"type": "integer"}
            found["parameters"].append(self.parameter(name, "query", kind))
        if self.chance():
            self.body(found, self.field())
        if self.chance():
            self.answer(found, self.field())
        return found

    def body(self, operation: dict[str, Any], schema: dict[str, Any]) -> None:
        if not self.is_old:
            kinds = self.one((BODIES, [JSON], ["multipart/form-data"], ["application/octet-stream"], ["text/plain"]))
            operation["requestBody"] = {
                "content": {kind: {"schema": schema} for kind in kinds},
                "required": self.chance(),
            }
        elif self.chance():
            operation["parameters"].append({"name": "dto", "in": "body", "schema": schema})
        else:
            operation["parameters"].append({"name": "file", "in": "formData", "type": "file"})

    def answer(self, operation: dict[str, Any], schema: dict[str, Any]) -> None:
        kinds = self.one((MANY, [JSON], ["application/pdf"], ["text/csv"], ["application/problem+json"]))
        if self.is_old:
            operation["produces"] = kinds
            operation["responses"] = {"200": {"description": "OK", "schema": schema}}
        else:
            operation["responses"] = {
                "200": {"description": "OK", "content": {kind: {"schema": schema} for kind in kinds}}
            }

    def document(self) -> dict[str, Any]:
        version = {"20": "2.0", "30": "3.0.1", "31": "3.1.1"}[self.framework[-2:]]
        found: dict[str, Any] = {"swagger" if self.is_old else "openapi": version, "paths": {}}
        found["info"] = {"title": "Acme", "version": "v1"}
        schemas = self.schemas()
        for name in self.some(NAMES, 1, 3):
            for tail in self.some(("", "/{id}", "/{Id:int}", "/{client}", "/by/{**path}", "/{id}/{other?}"), 1, 3):
                path = f"/api/v1/{name}{tail}"
                methods = self.some(("get", "post", "PUT"), 1, 2)
                found["paths"][path] = {method: self.operation(path, name) for method in methods}
        return {**found, "definitions": schemas} if self.is_old else {**found, "components": {"schemas": schemas}}


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """Draw a document."""
    return _Writer(draw).document()

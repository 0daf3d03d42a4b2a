"""A document with one of everything that the templates and the index stage have to get right."""

from __future__ import annotations

from typing import Any

PAGE_LINKS = "#/components/schemas/"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"{PAGE_LINKS}{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "Done.", "content": _json(schema)}}


def _query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def _operation(tag: str, name: str, **more: Any) -> dict[str, Any]:
    return {"tags": [tag], "operationId": name, "responses": {"204": {"description": "Done."}}, **more}


_TEXTS = {"type": "array", "items": {"type": "string"}}
_NUMBER = {"type": "integer"}
_ANIMALS = {"type": "array", "items": _ref("Animal")}

SCHEMAS: dict[str, Any] = {
    "Mood": {
        "type": "string",
        "enum": ["Calm", "Wild", "in-between"],
        "description": 'How it feels, say """quoted""".',
    },
    "Size": {"type": "integer", "enum": [0, 1, 2], "x-enum-varnames": ["Small", "Middle", "Large"]},
    "Keeper": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    "Animal": {
        "type": "object",
        "description": "One animal.",
        "required": ["animalId", "name"],
        "properties": {
            "animalId": _NUMBER,
            "name": {"type": "string"},
            "mood": _ref("Mood"),
            "size": _ref("Size"),
            "born": {"type": "string", "format": "date-time"},
            "vaccinated": {"type": "string", "format": "date"},
            "naps": {"type": "string", "format": "time-span"},
            "chip": {"type": "string", "format": "uuid"},
            "keeper": _ref("Keeper"),
            "friends": _ANIMALS,
            "moods": {"type": "array", "items": _ref("Mood")},
            "field": {"type": "string", "description": "A name that attrs uses."},
            "class": {"type": "string"},
        },
    },
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "lives": _NUMBER},
    },
    "Dog": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "tricks": _TEXTS},
    },
    "Pet": {
        "oneOf": [_ref("Cat"), _ref("Dog")],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"feline": f"{PAGE_LINKS}Cat", "canine": f"{PAGE_LINKS}Dog"},
        },
    },
    "Counts": {"type": "object", "additionalProperties": _ref("Keeper")},
    "AnimalLinks": {
        "type": "object",
        "properties": {"results": _ANIMALS, "nextPage": {"type": "string", "nullable": True}, "totalResults": _NUMBER},
    },
    "AnimalCursor": {"type": "object", "properties": {"items": _ANIMALS, "nextCursor": {"type": "string"}}},
    "AnimalPages": {"type": "object", "properties": {"data": _ANIMALS, "total": _NUMBER}},
    "AnimalOffsets": {"type": "object", "properties": {"value": _ANIMALS, "totalCount": _NUMBER}},
}

PATHS: dict[str, Any] = {
    "/accounts/{accountId}/animals": {
        "parameters": [{"name": "accountId", "in": "path", "required": True, "schema": _NUMBER}],
        "get": _operation(
            "Animals",
            "GetAnimals",
            summary="List animals",
            description="Those of one account.",
            parameters=[_query("pageno", _NUMBER), _query("pageSize", _NUMBER), _query("mood", _ref("Mood"))],
            responses=_answer(_ref("AnimalLinks")),
        )
        | {"x-evidence": "observed", "x-source": "a script"},
        "post": _operation(
            "Animals",
            "CreateAnimal",
            requestBody={"required": True, "content": _json(_ref("Animal"))},
            responses={"201": {"description": "Made.", "content": _json(_ref("Animal"))}},
        )
        | {"x-evidence": "inferred"},
    },
    "/accounts/{accountId}/animals/{animalId}": {
        "get": _operation(
            "Animals",
            "GetAnimal",
            parameters=[
                {"name": "accountId", "in": "path", "required": True, "schema": _NUMBER},
                {"name": "animalId", "in": "path", "required": True, "schema": {"type": "string"}},
            ],
            responses=_answer(_ref("Animal")) | {"404": {"description": "Not there."}},
        ),
    },
    "/cursor": {
        "get": _operation(
            "Lists",
            "ListByCursor",
            parameters=[_query("cursor", {"type": "string"}), _query("limit", _NUMBER)],
            responses=_answer(_ref("AnimalCursor")),
        )
    },
    "/pages": {
        "get": _operation(
            "Lists",
            "GetPages",
            parameters=[_query("page", {"type": "integer", "default": 1}), _query("per_page", _NUMBER)],
            responses=_answer(_ref("AnimalPages")),
        )
    },
    "/offsets": {
        "get": _operation(
            "Lists",
            "GetOffsets",
            parameters=[_query("skip", _NUMBER), _query("top", _NUMBER)],
            responses=_answer(_ref("AnimalOffsets")),
        )
    },
    "/array": {"get": _operation("Lists", "GetArray", responses=_answer(_ANIMALS))},
    "/pet": {"get": _operation("Kinds", "GetPet", responses=_answer(_ref("Pet")))},
    "/counts": {"get": _operation("Kinds", "GetCounts", responses=_answer(_ref("Counts")))},
    "/anything": {"get": _operation("Kinds", "GetAnything", responses={"200": {"description": "Who knows."}})},
    "/nothing": {"delete": _operation("Kinds", "DeleteNothing")},
    "/word": {"get": _operation("Kinds", "GetWord", responses=_answer({"type": "string"}))},
    "/head": {"head": _operation("Kinds", "Ping", responses=_answer(_ref("Keeper")))},
    "/search": {
        "get": _operation(
            "Wire",
            "Search",
            parameters=[
                _query("many", _TEXTS),
                _query("joined", _TEXTS, explode=False),
                _query("piped", _TEXTS, style="pipeDelimited", explode=False),
                _query("spaced", _TEXTS, style="spaceDelimited", explode=False),
                _query("deep", _ref("Keeper"), style="deepObject"),
                _query("when", {"type": "string", "format": "date-time"}),
                _query("how long", {"type": "string", "format": "time-span"}),
                _query("flag", {"type": "boolean"}),
                _query("filter", {"type": "object"}),
                {"name": "X-Note", "in": "header", "schema": {"type": "string"}},
                {"name": "taste", "in": "cookie", "schema": {"type": "string"}},
            ],
        )
    },
    "/upload": {
        "post": _operation(
            "Files",
            "Upload",
            requestBody={
                "required": True,
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "required": ["file"],
                            "properties": {
                                "file": {"type": "string", "format": "binary"},
                                "note": {"type": "string"},
                                "loud": {"type": "boolean"},
                                "keeper": _ref("Keeper"),
                                "tags": _TEXTS,
                            },
                        }
                    }
                },
            },
        )
    },
    "/form": {
        "post": _operation(
            "Files",
            "SendForm",
            requestBody={
                "required": True,
                "content": {
                    "application/x-www-form-urlencoded": {
                        "schema": {"type": "object", "properties": {"name": {"type": "string"}, "tags": _TEXTS}}
                    }
                },
            },
        )
    },
    "/raw": {
        "put": _operation(
            "Files",
            "PutRaw",
            requestBody={
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            },
        )
    },
    "/file": {
        "get": _operation(
            "Files",
            "GetFile",
            responses={
                "200": {
                    "description": "The file.",
                    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                }
            },
        )
    },
    "/closed": {"get": _operation("Close", "GetClosed")},
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Zoo", "version": "1"},
    "paths": PATHS,
    "components": {"schemas": SCHEMAS},
}

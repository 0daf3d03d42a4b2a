"""A document of lists, one for each way in which portals spell their pages."""

from __future__ import annotations

from typing import Any

_NUMBER = {"type": "integer"}
_TEXT = {"type": "string"}
_TRUTH = {"type": "boolean"}
_THINGS = {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def _list(operation_id: str, answer: dict[str, Any], **query: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {
            "tags": ["Lists"],
            "operationId": operation_id,
            "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in query.items()],
            "responses": {"200": {"description": "A page.", "content": {"application/json": {"schema": answer}}}},
        }
    }


_PAGED = _object(items=_THINGS, page=_object(number=_NUMBER, totalElements=_NUMBER, totalPages=_NUMBER))

PATHS: dict[str, Any] = {
    "/next-page": _list(
        "GetNextPage", _object(items=_THINGS, nextPage={**_NUMBER, "nullable": True}), page=_NUMBER, size=_NUMBER
    ),
    "/next": _list("GetNext", _object(items=_THINGS, next=_NUMBER), offset=_NUMBER),
    "/next-cursor": _list("GetNextCursor", _object(data=_THINGS, nextCursor=_NUMBER), cursor=_NUMBER),
    "/next-id": _list("GetNextId", _object(items=_THINGS, nextId=_NUMBER), after=_NUMBER, limit=_NUMBER),
    "/more": _list("GetMore", _object(data=_THINGS, cursor=_TEXT, hasMore=_TRUTH), cursor=_TEXT),
    "/last": _list("GetLast", _object(data=_THINGS, nextCursor=_TEXT, isLast=_TRUTH), cursor=_TEXT),
    "/spring": _list(
        "GetSpring",
        _object(content=_THINGS, number=_NUMBER, totalPages=_NUMBER, last=_TRUTH),
        page=_NUMBER,
        size=_NUMBER,
    ),
    "/paged": _list("GetPaged", _PAGED, page=_NUMBER),
    "/default": _list(
        "GetDefault", _object(items=_THINGS, page=_NUMBER, totalPages=_NUMBER), page={**_NUMBER, "default": 1}
    ),
    "/wrapped": _list(
        "GetWrapped",
        _object(data=_object(items=_THINGS, next=_TEXT), errors={"type": "array", "items": _TEXT}),
        page=_NUMBER,
    ),
    "/count": _list("GetCount", _object(items=_THINGS, count=_NUMBER), page=_NUMBER),
    "/words": _list(
        "GetWords",
        _object(items={"type": "array", "items": _TEXT}, nextCursor=_TEXT, total=_NUMBER),
        cursor=_TEXT,
    ),
    "/created-after": _list(
        "GetCreatedAfter", _object(items=_THINGS, nextId=_NUMBER), after={**_TEXT, "format": "date-time"}
    ),
    "/own-name": _list("GetOwnName", _object(values=_THINGS, next=_TEXT), next=_TEXT, filter=_TEXT),
    "/token": _list("GetToken", _object(values=_THINGS, nextPage=_TEXT), page=_TEXT, filter=_TEXT),
    "/either": _list("GetEither", _object(items=_THINGS, next={}), page=_NUMBER, cursor=_TEXT),
    "/insisted": _list("GetInsisted", _object(items=_THINGS, total=_NUMBER), page={**_NUMBER, "minimum": 0}),
    "/two": _list("GetTwo", _object(data=_object(items=_THINGS), result=_object(rows=_THINGS)), page=_NUMBER),
    "/lost": _list("GetLost", _object(items=_THINGS, nextPage=_NUMBER), filter=_NUMBER),
}

PATHS["/insisted"]["get"]["parameters"][0]["required"] = True

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Lists", "version": "1"},
    "paths": PATHS,
    "components": {"schemas": {"Thing": _object(id=_NUMBER)}},
}

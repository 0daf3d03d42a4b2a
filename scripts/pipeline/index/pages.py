"""Which operations spread a list over pages, and how: read from the document, never from operation names.

An operation is page-shaped when it is a GET that needs no body and its success is a bare array, or an object with
exactly one array of results and a way to the next page: a link, a cursor, or a page number or offset to ask for.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from attrs import define

from pipeline.index.modules import model_fields
from pipeline.index.nodes import array, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline.index.modules import EndpointModule

PAGE_FIELDS = (
    "kind",
    "items",
    "next_field",
    "page_parameter",
    "size_parameter",
    "total_field",
    "pages_field",
    "first",
)

_ITEMS = ("results", "result", "items", "data", "value", "values", "records", "entries", "content", "list", "rows")
_NEXT_LINK = {"nextpage", "next", "nextlink", "nexturl", "nexthref", "nextpageurl", "odata.nextlink", "@odata.nextlink"}
_NEXT_CURSOR = {"nextcursor", "cursor", "continuationtoken", "nextpagetoken", "nexttoken", "nextpagecursor"}
_PAGE = {"pageno", "page", "pagenumber", "pageindex", "currentpage", "pagenum"}
_OFFSET = {"skip", "offset", "start", "startindex", "skipcount", "$skip", "from"}
_CURSOR = {"cursor", "continuationtoken", "pagetoken", "after", "continuation", "$skiptoken"}
_SIZE = {"pagesize", "limit", "top", "take", "size", "perpage", "count", "maxresultcount", "$top", "maxresults"}
_TOTAL = {"totalresults", "totalcount", "total", "totalitems", "totalrecords", "@odata.count", "odatacount", "count"}
_PAGES = {"totalpages", "pagecount", "hasmore", "hasnext", "hasnextpage"}


@define(frozen=True, kw_only=True)
class Paged:
    """A page shape together with the type of what is on the pages."""

    shape: dict[str, Any]
    item: ast.expr

    @property
    def row(self) -> tuple[Any, ...]:
        """The shape in the order of `PAGE_FIELDS`."""
        return tuple(self.shape[field] for field in PAGE_FIELDS)


def _plain(name: str) -> str:
    return re.sub(r"[_\-]", "", name).lower()


def _parameter(names: Iterable[tuple[str, str]], wanted: set[str]) -> str | None:
    """Return the Python name of the first parameter whose wire name is one of those wanted."""
    return next((name for name, wire in names if _plain(wire) in wanted), None)


def _field(fields: Mapping[str, tuple[str, ast.expr]], wanted: set[str]) -> str | None:
    return next((wire for wire in fields if _plain(wire) in wanted), None)


def _list_item(annotation: ast.expr) -> ast.expr | None:
    """Return X of `list[X]`, whether or not None and Unset are allowed beside it."""
    if isinstance(annotation, ast.BinOp):
        return _list_item(annotation.left) or _list_item(annotation.right)
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "list":
        return annotation.slice
    return None


def _array(fields: Mapping[str, tuple[str, ast.expr]]) -> tuple[str, ast.expr] | None:
    """Return the field that holds the results: by its name, or because it is the only array."""
    arrays = {wire: (wire, item) for wire, (_, annotation) in fields.items() if (item := _list_item(annotation))}
    for name in _ITEMS:
        for wire, found in arrays.items():
            if _plain(wire) == name:
                return found
    return next(iter(arrays.values())) if len(arrays) == 1 else None


def _integer(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "int" for node in ast.walk(annotation))


def paged(
    package: Path, module: EndpointModule, models: Mapping[str, str], operation: Mapping[str, Any]
) -> Paged | None:
    """Return how an operation is paged, or None when it is not a list.

    Args:
        package: the generated package.
        module: the operation's module.
        models: module of every model by class name.
        operation: the operation in the effective document.
    """
    queries = [
        (argument.arg, module.wires[argument.arg], argument.annotation)
        for argument, _ in module.arguments
        if module.locations.get(argument.arg) == "query"
    ]
    names = [(name, wire) for name, wire, _ in queries]
    numbers = [(name, wire) for name, wire, annotation in queries if annotation is not None and _integer(annotation)]
    shape: dict[str, Any] = dict.fromkeys(PAGE_FIELDS) | {"first": 1}
    shape["size_parameter"] = _parameter(numbers, _SIZE)
    item = _list_item(module.result)
    fields = {} if item is not None else _envelope(package, module, models)
    if item is None:
        found = _array(fields)
        if found is None:
            return None
        shape["items"], item = found
    link, cursor = _field(fields, _NEXT_LINK), _field(fields, _NEXT_CURSOR)
    shape["total_field"], shape["pages_field"] = _field(fields, _TOTAL), _field(fields, _PAGES)
    page, offset, token = _parameter(numbers, _PAGE), _parameter(numbers, _OFFSET), _parameter(names, _CURSOR)
    if link:
        shape |= {"kind": "link", "next_field": link, "page_parameter": page or offset}
    elif cursor and token:
        shape |= {"kind": "cursor", "next_field": cursor, "page_parameter": token}
    elif page:
        shape |= {"kind": "page", "page_parameter": page, "first": _first_page(module.wires[page], operation)}
    elif offset:
        shape |= {"kind": "offset", "page_parameter": offset, "first": 0}
    elif not fields:
        shape |= {"kind": "array"}
    else:
        return None
    return Paged(shape=shape, item=item)


def _first_page(wire: str, operation: Mapping[str, Any]) -> int:
    """Return the number of the first page: the document's default or minimum, else what the name suggests."""
    for parameter in map(mapping, array(operation.get("parameters"))):
        if parameter.get("name") == wire and parameter.get("in") == "query":
            schema = mapping(parameter.get("schema"))
            for said in (schema.get("default"), schema.get("minimum")):
                if isinstance(said, int) and not isinstance(said, bool) and said in {0, 1}:
                    return said
    return 0 if _plain(wire) == "pageindex" else 1


def _envelope(package: Path, module: EndpointModule, models: Mapping[str, str]) -> dict[str, tuple[str, ast.expr]]:
    """Return the fields of the model that `sync` returns; empty when it returns anything else."""
    names = [node.id for node in ast.walk(module.result) if isinstance(node, ast.Name)]
    found = [name for name in names if name in models]
    return (model_fields(package, models[found[0]], found[0]) or {}) if len(names) == len(found) == 1 else {}

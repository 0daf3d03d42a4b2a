"""Which operations spread a list over pages, and how: read from the document, never from operation names.

An operation has pages when it is a GET that needs no body and its success is a bare array, or an object with exactly
one array of results and a way to the next page: a link, a cursor, or a page number or offset to ask for.
The array, or what is said of the pages, may be one level down (`{data: {items, next}}`, `{items, page: {number}}`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from pipeline.document.json_nodes import as_mapping, mapping, members
from pipeline.index.modules import model_fields

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.index.modules import EndpointModule

PAGE_FIELDS = (
    "kind",
    "items",
    "nested",
    "next_field",
    "page_parameter",
    "token_parameter",
    "size_parameter",
    "total_field",
    "pages_field",
    "last_field",
    "number_field",
    "first",
)

# Names as servers spell them, in lower case without `_` and `-`. The order of the first is one of preference.
_ITEMS = ("results", "result", "items", "data", "value", "values", "records", "entries", "content", "list", "rows")
_WRAPPERS = {"data", "result", "response", "payload", "value", "body"}
_ABOUT_PAGES = {"page", "pageinfo", "paging", "pagination", "meta", "metadata"}
_NEXT_LINK = {"nextpage", "next", "nextlink", "nexturl", "nexthref", "nextpageurl", "odata.nextlink", "@odata.nextlink"}
_NEXT_NUMBER = {"nextpage", "nextpageno", "nextpagenumber", "nextpageindex"}
_NEXT_CURSOR = {"nextcursor", "cursor", "continuationtoken", "nextpagetoken", "nexttoken", "nextpagecursor", "nextid"}
_PAGE = {"pageno", "page", "pagenumber", "pageindex", "currentpage", "pagenum"}
_OFFSET = {"skip", "offset", "start", "startindex", "skipcount", "$skip", "from"}
_CURSOR = {
    "cursor",
    "continuationtoken",
    "pagetoken",
    "after",
    "continuation",
    "$skiptoken",
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "nextid",
}
_SIZE = {"pagesize", "limit", "top", "take", "size", "perpage", "count", "maxresultcount", "$top", "maxresults"}
_TOTAL = {
    "totalresults",
    "totalcount",
    "total",
    "totalitems",
    "totalrecords",
    "totalelements",
    "@odata.count",
    "odatacount",
    "count",
}
_PAGES = {"totalpages", "pagecount"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreitems", "hasmoreresults"}
_LAST = {"last", "islast", "islastpage", "lastpage"}
_ECHO = _PAGE | {"number"}

_TEXT = frozenset({"str", "UUID", "Any"})
_INTEGER = frozenset({"int", "float"})
_TRUTH = frozenset({"bool", "Any"})

Fields = Mapping[str, tuple[str, ast.expr]]


@attrs.frozen(kw_only=True)
class Paged:
    """A page shape together with the type of what is on the pages."""

    shape: dict[str, Any]
    item: ast.expr

    @property
    def is_counted(self) -> bool:
        """Whether pages or entries are counted, and the way through the list is not told by the server."""
        return self.shape["kind"] in {"page", "offset"}

    @property
    def row(self) -> tuple[Any, ...]:
        """The shape in the order of `PAGE_FIELDS`."""
        return tuple(self.shape[field] for field in PAGE_FIELDS)


def _key(name: str) -> str:
    return re.sub(r"[_\-]", "", name).lower()


def _parameter(names: Iterable[tuple[str, str]], wanted: set[str]) -> str | None:
    """Return the Python name of the first parameter whose wire name is one of those wanted."""
    return next((name for name, wire in names if _key(wire) in wanted), None)


def _kinds(annotation: ast.expr) -> set[str]:
    """Return the names in an annotation, but for what may be absent; none for arrays, which are no single value."""
    # An array of numbers is no number to ask for.
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} - {"Unset"}
    return set() if "list" in names else names


def _field(fields: Fields, wanted: set[str], kinds: frozenset[str]) -> str | None:
    """Return the first field of one of these names and types."""
    return next(
        (wire for wire, (_, annotation) in fields.items() if _key(wire) in wanted and _kinds(annotation) & kinds),
        None,
    )


def _list_item(annotation: ast.expr) -> ast.expr | None:
    """Return X of `list[X]`, whether or not None and Unset are allowed beside it."""
    if isinstance(annotation, ast.BinOp):
        return _list_item(annotation.left) or _list_item(annotation.right)
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "list":
        return annotation.slice
    return None


def _arrays(fields: Fields) -> dict[str, ast.expr]:
    return {wire: item for wire, (_, annotation) in fields.items() if (item := _list_item(annotation))}


def _named_array(fields: Fields) -> str | None:
    """Return the array that has a name for results."""
    arrays = _arrays(fields)
    return next((wire for name in _ITEMS for wire in arrays if _key(wire) == name), None)


def _array(fields: Fields) -> str | None:
    """Return the field that holds the results: by its name, or because it is the only array."""
    arrays = _arrays(fields)
    return _named_array(fields) or (next(iter(arrays)) if len(arrays) == 1 else None)


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
    shape: dict[str, Any] = dict.fromkeys(PAGE_FIELDS) | {"first": 1}
    item = _list_item(module.result)
    fields: Fields = {}
    if item is None:
        shape["nested"], fields = _merged(package, _model(package, module.result, models), models)
        shape["items"] = _array(fields)
        if shape["items"] is None:
            return None
        item = _arrays(fields)[shape["items"]]
    pagination = _pagination(fields, _queries(module), operation)
    if pagination is None:
        return None
    return Paged(shape=shape | pagination, item=item)


def _queries(module: EndpointModule) -> list[tuple[str, str, set[str]]]:
    """Return Python name, name on the wire and types of every parameter of the query."""
    return [
        (argument.arg, module.wires[argument.arg], _kinds(argument.annotation) if argument.annotation else {"Any"})
        for argument, _ in module.arguments
        if module.locations.get(argument.arg) == "query"
    ]


def _pagination(
    fields: Fields, queries: list[tuple[str, str, set[str]]], operation: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the way from page to page; None when there is none."""
    numbers = [(name, wire) for name, wire, kinds in queries if "int" in kinds]
    values = [(name, wire) for name, wire, kinds in queries if kinds & (_TEXT | _INTEGER)]
    texts = [(name, wire) for name, wire, kinds in queries if kinds & _TEXT]
    page, offset = _parameter(numbers, _PAGE), _parameter(numbers, _OFFSET)
    pagination: dict[str, Any] = {
        "size_parameter": _parameter(numbers, _SIZE),
        "total_field": _field(fields, _TOTAL, _INTEGER),
        "pages_field": _field(fields, _MORE, _TRUTH) or _field(fields, _PAGES, _INTEGER),
        "last_field": _field(fields, _LAST, _TRUTH),
    }
    # What the server says itself comes before what is counted here: lists change while they are read.
    if link := _field(fields, _NEXT_LINK, _TEXT):
        # Under such a name may be a token too; which of the two it is, its value says while the list is read.
        token = _parameter(texts, _CURSOR) or _parameter(texts, _PAGE) or _parameter(texts, _NEXT_LINK | {_key(link)})
        pagination |= {"kind": "link", "next_field": link, "page_parameter": page or offset, "token_parameter": token}
    elif found := _next_value(fields, page or _parameter(values, _PAGE), offset, _parameter(values, _CURSOR)):
        pagination |= {"kind": "cursor", "next_field": found[0], "page_parameter": found[1]}
    elif page:
        # Without a default the number of the first page is a guess; a number in the answer settles it while reading.
        default, first = _first_page(dict(numbers)[page], operation)
        echo = None if default else _field(fields, _ECHO, _INTEGER)
        pagination |= {"kind": "page", "page_parameter": page, "first": first, "number_field": echo}
    elif offset:
        pagination |= {"kind": "offset", "page_parameter": offset, "first": 0}
    elif not fields:
        pagination |= {"kind": "array"}
    else:
        return None
    return pagination


def _next_value(fields: Fields, page: str | None, offset: str | None, token: str | None) -> tuple[str, str] | None:
    """Return the field that tells the value to ask for next, and the parameter that takes it."""
    number = _field(fields, _NEXT_NUMBER, _INTEGER)
    if number and page:
        return number, page
    # A number called `next` may be a page, an offset or a token: it counts where only one of them can be asked for.
    number, ways = _field(fields, {"next"}, _INTEGER), [way for way in (page, offset, token) if way]
    if number and len(ways) == 1:
        return number, ways[0]
    cursor = _field(fields, _NEXT_CURSOR, _TEXT | _INTEGER)
    return (cursor, token) if cursor and token else None


def _first_page(wire: str, operation: Mapping[str, Any]) -> tuple[bool, int]:
    """Return the number of the first page, and whether it is the document's default, beyond doubt.

    Without a default it is the minimum, else what the name suggests.
    """
    for parameter in map(as_mapping, members(operation, "parameters")):
        if parameter.get("name") == wire and parameter.get("in") == "query":
            schema = mapping(parameter, "schema")
            for rule in ("default", "minimum"):
                value = schema.get(rule)
                if isinstance(value, int) and not isinstance(value, bool) and value in {0, 1}:
                    return rule == "default", value
    return False, 0 if _key(wire) == "pageindex" else 1


def _model(package: Path, annotation: ast.expr, models: Mapping[str, str]) -> Fields:
    """Return the fields of the one model that an annotation names; none when it names anything else."""
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} - {"Unset"}
    found = [name for name in names if name in models]
    return (model_fields(package, models[found[0]], found[0]) or {}) if len(names) == len(found) == 1 else {}


def _merged(package: Path, fields: Fields, models: Mapping[str, str]) -> tuple[str | None, Fields]:
    """Return the field of an envelope whose own fields count as the envelope's, and all of them together."""
    named = _named_array(fields)
    # Where the array is found already, only what is said of the pages can be further down.
    for wanted in (_ABOUT_PAGES,) if named else (_WRAPPERS, _ABOUT_PAGES):
        inner = {
            wire: found
            for wire, (_, annotation) in fields.items()
            if _key(wire) in wanted and (found := _model(package, annotation, models))
        }
        if wanted is _WRAPPERS:
            inner = {wire: found for wire, found in inner.items() if _array(found)}
        for wire, found in inner.items() if len(inner) == 1 else ():
            # The inner object must not hide the array, or another one would be taken for the results.
            merged = {**fields, **found}
            if not named or _array(merged) == named:
                return wire, merged
    return None, fields


def way_to_rows(package: Path, model: str, models: Mapping[str, str], *, array: str | None = None) -> tuple[str, ...]:
    """Return the fields that lead from a page of a list to its rows; none for a model that is no page.

    `array` is the field of its rows where an operation shows it; else both its name and what stands beside it have to
    speak of pages.
    """
    own = model_fields(package, models[model], model) or {}
    nested, fields = _merged(package, own, models)
    about = _NEXT_LINK | _NEXT_CURSOR | _NEXT_NUMBER | _TOTAL | _MORE | _PAGES | _LAST | _PAGE
    if array is None and any(_key(wire) in about for wire in fields):
        array = _named_array(fields)
    if array is None or array not in fields:
        return ()
    return (array,) if array in own or nested is None else (nested, array)

"""The pages of a list, as servers send them: by the document's schemas, and by what the package says of its pages.

Three forms: `full` has everything, `null` has null wherever a server may leave something open, and `last` has a last
page as servers end their lists: without a word of a next one, without entries, or with nothing but nulls.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs

from cyara_tools.portal.json_types import is_object
from cyara_tools.portal.synthesis import AnswerForm, Synthesis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shape, Shapes

FORMS: Final = ("full", "null", "last")
OPAQUE: Final = "b3BhcXVl/dG9r+ZW4=="
"""An opaque token: it has the slash, the plus and the equals signs of Base64."""
OWN_QUERY: Final = "$skiptoken"
"""A parameter that only links have."""


@attrs.frozen(kw_only=True)
class Pages:
    """One list, page by page."""

    bodies: tuple[Json, ...]
    items: tuple[Json, ...]
    """What the caller has to get."""
    told: tuple[str, Json] | None = None
    """Query parameter of the second request, and the value that it has to have; None where nothing tells it."""


@attrs.frozen(kw_only=True)
class PageMaker:
    """Makes the pages of one list."""

    shapes: Shapes
    schema: Json
    """What the document says of the answer."""
    page: Any
    """The package's `PageShape`."""
    address: str
    """The list's own absolute URL, without a query."""
    wire: Mapping[str, str]
    """Name on the wire of each query parameter, by Python name."""
    parameters: Mapping[str, Json]
    """Schema of each query parameter, by its name on the wire."""

    def forms(self, form: str) -> Iterator[Pages]:
        """Yield lists of two pages in one form: one, or a list for each way in which a last page may look."""
        if self.page.kind == "array":
            items = self._items(2, form)
            yield Pages(bodies=(items,), items=tuple(items))
        elif form == "last":
            yield from (self._list(form, ending) for ending in ("left out", "empty", "null"))
        else:
            yield self._list(form, "told")

    def _list(self, form: str, ending: str) -> Pages:
        first = self._items(2, form)
        second = [] if ending in {"empty", "null"} else self._items(1, form)
        told, way = self._way(form, len(first))
        entries = None if ending == "null" and self.page.items else second
        total = None if form == "null" or not second else len(first) + len(second)
        bodies = [self._body(form, first, number=0, total=total, way=way, ending="")]
        bodies.append(self._body(form, entries, number=1, total=total, way=None, ending=ending))
        if self.page.kind in {"page", "offset"} and second:
            # Where nothing tells the end, only a page without entries does.
            bodies.append(self._body(form, [], number=2, total=total, way=None, ending=ending))
        return Pages(bodies=tuple(bodies), items=(*first, *second), told=told)

    def _way(self, form: str, read: int) -> tuple[tuple[str, Json] | None, Json]:
        """Return what the second request has to say, and what the first page says of it."""
        page, token = self.page, self.page.token_parameter
        if page.kind in {"page", "offset"}:
            return (self.wire[page.page_parameter], page.first + 1 if page.kind == "page" else read), None
        if page.kind == "cursor":
            value = self._value_of(self.wire[page.page_parameter], read)
            return (self.wire[page.page_parameter], value), value
        if form != "full" and token:
            value = self._value_of(self.wire[token], read)
            return (self.wire[token], value), value
        name = self.wire.get(page.page_parameter or token or "", OWN_QUERY)
        link = f"{self.address}?{name}=2"
        # Absolute, or as a path of the same server.
        return (name, "2"), link if form == "full" else urlsplit(link)._replace(scheme="", netloc="").geturl()

    def _value_of(self, wire: str, read: int) -> Json:
        """Return a value that the parameter of the next page takes and the answer can have."""
        types = self._field(self.page.next_field).types
        if "integer" in types or "number" in types:
            return read
        shape = self.shapes.of(self.parameters.get(wire))
        if shape.types in {(), ("string",)} and not {"format", "pattern", "maxLength", "enum"} & set(shape.keywords):
            return OPAQUE
        return Synthesis(shapes=self.shapes, in_request=True, place="query", seed=7).value(self.parameters.get(wire))

    def _items(self, count: int, form: str) -> list[Any]:
        shape = AnswerForm.NULLS if form == "null" else AnswerForm.FULL
        schema = self._field(self.page.items).items if self.page.items else self.shapes.of(self.schema).items
        return [Synthesis(shapes=self.shapes, form=shape, seed=seed).value(schema) for seed in range(count)]

    def _body(  # noqa: PLR0913 - what one page says, each by name
        self, form: str, entries: Json, *, number: int, total: int | None, way: Json, ending: str
    ) -> Json:
        page = self.page
        if page.items is None:
            return entries
        shape = AnswerForm.NULLS if form == "null" else AnswerForm.FULL
        made = Synthesis(shapes=self.shapes, form=shape).value(self.schema)
        body: dict[str, Any] = copy.deepcopy(made) if is_object(made) else {}
        if page.nested and not is_object(body.get(page.nested)):
            body[page.nested] = {}
        more = number == 0
        silent = form == "null" or ending in {"left out", "null"}
        said: dict[str | None, Json] = {
            page.total_field: None if silent else total,
            page.pages_field: None if silent else self._pages(more=more),
            page.last_field: None if silent else not more,
            page.number_field: None if silent else page.first + number,
            page.next_field: way,
        }
        for name, value in said.items():
            self._put(body, name, value, leave_out=ending == "left out" and value is None)
        self._put(body, page.items, entries)
        return body

    def _pages(self, *, more: bool) -> Json:
        """Return whether there are more, or how many pages there are, whichever the field says."""
        return more if "boolean" in self._field(self.page.pages_field).types else 2

    def _put(self, body: dict[str, Any], name: str | None, value: Json, *, leave_out: bool = False) -> None:
        if name is None:
            return
        holder = body
        if self.page.nested and name in self._inner().properties:
            holder = body[self.page.nested]
        if leave_out:
            holder.pop(name, None)
        else:
            holder[name] = value

    def _field(self, name: str | None) -> Shape:
        outer = self.shapes.of(self.schema)
        for shape in (self._inner(), outer) if self.page.nested else (outer,):
            if name is not None and name in shape.properties:
                return self.shapes.of(shape.properties[name])
        return self.shapes.of(None)

    def _inner(self) -> Shape:
        return self.shapes.of(self.shapes.of(self.schema).properties.get(self.page.nested))

"""Every operation of the document, as data.

`OPERATIONS` is a mapping by operation id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from ._operations_table import FIELDS, PAGE_FIELDS, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.frozen(kw_only=True)
class PageShape:
    """How an operation spreads a list over pages.

    Attributes:
        kind: `array` (the whole list at once), `link`, `cursor`, `page` or `offset`.
        items: field of the answer, by its name on the wire, that holds the array; None when the answer is the array.
        nested: field of the answer with an object whose fields count as the answer's own; None when there is none.
        next_field: field of the answer with the next page's URL, or with the value that asks for it.
        page_parameter: Python name of the parameter that takes the page number, offset or cursor.
        token_parameter: Python name of the parameter for a token, where `next_field` may hold one in place of a URL.
        size_parameter: Python name of the parameter that takes the page size.
        total_field: field of the answer with the number of all items.
        pages_field: field of the answer with the number of all pages, or saying whether there are more.
        last_field: field of the answer that says whether this is the last page.
        number_field: field of the answer with the number of the page, which on the first page is the number to count
            from, where the document does not say.
        first: number of the first page.
    """

    kind: str
    items: str | None = None
    nested: str | None = None
    next_field: str | None = None
    page_parameter: str | None = None
    token_parameter: str | None = None
    size_parameter: str | None = None
    total_field: str | None = None
    pages_field: str | None = None
    last_field: str | None = None
    number_field: str | None = None
    first: int = 1


@attrs.frozen(kw_only=True)
class Operation:
    """What is known of one operation.

    Attributes:
        operation_id: id in the document, or derived from method and path when the document has none.
        method: HTTP method in upper case.
        path: path as the document spells it, with its placeholders.
        tag: tag as the document spells it.
        name: Python name of the operation.
        module: module below `cyara_client.api`, such as `campaigns.get_campaigns`.
        summary: the document's own words.
        evidence: `documented`, `observed`, `inferred`, or None when the document does not say.
        source: where that is known from.
        security: names of the security schemes of the document that the operation asks for.
        requires_credential: False only where it is known that the operation answers without credentials.
        request_media_types: media types that the body may have.
        response_media_types: media types that successes may have.
        success_statuses: statuses of documented successes.
        accept: value of the Accept header.
        idempotent: whether repeating the call changes nothing more (GET, HEAD, OPTIONS, PUT, DELETE).
        page: how the answer is paged; None when it is not a list.
        deprecated: whether the document calls it deprecated.
    """

    operation_id: str
    method: str
    path: str
    tag: str
    name: str
    module: str
    summary: str = ""
    evidence: str | None = None
    source: str | None = None
    security: tuple[str, ...] = ()
    requires_credential: bool = True
    request_media_types: tuple[str, ...] = ()
    response_media_types: tuple[str, ...] = ()
    success_statuses: tuple[int, ...] = ()
    accept: str = "*/*"
    idempotent: bool = False
    page: PageShape | None = None
    deprecated: bool = False


class _Operations(Mapping[str, Operation]):
    """The table, with each row turned into an object the first time that it is read."""

    # Rows are constants of the bytecode: a document with a thousand operations costs nothing at import.
    def __init__(self) -> None:
        self._made: dict[str, Operation] = {}

    def __getitem__(self, operation_id: str) -> Operation:
        made = self._made.get(operation_id)
        if made is None:
            values = dict(zip(FIELDS, ROWS[operation_id], strict=True))
            page = values.pop("page")
            shape = None if page is None else PageShape(**dict(zip(PAGE_FIELDS, page, strict=True)))
            # Two threads may make it at once; setdefault lets only one of the twins live.
            made = self._made.setdefault(operation_id, Operation(operation_id=operation_id, page=shape, **values))
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)

    def __repr__(self) -> str:
        return f"<{len(self)} operations>"


OPERATIONS: Final[Mapping[str, Operation]] = _Operations()

__all__ = ["OPERATIONS", "Operation", "PageShape"]

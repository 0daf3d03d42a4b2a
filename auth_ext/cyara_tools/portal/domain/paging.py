"""Pages as Cyara documents them: absolute links, `pageno` from 1; and capped in silence, as one caller says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_tools.portal.json_types import Json

CAP: Final = 50


def page(entries: Sequence[Json], *, address: str, query: str) -> dict[str, Json]:
    """Cut one page out of a list; `address` is the list's own URL, `query` what was sent.

    Everything else in the query, filters for one, stays in the links.
    """
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    # Without a word, as that caller found it: a client that counts on its own page size misses entries.
    size = min(int(parameters.get("pageSize", CAP)), CAP)
    number = int(parameters.get("pageno", 1))
    last = max(1, -(-len(entries) // size))

    def link(to: int) -> str | None:
        if not 1 <= to <= last:
            return None
        return f"{address}?{urlencode({**parameters, 'pageno': to, 'pageSize': size})}"

    return {
        "firstPage": link(1),
        "lastPage": link(last),
        "nextPage": link(number + 1),
        "previousPage": link(number - 1),
        "results": list(entries[(number - 1) * size : number * size]),
        "totalResults": len(entries),
    }

"""Lists, a page at a time: a cursor says where the next one begins, and is good for the same arguments only."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from cyara_auth.workflows.fields import as_json
from cyara_tools.mcp.answers import MOST, size_of
from cyara_tools.mcp.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

PER_PAGE: Final = 50
"""What the portal gives at most, whatever is asked."""
LOOKED_AT: Final = 1_000
"""Entries that one call looks at: a search that finds nothing ends, and goes on by its cursor."""
_ROOM: Final = MOST * 3 // 4
_DEFAULT: Final = 20


def offset_of(arguments: Mapping[str, Any]) -> int:
    """Return how many entries come before the page that is asked for.

    Raises:
        ToolError: the cursor is of another question.
    """
    cursor = arguments.get("cursor")
    if cursor is None:
        return 0
    try:
        offset, question = json.loads(base64.urlsafe_b64decode(cursor))
        if question == _question(arguments) and isinstance(offset, int) and offset >= 0:
            return offset
    except (ValueError, TypeError, RecursionError):
        pass
    raise ToolError(
        "This cursor belongs to another question. Nothing was sent. Next: give the arguments that it came from, or "
        "leave the cursor out to begin anew"
    )


def cursor_at(offset: int, arguments: Mapping[str, Any]) -> str:
    """Return the cursor of the page that begins behind so many entries."""
    return base64.urlsafe_b64encode(json.dumps([offset, _question(arguments)]).encode()).decode()


def limit_of(arguments: Mapping[str, Any]) -> int:
    """Return how many entries are wanted at most."""
    limit: int = arguments.get("limit", _DEFAULT)
    return limit


async def page_of(
    walk: AsyncGenerator[Any], arguments: Mapping[str, Any], keep: Callable[[Any], bool] = lambda _: True
) -> dict[str, Any]:
    """Read one page of a list.

    Args:
        walk: The whole list, from its begin: a portal's pages may begin anywhere, and only entries can be counted.
        arguments: Of the tool.
        keep: Whether an entry, as JSON, is wanted.

    Returns:
        `items`, and `next_cursor`: None at the end of the list.
    """
    begin, limit = offset_of(arguments), limit_of(arguments)
    items: list[Any] = []
    room, number = _ROOM, 0
    async with aclosing(walk):
        async for entry in walk:
            number += 1
            if number <= begin:
                continue
            value = as_json(entry)
            wanted = keep(value)
            room -= size_of(value) if wanted else 0
            if len(items) == limit or number - begin > LOOKED_AT or (room < 0 and items):
                return {"items": items, "next_cursor": cursor_at(number - 1, arguments)}
            if wanted:
                items.append(value)
    return {"items": items, "next_cursor": None}


def _question(arguments: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in arguments.items() if name not in {"cursor", "limit"}}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]

"""The rows of `OPERATIONS`; in the generated package this file is rendered from the document."""

from __future__ import annotations

from typing import Any

FIELDS: tuple[str, ...] = ()
PAGE_FIELDS: tuple[str, ...] = ()
ROWS: dict[str, tuple[Any, ...]] = {}

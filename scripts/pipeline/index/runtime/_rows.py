"""Where the pages of lists have their rows; in the generated package this file is rendered from the document."""

from __future__ import annotations

ROWS_AT: dict[str, tuple[str, ...]] = {}

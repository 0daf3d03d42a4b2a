"""Draw measured ratios against their bars as an SVG: no plotting library for thirty rectangles."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness import Row

WIDTH, LABELS, ROW_HEIGHT, TOP = 960, 570, 26, 34
# A character of the labels at its widest, in pixels: whatever does not fit is cut at the end, and shown to be.
CHARACTER = 7.6
GOOD, BAD, BAR = "#2f855a", "#c53030", "#1a202c"


def bars_svg(rows: Sequence[Row]) -> str:
    """Return an SVG: a rectangle per ratio, a black tick at its bar, both scaled to the widest of them."""
    widest = max([max(row.figure, row.bar or 0.0) for row in rows], default=1.0)
    scale = (WIDTH - LABELS - 80) / widest
    height = TOP + ROW_HEIGHT * len(rows) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">',
        "<style>text { font: 12px sans-serif }</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="10" y="20" font-weight="bold">Ratio to the peer (black tick: the bar)</text>',
    ]
    for number, row in enumerate(rows):
        top = TOP + number * ROW_HEIGHT
        length = max(1.0, row.figure * scale)
        tick = LABELS + (row.bar or 0.0) * scale
        label = shorten(f"{row.claim} / {row.peer}" if row.peer else row.claim)
        lines += [
            f'<text x="{LABELS - 8}" y="{top + 16}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LABELS}" y="{top + 4}" width="{length:.1f}" height="16" fill="{GOOD if row.holds else BAD}"/>',
            f'<rect x="{tick:.1f}" y="{top}" width="2" height="24" fill="{BAR}"/>',
            f'<text x="{max(LABELS + length, tick) + 6:.1f}" y="{top + 16}">{row.figure:.2f}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def shorten(label: str) -> str:
    """Return a label that fits beside the rectangles."""
    room = int((LABELS - 16) / CHARACTER)
    return label if len(label) <= room else f"{label[: room - 1].rstrip()}…"

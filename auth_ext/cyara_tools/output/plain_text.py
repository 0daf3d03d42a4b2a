"""The portal's texts where people read them: no character of theirs may do anything to a terminal."""

from __future__ import annotations

import json
import unicodedata
from typing import Final

_HARMLESS: Final = frozenset({"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"})
"""What cannot be seen, and joins emoji or the letters of some scripts."""


def neutral(text: str, *, keep: str = "") -> str:
    r"""Return a text with every control character in JSON's spelling (`\u001b`), so that JSON stays JSON.

    Args:
        text: what a portal sent.
        keep: control characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(char if _is_seen(char) or char in keep else json.dumps(char)[1:-1] for char in text)


def one_line(text: str) -> str:
    """Return a text as one line, with blanks in place of its line ends and tabs."""
    return neutral(text if text.isprintable() else " ".join(text.split()))


def _is_seen(char: str) -> bool:
    # Blanks of other widths are not printable to Python.
    return char.isprintable() or unicodedata.category(char) == "Zs" or char in _HARMLESS

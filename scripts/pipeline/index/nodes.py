"""Nodes of a document, read without trust: what is not of the expected kind counts as empty."""

from __future__ import annotations

import unicodedata
from typing import Any

from pipeline.document.json_nodes import is_list, is_mapping


def mapping(node: object) -> dict[str, Any]:
    """Return a node that should be an object."""
    return node if is_mapping(node) else {}


def array(node: object) -> list[Any]:
    """Return a node that should be an array."""
    return node if is_list(node) else []


def text(node: object) -> str:
    """Return a node that should be text."""
    return node if isinstance(node, str) else ""


def read_back(name: str) -> str:
    """Return a name as it comes back from a literal that a template wrote: without control and format characters.

    The same characters as the generator's `in_double_quote_literal` leaves out; importing that would cost more time
    than the whole stage takes.
    """
    kept = [character for character in name if character in "\b\t\f" or not _dropped(unicodedata.category(character))]
    return "".join(kept)


def _dropped(category: str) -> bool:
    return category.startswith("C") or category in {"Zl", "Zp"}

"""Nodes of a document, read without trust: what is not of the expected kind counts as empty."""

from __future__ import annotations

from typing import Any, TypeGuard


def _is_object(node: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(node, dict)


def _is_array(node: object) -> TypeGuard[list[Any]]:
    return isinstance(node, list)


def mapping(node: object) -> dict[str, Any]:
    """Return a node that should be an object."""
    return node if _is_object(node) else {}


def array(node: object) -> list[Any]:
    """Return a node that should be an array."""
    return node if _is_array(node) else []


def text(node: object) -> str:
    """Return a node that should be text."""
    return node if isinstance(node, str) else ""

"""Path items that stand elsewhere in the document, written out where they are referred to.

OpenAPI 3.0 and 3.1 allow `"/a": {"$ref": "#/components/pathItems/A"}`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipeline.document.document import SIZE_LIMIT
from pipeline.document.json_nodes import is_list, is_mapping, mapping
from pipeline.document.json_pointer import unescaped
from pipeline.errors import RefusedDocumentError

if TYPE_CHECKING:
    from pipeline.document.json_nodes import Data


def with_path_items(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with every path item in its place: the same object where none stands elsewhere.

    What stands beside a reference wins over what it refers to. A reference that leads nowhere is an empty item.

    Raises:
        RefusedDocumentError: written out, the document would be larger than a document may be.
    """
    # Counting, judging and generating all begin with the operations of `paths`, so they are put there first.
    paths = mapping(document, "paths")
    referring = {path: item for path, item in paths.items() if is_mapping(item) and isinstance(item.get("$ref"), str)}
    if not referring:
        return document
    found = {path: _target(document, item) for path, item in referring.items()}
    # One large item, referred to by many paths, must not fill the memory.
    sizes = {id(target): len(json.dumps(target)) for target in found.values()}
    if sum(sizes[id(target)] for target in found.values()) > SIZE_LIMIT:
        raise RefusedDocumentError(
            f"With its shared path items written out, the document is larger than {SIZE_LIMIT // 2**20} MiB. "
            "Nothing was changed."
        )
    written = {
        path: {**target, **{key: value for key, value in referring[path].items() if key != "$ref"}}
        for path, target in found.items()
    }
    return {**document, "paths": {path: written.get(path, item) for path, item in paths.items()}}


def _target(document: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    followed: set[str] = set()
    node: Data = item
    while is_mapping(node) and isinstance(node.get("$ref"), str):
        reference = node["$ref"]
        if reference in followed:
            return {}
        followed.add(reference)
        parts = reference.removeprefix("#").strip("/").split("/")
        # Fragments may be percent-encoded (`%7B`), but not every tool does it: a name as it stands comes first.
        node = _at(document, parts) or _at(document, [unquote(part) for part in parts])
    return node if is_mapping(node) else {}


def _at(document: dict[str, Any], parts: list[str]) -> Data:
    node: Data = document
    for part in parts:
        key = unescaped(part)
        if is_list(node):
            node = node[int(key)] if key.isascii() and key.isdigit() and int(key) < len(node) else None
        else:
            node = node.get(key) if is_mapping(node) else None
    return node

"""The document as the portal serves it: with one server, the portal itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cyara_tools.portal.document import METHODS
from cyara_tools.portal.json_types import as_object, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping


def with_own_server(document: Mapping[str, Any], base_url: str) -> bytes:
    """Return a document that names one server, this portal: whoever tries it out there, calls nothing else."""
    made: dict[str, Any] = {**document, "servers": [{"url": base_url, "description": "This local portal."}]}
    paths: dict[str, Any] = {}
    for path, item in as_object(made.get("paths")).items():
        paths[path] = item
        if is_object(item):
            kept: dict[str, Any] = {key: value for key, value in item.items() if key != "servers"}
            for method in kept.keys() & set(METHODS):
                if is_object(kept[method]) and "servers" in kept[method]:
                    kept[method] = {key: value for key, value in kept[method].items() if key != "servers"}
            paths[path] = kept
    made["paths"] = paths
    return json.dumps(made, ensure_ascii=False, indent=2).encode()

"""Which models are pages of a list, and where their rows are: what `to_records` and the tables of notebooks go by."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pipeline.index.pages import way_to_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.index.modules import EndpointModule
    from pipeline.index.pages import Paged


def rows_at(
    package: Path, modules: list[EndpointModule], models: Mapping[str, str], pages: Mapping[str, Paged]
) -> dict[str, tuple[str, ...]]:
    """Return the fields, by their names on the wire, that lead from a model to its rows, for each model that has any.

    Args:
        package: the generated package.
        modules: its endpoint modules.
        models: module of every model by class name.
        pages: page shape by operation, for those that have one.
    """
    arrays = {
        node.id: pages[module.operation_id].shape["items"]
        for module in modules
        if module.operation_id in pages
        for node in ast.walk(module.result)
        if isinstance(node, ast.Name) and node.id in models
    }
    found = {name: way_to_rows(package, name, models, array=arrays.get(name)) for name in sorted(models)}
    return {name: way for name, way in found.items() if way}


def render_rows(rows: Mapping[str, tuple[str, ...]]) -> str:
    """Return the source of `_rows.py`."""
    lines = "".join(f"    {name!r}: {way!r},\n" for name, way in rows.items())
    return f'''"""Where the pages of lists have their rows: fields on the wire by class; rendered from the document."""

from __future__ import annotations

ROWS_AT: dict[str, tuple[str, ...]] = {{
{lines}}}
'''

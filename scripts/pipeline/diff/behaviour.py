"""What changed in what the client does, while names and types may have stayed: from the two tables of operations."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pipeline.diff.difference import BEHAVIOUR, Difference
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
TABLE = "_operations_table.py"
Table = Mapping[str, Mapping[str, Any]]
"""Facts of each operation, by operation id."""

_TEXTS = {
    "method": "is sent with another method",
    "path": "is sent to another path",
    "evidence": "is known from another kind of evidence",
    "security": "is secured in another way",
    "requires_credential": "verifies or does not verify the credential",
    "request_media_types": "sends another media type",
    "response_media_types": "accepts other media types",
    "idempotent": "is or is not repeated after a failure",
    "page": "is spread over pages in another way",
    "deprecated": "is or is not deprecated",
}


def operation_table(package: Path) -> Table:
    """Return the rows of the package's table of operations by operation id.

    Raises:
        PipelineError: the package has no such table.
    """
    try:
        # Read as data, never imported: two packages of one name do not fit into one process.
        tree = ast.parse((package / TABLE).read_text(encoding="utf-8"))
        values = {
            _name(node): ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
        }
        return {key: dict(zip(values["FIELDS"], row, strict=True)) for key, row in values["ROWS"].items()}
    except (OSError, KeyError, ValueError, SyntaxError, TypeError, AttributeError) as error:
        raise PipelineError(f"{package} has no table of operations that can be read. Run `build`.") from error


def module_names(table: Table) -> dict[tuple[str, str], str]:
    """Return the module (``tag.operation``) of each (METHOD, path)."""
    return {(str(row["method"]), str(row["path"])): str(row["module"]) for row in table.values()}


def behaviour_differences(
    old: Table, new: Table, arguments: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[Difference]:
    """Yield what the same operation does differently; of ``arguments`` old and new name are known, by operation."""
    for name in sorted(old.keys() & new.keys()):
        for field, text in _TEXTS.items():
            # `get`: a table of an older version of the pipeline may lack the newer facts.
            before, after = old[name].get(field), new[name].get(field)
            subject = str(new[name]["module"])
            if _compared(field, before, (arguments or {}).get(subject, {})) != _compared(field, after, {}):
                shown = f"{text}: {_shown(before)}, now {_shown(after)}"
                yield Difference(kind=BEHAVIOUR, breaking=False, rule=f"{field}-changed", subject=subject, text=shown)


def _compared(field: str, value: object, arguments: Mapping[str, str]) -> object:
    """Return what a fact is compared by: a renamed argument is told once, and not by what else names it."""
    # What a placeholder is called is never sent.
    if field == "path" and isinstance(value, str):
        return _PLACEHOLDER.sub("{}", value)
    if field == "page" and isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
        return tuple(arguments.get(part, part) if isinstance(part, str) else part for part in parts)
    return value


def _name(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return target.id if isinstance(target, ast.Name) else ""


def _shown(value: object) -> str:
    return "none" if value in (None, (), "") else ascii(value)

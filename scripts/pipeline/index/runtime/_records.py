"""Answers as rows: what pandas, polars, `csv` and a look at a notebook want of models and pages.

A row is a flat dictionary by the document's names, those of inner objects with dots between (`lastResult.result`). All
rows of one call have the same columns, in the document's order; what was absent or null is None. Values are plain:
text, numbers, truth values, moments and durations; ids become text, members of enumerations their value. Lists stay
lists.
"""

from __future__ import annotations

from typing import Any

from ._display import rows_html
from ._flat import flat_rows


class Records(list[dict[str, Any]]):
    """Rows: a list of dictionaries with the same keys, which a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return rows_html(self)


def to_records(value: object) -> Records:
    """Return the rows of an answer.

    Args:
        value: a model, a page of a list (its items are the rows), or any number of models: a list, or what an
            iterator such as `cyara.campaigns.iter_campaigns()` yields.

    Raises:
        TypeError: it is none of these.
    """
    return Records(flat_rows(value))


__all__ = ["Records", "to_records"]

"""The columns as polars types them (extra `export`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars

from cyara_tools.export.columns import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable


def schema_of(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the type of each column; moments are in microseconds and UTC."""
    types: dict[Kind, Any] = {
        Kind.INTEGER: polars.Int64,
        Kind.NUMBER: polars.Float64,
        Kind.SECONDS: polars.Float64,
        Kind.BOOLEAN: polars.Boolean,
        Kind.MOMENT: polars.Datetime("us", "UTC"),
        Kind.DATE: polars.Date,
    }
    return {column.name: types.get(column.kind, polars.String) for column in columns}

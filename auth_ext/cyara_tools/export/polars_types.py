"""The columns as polars types them (extra `export`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cyara_tools.export.columns import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable


def schema_of(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the type of each column; moments are in microseconds and UTC."""
    types: dict[Kind, Any] = {
        Kind.INTEGER: pl.Int64,
        Kind.NUMBER: pl.Float64,
        Kind.SECONDS: pl.Float64,
        Kind.BOOLEAN: pl.Boolean,
        Kind.MOMENT: pl.Datetime("us", "UTC"),
        Kind.DATE: pl.Date,
    }
    return {column.name: types.get(column.kind, pl.String) for column in columns}

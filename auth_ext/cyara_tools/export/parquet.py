"""A Parquet file made of JSON Lines, in batches, by polars (extra `export`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars

from cyara_tools.export.columns import Column, Kind
from cyara_tools.export.polars_types import schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ROWS_OF_A_GROUP = 50_000


def write_parquet(columns: Sequence[Column], lines: Path, target: Path) -> None:
    """Write a file of JSON Lines as Parquet.

    Raises:
        OSError: a file cannot be read or written.
    """
    types = schema_of(columns)
    if not lines.stat().st_size:
        polars.DataFrame([], schema=types, orient="row").write_parquet(target)
        return
    # JSON has no times: they are read as the texts that we wrote, and then made what they are.
    texts: dict[str, Any] = {**types}
    moments: list[Any] = []
    for column in columns:
        if column.kind is Kind.MOMENT:
            texts[column.name] = polars.String
            form = "%Y-%m-%dT%H:%M:%S%.6fZ"
            # Read without a zone, as `Z` is text here, and then said to be UTC.
            naive = polars.col(column.name).str.to_datetime(form, time_unit="us")
            moments.append(naive.dt.replace_time_zone("UTC"))
        elif column.kind is Kind.DATE:
            texts[column.name] = polars.String
            moments.append(polars.col(column.name).str.to_date("%Y-%m-%d"))
    read = polars.scan_ndjson(lines, schema=texts).with_columns(moments)
    read.sink_parquet(target, row_group_size=_ROWS_OF_A_GROUP)

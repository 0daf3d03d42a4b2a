"""A Parquet file made of JSON Lines, in batches, by polars (extra `export`)."""

from __future__ import annotations

import errno
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from polars.exceptions import PolarsError
from polars.io.plugins import register_io_source

from cyara_tools.export.columns import Column, Kind
from cyara_tools.export.polars_types import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BYTES_OF_A_BATCH: Final = 4 << 20
_ROWS_OF_A_GROUP: Final = 50_000
_FORMS: Final = {Kind.MOMENT: "%Y-%m-%dT%H:%M:%S%.6fZ", Kind.DATE: "%Y-%m-%d"}


def write_parquet(columns: Sequence[Column], lines: Path, target: Path) -> None:
    """Write a file of JSON Lines as Parquet.

    Raises:
        OSError: a file cannot be read or written.
    """

    def batches(*_: object) -> Iterator[pl.DataFrame]:
        # `scan_ndjson` would hold the whole file in memory.
        with lines.open("rb") as source:
            while batch := source.readlines(_BYTES_OF_A_BATCH):
                yield _typed(columns, pl.read_ndjson(BytesIO(b"".join(batch)), schema=_as_text(columns)))

    read = register_io_source(batches, schema=schema_of(columns))
    try:
        read.sink_parquet(target, row_group_size=_ROWS_OF_A_GROUP)
    except PolarsError as error:
        # A full disk, for one, comes as an error of its own.
        raise OSError(errno.EIO, str(error), str(target)) from error


def _as_text(columns: Sequence[Column]) -> dict[str, Any]:
    # JSON has no times: they are read as the texts that we wrote, and then made what they are.
    texts = {column.name for column in columns if column.kind in _FORMS}
    return {name: pl.String if name in texts else tp for name, tp in schema_of(columns).items()}


def _typed(columns: Sequence[Column], frame: pl.DataFrame) -> pl.DataFrame:
    moments = [
        # Read without a zone, as `Z` is text here, and then said to be UTC.
        pl.col(column.name).str.to_datetime(_FORMS[column.kind], time_unit="us").dt.replace_time_zone("UTC")
        for column in columns
        if column.kind is Kind.MOMENT
    ]
    dates = [pl.col(each.name).str.to_date(_FORMS[each.kind]) for each in columns if each.kind is Kind.DATE]
    return frame.with_columns([*moments, *dates])

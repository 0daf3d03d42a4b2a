"""The forms of a file."""

from enum import StrEnum


class Form(StrEnum):
    """Form of the file."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"

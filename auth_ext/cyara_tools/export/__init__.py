"""Data taken away: models as typed rows for pandas and polars, and the results of campaigns as files."""

from cyara_tools.export.records import Records, records

__all__ = ["Records", "records"]

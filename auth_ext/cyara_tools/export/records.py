"""`records(iterable)`: models as rows that pandas and polars take as they are, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from cyara_client._flat import is_record, items_of
from cyara_client._json import is_array
from cyara_tools.export.values import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_tools.export.columns import Column

_AT_ONCE: Final = 500
_POLARS_BATCH: Final = 20_000


class Records(Iterable[dict[str, Any]]):
    """Rows, made while they are taken: one flat dictionary for each model, all with the same keys.

    `pandas.DataFrame(rows)`, `polars.DataFrame(rows)` and `for row in rows` take it. What was made of an iterator can
    be taken once, as the iterator itself can.

    Attributes:
        columns: name and kind of each column; empty where there are no models to tell it by.
    """

    def __init__(self, models: Iterable[Any]) -> None:
        rest = iter(models)
        first = next((model for model in rest if model is not None), None)
        # An iterator has given its first model away; a list gives it again.
        self._source: Iterable[Any] = () if first is None else chain([first], rest) if rest is models else models
        self._reader = None if first is None else Reader(_model_of(first))

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of every row."""
        return () if self._reader is None else self._reader.columns

    def __iter__(self) -> Iterator[dict[str, Any]]:
        reader, left = self._reader, iter(self._source)
        if reader is None:
            return
        names = [column.name for column in reader.columns]
        while models := list(islice(left, _AT_ONCE)):
            for row in zip(*reader.read(models), strict=True):
                yield dict(zip(names, row, strict=True))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the rows to whoever takes Arrow streams: with the types of the columns, not with guesses by a few rows.

        Raises:
            ImportError: polars is not installed.
        """
        import polars as pl

        from cyara_tools.export.polars_types import schema_of

        schema, rows = schema_of(self.columns), iter(self)
        frames = [pl.DataFrame([], schema=schema, orient="row")]
        while batch := list(islice(rows, _POLARS_BATCH)):
            frames.append(pl.DataFrame(batch, schema=schema))
        return pl.concat(frames).__arrow_c_stream__(requested_schema)


def records(iterable: object) -> Records:
    """Return models as flat rows for pandas, polars and `csv`.

    Keys are the document's names, those of inner objects with dots between; the last one is `drift`. Moments are aware
    and in UTC; lengths of time are seconds, under a name that ends with `_s`; ids and members of enumerations are text;
    lists are the text of their JSON. What is absent or null is None. See docs/data.md.

    Args:
        iterable: any number of models, such as `cyara.campaigns.iter_campaigns()`; or a page of a list, or one model.

    Raises:
        TypeError: it is none of these.
    """
    if is_record(iterable):
        items = items_of(iterable)
        return Records([iterable] if items is None else items)
    # A page as `on_page` sees it is a tuple of more than its items.
    items = getattr(iterable, "items", None)
    if is_array(items):
        return Records(items)
    if _is_iterable(iterable):
        return Records(iterable)
    kind: type = iterable.__class__
    hint = "; collect it first: [item async for item in ...]" if hasattr(kind, "__aiter__") else ""
    raise TypeError(f"records are made of models and pages of lists, not of {kind.__name__}{hint}")


def _is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _model_of(item: object) -> type:
    kind: type = item.__class__
    if not is_record(item):
        raise TypeError(f"records are made of models, not of {kind.__name__}; cyara_client.to_records takes others")
    return kind

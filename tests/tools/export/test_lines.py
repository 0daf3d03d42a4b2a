"""What is written as lines is read by the standard library's readers as it was."""

import csv
import datetime as dt
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from cyara_tools.export.columns import Column, Kind
from cyara_tools.export.lines import Lines

COLUMNS = [
    Column("first %s", Kind.TEXT),
    Column('se"cond, %', Kind.TEXT),
    Column("whole", Kind.INTEGER),
    Column("number", Kind.SECONDS),
    Column("truth", Kind.BOOLEAN),
    Column("moment", Kind.MOMENT),
    Column("day", Kind.DATE),
]
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",\r\n%s{}\\'))
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.booleans(),
        st.none() | st.datetimes(min_value=dt.datetime(2, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001 - it wants none here
        st.none() | st.dates(),
    ),
    min_size=1,
    max_size=5,
)


def written(first: str | None, rows: list[tuple[object, ...]], *, as_json: bool) -> tuple[str, str]:
    lines = Lines(COLUMNS, as_json=as_json)
    lines.set_first([first])
    return lines.head, lines.of(list(zip(*rows, strict=True)))


@given(TEXTS, ROWS)
def test_json_lines_are_read_back(first: str | None, rows: list[tuple[object, ...]]):
    _, text = written(first, rows, as_json=True)
    # Only `\n` ends a line: a text may hold other characters that Python's `splitlines` would take for an end.
    read = [json.loads(line) for line in text.split("\n")[:-1]]
    for values, row in zip(read, rows, strict=True):
        assert list(values) == [column.name for column in COLUMNS]
        found = list(values.values())
        assert found[:5] == [first, *row[:4]]
        assert found[5] == (None if row[4] is None else row[4].strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0"))
        assert found[6] == (None if row[5] is None else row[5].isoformat())


@given(TEXTS, ROWS)
def test_csv_is_read_back(first: str | None, rows: list[tuple[object, ...]]):
    head, text = written(first, rows, as_json=False)
    names, *read = csv.reader(io.StringIO(head + text, newline=""))
    assert names == [column.name for column in COLUMNS]
    for values, row in zip(read, rows, strict=True):
        assert values[:2] == [first or "", row[0] or ""]
        assert values[2] == ("" if row[1] is None else str(row[1]))
        assert (float(values[3]) if values[3] else None) == row[2]
        assert values[4] == {True: "true", False: "false", None: ""}[row[3]]
        assert (dt.datetime.fromisoformat(values[5]) if values[5] else None) == row[4]
        assert (dt.date.fromisoformat(values[6]) if values[6] else None) == row[5]

"""Dates and time spans, both ways."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline.index.runtime import _scalars as scalars


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("00:00:30", dt.timedelta(seconds=30)),
        ("23:59:59.9999999", dt.timedelta(hours=23, minutes=59, seconds=59, microseconds=999999)),
        ("24:00:00", dt.timedelta(days=1)),
        ("100:00:00", dt.timedelta(hours=100)),
        ("1.02:03:04.5000000", dt.timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500)),
        ("-00:00:00.5", dt.timedelta(milliseconds=-500)),
        ("10675199.02:48:05.4775807", dt.timedelta(days=10675199, hours=2, minutes=48, seconds=5, microseconds=477580)),
        ("00:30", dt.timedelta(minutes=30)),
        ("6", dt.timedelta(days=6)),
        ("PT1H30M", dt.timedelta(hours=1, minutes=30)),
        ("P1DT0.25S", dt.timedelta(days=1, milliseconds=250)),
        ("-P2W", dt.timedelta(weeks=-2)),
    ],
)
def test_time_spans_are_read(text: str, span: dt.timedelta) -> None:
    assert scalars.parse_timespan(text) == span


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "-", "soon", "01:02:03Z", "01:02:03+01:00", "1:2:3:4", "01:02:03 ", "9999999999.00:00:00"]
)
def test_what_is_no_time_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time span"):
        scalars.parse_timespan(text)


@given(st.timedeltas(min_value=dt.timedelta(days=-10_000_000), max_value=dt.timedelta(days=10_000_000)))
def test_a_time_span_survives_the_wire(span: dt.timedelta) -> None:
    assert scalars.parse_timespan(scalars.format_timespan(span)) == span


@given(st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.just(dt.timezone(dt.timedelta(hours=-5)))))
def test_a_moment_survives_the_wire_with_or_without_a_zone(moment: dt.datetime) -> None:
    text = scalars.format_datetime(moment)
    read = scalars.parse_datetime(text)
    assert (read, read.tzinfo is None) == (moment, moment.tzinfo is None)


@pytest.mark.parametrize("text", ["2019-04-26T21:15:11.8071332Z", "2019-04-26T21:15:11.8071332+00:00"])
def test_seven_digits_are_read(text: str) -> None:
    assert scalars.parse_datetime(text) == dt.datetime(2019, 4, 26, 21, 15, 11, 807133, tzinfo=dt.UTC)


def test_utc_is_written_as_the_api_writes_it() -> None:
    assert scalars.format_datetime(dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)) == "2024-01-31T12:00:00Z"


def test_a_date_may_come_as_midnight() -> None:
    assert scalars.parse_date("2024-01-31T00:00:00") == dt.date(2024, 1, 31)


def test_what_was_read_is_looked_up_until_the_texts_turn_out_not_to_repeat() -> None:
    memory = scalars.Memory(most=3)
    for number in range(3):
        memory.keep(f"{number}", number)
    assert [memory.seen(f"{number}") for number in range(3)] == [0, 1, 2]
    assert memory.has_room
    memory.keep("3", 3)
    assert not memory.has_room
    assert memory.seen("0") is None


def test_a_text_that_a_server_made_long_is_not_kept() -> None:
    memory = scalars.Memory()
    memory.keep("0" * 1000, 0)
    assert memory.seen("0" * 1000) is None


@pytest.mark.parametrize(("value", "read"), [("5", 5), ("-7", -7), (5.0, 5), (-0.0, 0)])
def test_integers_are_read_as_serialisers_write_them(value: object, read: int) -> None:
    assert (scalars.parse_int(value), type(scalars.parse_int(value))) == (read, int)


@pytest.mark.parametrize("value", ["007", "1_000", "five", "", "1.0", 1.5, float("nan"), True, None, [], {}])
def test_what_is_no_integer_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        scalars.parse_int(value)


@pytest.mark.parametrize(("value", "read"), [("1.5", 1.5), ("-Infinity", float("-inf")), (3, 3), ("1e3", 1000.0)])
def test_numbers_are_read_as_serialisers_write_them(value: object, read: float) -> None:
    assert scalars.parse_float(value) == read


@pytest.mark.parametrize("value", ["1_0.5", "much", "", True, None, [], {}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        scalars.parse_float(value)

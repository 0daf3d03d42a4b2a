"""One test result of the portal, read into a `TestRecord` whatever its document calls the fields.

Names, times and texts are read from the JSON as the portal wrote it, by the readers of `cyara_auth.workflows.fields`;
what a result means is decided by `cyara_auth.workflows.verdict`.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from cyara_auth.redact import Redactor
from cyara_auth.workflows.fields import as_json, field, identity, is_array, is_object
from cyara_auth.workflows.verdict import meaning_of, result_value
from cyara_client._scalars import parse_datetime, parse_timespan
from cyara_tools.plain_text import one_line, plain
from cyara_tools.run.record import Meaning, TestRecord

MOST_REASON: Final = 4000
"""Characters of a reason that are kept: a report has room for thousands of them, and a person reads the first."""
MOST_NAME: Final = 300

# By their names without case and punctuation, the likeliest first.
_NUMBERS: Final = ("testresultid", "resultid", "testruntestresultid", "id")
_CASES: Final = ("testcaseid", "caseid", "testid")
_NAMES: Final = ("name", "testcasename", "testname", "casename", "title")
_STARTS: Final = ("startdate", "start", "starttime", "started", "startedat", "startdatetime", "startdateutc")
_ENDS: Final = ("enddate", "end", "endtime", "ended", "endedat", "enddatetime", "enddateutc")
_SPANS: Final = ("duration", "testduration", "callduration", "elapsed", "elapsedtime")
_SECONDS: Final = ("durationseconds", "durationinseconds", "durationsecs", "durations", "totalseconds")
_MILLISECONDS: Final = ("durationms", "durationmilliseconds", "durationinmilliseconds", "totalmilliseconds")
_DETAILS: Final = (
    *("detailedresult", "resultdetail", "resultdetails", "detail", "details", "failurereason", "reason"),
    *("errormessage", "error", "message", "description"),
)

_TICKS: Final = 10_000_000  # of .NET, in a second
# Seconds of a year, which no test takes: a sum of what is written instead of a duration would have no number.
_LONGEST: Final = 366 * 86400

_redact: Final = Redactor()


def record_of(result: Any, number: int) -> TestRecord:
    """Return what one result says, before any gate has looked at it.

    Args:
        result: TestResult of a generated client, or its JSON.
        number: which of the list it is, from 1: the name of a test that has none.
    """
    value = as_json(result)
    meaning = Meaning(meaning_of(result))
    word = result_value(result)
    return TestRecord(
        id=_first_identity(value, _NUMBERS),
        name=_name(value, number),
        result=None if word is None else one_line(_redact(word), most=MOST_NAME),
        meaning=meaning,
        duration_s=_duration(value),
        reason=None if meaning is Meaning.PASSED else _reason(value, word),
        started=_moment(field(value, *_STARTS)),
    )


def _first_identity(value: Any, names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := identity(field(value, name))) is not None), None)


def _name(value: Any, number: int) -> str:
    """Return the name of a test: its own, that of the test case inside, or a number."""
    inside = next((each for each in (field(value, "testcase"), field(value, "test")) if is_object(each)), None)
    for names in (field(value, *_NAMES), field(inside, *_NAMES)):
        if isinstance(names, str) and (name := one_line(_redact(names), most=MOST_NAME).strip()):
            return name
    case = _first_identity(value, _CASES) or identity(field(inside, "testcaseid", "id"))
    return f"Test case {case}" if case is not None else f"Test {number}"


def _reason(value: Any, word: str | None) -> str:
    """Return why a test is not good, as the portal says it; its word where it says nothing."""
    found = field(value, *_DETAILS)
    if is_object(found) or is_array(found):
        found = json.dumps(found, ensure_ascii=False, default=str)
    text = "" if found is None else str(found)
    # Without secrets first: a pair that was cut in two would no longer be known for one.
    text = plain(_redact(text).strip(), most=MOST_REASON)
    if text:
        return text
    return "The portal has no result for it." if not word else f"The result is {one_line(_redact(word), most=100)}."


def _duration(value: Any) -> float | None:
    """Return the seconds that a test took; None where nothing says it."""
    found = field(value, *_SPANS)
    if is_object(found):
        # A TimeSpan that was written property by property.
        ticks = _seconds(field(found, "ticks"))
        return _duration({**found, "duration": None}) if ticks is None else ticks / _TICKS
    seconds = _seconds(found)
    if seconds is None:
        seconds = _seconds(field(value, *_SECONDS))
    if seconds is None and (milliseconds := _seconds(field(value, *_MILLISECONDS))) is not None:
        seconds = milliseconds / 1000
    if seconds is None:
        start, end = _moment(field(value, *_STARTS)), _moment(field(value, *_ENDS))
        seconds = None if start is None or end is None else (end - start).total_seconds()
    return seconds if seconds is not None and 0 <= seconds <= _LONGEST else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        # A number first: as a time span of .NET, "34" would be days.
        return float(value)
    except (ValueError, OverflowError):
        pass
    try:
        return parse_timespan(str(value).strip()).total_seconds()
    except ValueError:
        return None


def _moment(value: Any) -> dt.datetime | None:
    if isinstance(value, str):
        try:
            value = parse_datetime(value.strip())
        except ValueError:
            return None
    # The year 1 is .NET's moment of nothing.
    if not isinstance(value, dt.datetime) or value.year == 1:
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)

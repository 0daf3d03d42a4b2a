"""Which runs an export takes, on portals that list them in every way that is known."""

import datetime as dt
import json

import pytest

from cyara_auth import connect
from cyara_auth.client.cyara import Cyara
from cyara_tools.export.errors import ExportError
from cyara_tools.export.runs import Window, choose_runs
from cyara_tools.export.window import moment_of
from cyara_tools.portal import LocalPortal, faults

NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
HISTORY = 801  # this campaign has sixty runs, one an hour


def hours_ago(number: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(hours=number)


def read(portal: LocalPortal) -> int:
    return sum(request.path.endswith("/runs") for request in portal.requests)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", NOW - dt.timedelta(days=30)),
        ("1h30m", NOW - dt.timedelta(minutes=90)),
        ("2026-01-31", dt.datetime(2026, 1, 31, tzinfo=dt.UTC)),
        ("2026-01-31T08:00:00+01:00", dt.datetime(2026, 1, 31, 7, tzinfo=dt.UTC)),
        ("2026-01-31T08:00:00Z", dt.datetime(2026, 1, 31, 8, tzinfo=dt.UTC)),
    ],
)
def test_a_moment_is_read_in_each_of_its_forms(text: str, expected: dt.datetime):
    assert moment_of(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "30", "2026", "yesterday", "2026-13-01", "-3d", "99999999d"])
def test_what_is_no_moment_is_refused_and_the_forms_are_named(text: str):
    with pytest.raises(ValueError, match="Write it as 30d"):
        moment_of(text, NOW)


def test_all_runs_come_oldest_first(cyara: Cyara):
    runs, undated = choose_runs(cyara, HISTORY, Window())
    assert len(runs) == 60
    assert undated == 0
    assert [run.start for run in runs] == sorted(run.start for run in runs if run.start)
    assert {run.name for run in runs} == {"Campaign 001"}
    assert all(run.end for run in runs)


def test_paging_stops_behind_the_window(portal: LocalPortal, cyara: Cyara):
    runs, _ = choose_runs(cyara, HISTORY, Window(since=hours_ago(10.5)))
    assert len(runs) == 10
    assert read(portal) == 1
    assert len(choose_runs(cyara, HISTORY, Window(since=hours_ago(55.5)))[0]) == 55


def test_a_window_has_its_beginning_and_not_its_end(cyara: Cyara):
    runs, _ = choose_runs(cyara, HISTORY, Window())
    first, last = runs[10].start, runs[20].start
    assert choose_runs(cyara, HISTORY, Window(since=first, until=last))[0] == runs[10:20]


def test_a_list_in_another_order_is_read_to_its_end(portal: LocalPortal, cyara: Cyara):
    # Oldest first: whoever stopped at the first old run would find none.
    listed = [
        {
            "runId": number,
            "startDate": hours_ago(60 - number).isoformat(),
            "endDate": hours_ago(59.5 - number).isoformat(),
        }
        for number in range(1, 60)
    ]
    page = {"results": listed, "totalResults": 59, "nextPage": None}
    portal.inject(faults.Fault(status=200, body=json.dumps(page), media_type="application/json", path="/runs"))
    runs, _ = choose_runs(cyara, HISTORY, Window(since=hours_ago(10.5)))
    assert [run.run for run in runs] == list(range(50, 60))


def test_calls_of_runs_are_put_together():
    with (
        LocalPortal(runs_as="calls") as portal,
        connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
    ):
        by_calls, _ = choose_runs(cyara, 803, Window())
        assert [(run.run, run.end is not None) for run in by_calls] == [(55062, True), (55063, True)]


def test_runs_without_a_start_are_left_out_of_a_window_and_counted(portal: LocalPortal, cyara: Cyara):
    page = {"results": [{"runId": 1, "startDate": None}, None, {"runId": 2}], "totalResults": 3}
    fault = faults.Fault(status=200, body=json.dumps(page), media_type="application/json", path="/runs", times=2)
    portal.inject(fault)
    assert choose_runs(cyara, HISTORY, Window(since=NOW)) == ([], 2)
    assert [run.run for run in choose_runs(cyara, HISTORY, Window())[0]] == [1, 2]


def test_a_campaign_that_is_not_there_is_refused_with_the_next_step(cyara: Cyara):
    with pytest.raises(ExportError, match=r"no campaign 5 .* Next: check --campaign"):
        choose_runs(cyara, 5, Window())


def test_moments_with_an_offset_are_utc_and_those_of_nothing_are_none(portal: LocalPortal, cyara: Cyara):
    listed = [{"runId": 9, "startDate": "2026-01-31T22:00:00+01:00", "endDate": "0001-01-01T00:00:00"}]
    page = {"results": listed, "totalResults": 1}
    portal.inject(faults.Fault(status=200, body=json.dumps(page), media_type="application/json", path="/runs"))
    (run,) = choose_runs(cyara, HISTORY, Window(since=dt.datetime(2026, 1, 31, tzinfo=dt.UTC)))[0]
    assert run.start is not None
    assert (run.start.isoformat(), run.end) == ("2026-01-31T21:00:00+00:00", None)

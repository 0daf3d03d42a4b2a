"""The page of a run, without a browser: what it leaves out and says so, its texts, and the numbers behind its plots."""

import datetime as dt
import re
import unicodedata
from html.parser import HTMLParser

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_auth.workflows.verdict import Tally
from cyara_tools.reports.html import render_html
from cyara_tools.reports.page.plots import HEIGHT, WIDTH, bar, durations, trend
from cyara_tools.reports.page.text import NONE, clean, moment, share, span
from cyara_tools.run.record import EarlierRun, Meaning, RunRecord, TestRecord, Verdict

from .html_records import BEGAN, campaign, earlier, one_of_each, results_of, run_of

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page, and insists that every element is closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[tuple[str, str]] = []
        self.left_out = 0
        self.campaign = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "data-campaign" in found:
            self.campaign = str(found["data-campaign"])
        if "data-meaning" in found:
            self.rows.append((self.campaign, str(found["data-meaning"])))
        self.left_out += int(found.get("data-left-out") or 0)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def longest(number: int, meaning: Meaning) -> TestRecord:
    """Return a test whose texts are as long as a portal may make them, of what takes most room in HTML."""
    return TestRecord(
        id=str(number), name="<" * 5_000, result="'" * 100, meaning=meaning, reason='"' * 5_000, duration_s=31.0
    )


@pytest.mark.parametrize("failed", [0, 50, 10_000])
def test_ten_thousand_results_take_less_than_two_megabytes_and_the_page_says_what_it_leaves_out(failed: int):
    record = run_of(campaign(812, results_of(10_000 - failed, failed), trend=earlier(30)))
    page = render_html(record)
    assert len(page.encode()) < 2_000_000
    read = Reader(page)
    shown = sum(meaning == "failed" for _, meaning in read.rows)
    assert shown == failed or (failed == 10_000 and shown > 4_000)
    assert len(read.rows) + read.left_out == 10_000
    assert "--json FILE" in page


def test_the_longest_texts_of_a_hundred_campaigns_take_less_than_two_megabytes():
    record = run_of(
        *(
            campaign(
                number,
                [longest(test, Meaning.FAILED) for test in range(100)],
                name="&" * 5_000,
                reasons=["<b>" * 2_000] * 2,
                trend=earlier(30),
            )
            for number in range(100)
        )
    )
    page = render_html(record)
    assert len(page.encode()) < 2_000_000
    read = Reader(page)
    assert len(read.rows) + read.left_out == 10_000


def test_a_thousand_failures_of_one_campaign_leave_room_for_the_one_of_another():
    loud = campaign(1, [longest(number, Meaning.FAILED) for number in range(5_000)])
    quiet = campaign(2, results_of(2_000, 1))
    read = Reader(render_html(run_of(loud, quiet)))
    assert ("2", "failed") in read.rows
    assert read.left_out > 0
    # And where there is not even room for all failures, no good call takes any.
    assert {meaning for _, meaning in read.rows} == {"failed"}


def test_of_a_thousand_campaigns_the_worst_are_shown_and_the_rest_are_counted():
    record = run_of(*(campaign(number, results_of(2, number % 10 == 0)) for number in range(1_000)))
    page = render_html(record)
    assert page.count("<section class=") == 1 + 200
    assert page.count('data-verdict="failed" data-failed="1"') == 100
    assert "800 campaigns more are not shown here" in page
    assert len(page.encode()) < 2_000_000


@given(st.text(st.characters(codec=None), max_size=60), st.integers(2, 30))
def test_a_cleaned_text_is_one_bounded_line_that_utf_8_can_hold(text: str, limit: int):
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    cleaned.encode()
    assert cleaned == cleaned.strip()
    assert not [letter for letter in cleaned if unicodedata.category(letter) in {"Cc", "Zl", "Zp"}]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", cleaned)
    assert clean(cleaned, limit) == cleaned


def test_what_is_cut_from_a_text_is_seen_to_be_cut():
    assert clean("heard\r\n\x1b[31m\tsilence", 30) == "heard \ufffd[31m silence"
    assert clean("0123456789", 10) == "0123456789"
    assert clean("0123456789a", 10) == "012345678…"
    assert clean(" " * 1_000_000 + "a", 10).endswith("…")
    assert clean(None, 10) == ""


def test_what_turns_the_text_around_it_or_is_half_a_letter_is_seen_and_does_nothing():
    assert clean("a\u202eb\u2066c", 10) == "a\ufffdb\ufffdc"
    assert clean("a\ud83db", 10) == "a\ufffdb"


def test_times_are_in_utc_and_say_so():
    late = dt.datetime(2026, 3, 29, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=10)))
    assert moment(late) == "2026-03-28 23:30:00 UTC"
    assert moment(late.replace(tzinfo=None)) == "2026-03-29 09:30:00 (zone not said)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "0.25 s"),
        (41.26, "41.3 s"),
        (119.7, "2 min 0 s"),
        (3_725, "1 h 2 min"),
        (None, NONE),
        (float("nan"), NONE),
    ],
)
def test_lengths_of_time_read_as_people_write_them(seconds: float | None, text: str):
    assert span(seconds) == text


def test_a_share_that_is_not_all_is_never_a_hundred_percent():
    assert share(99_999, 100_000) == "99.9 %"
    assert share(5, 5) == "100 %"
    assert share(0, 0) == "0 %"


def test_one_failure_in_a_hundred_thousand_can_be_seen_in_the_bar():
    pieces = bar(Tally(passed=99_999, failed=1))
    assert [piece.kind for piece in pieces] == ["failed", "passed"]
    assert pieces[0].size > 0.5
    assert sum(piece.size for piece in pieces) == pytest.approx(100, abs=0.1)
    assert bar(Tally()) == []


meanings = st.sampled_from(Meaning)
lengths = st.none() | st.floats(allow_nan=True) | st.floats(0, 300)
tests = st.lists(
    st.builds(
        TestRecord, id=st.none(), name=st.text(max_size=3), result=st.none(), meaning=meanings, duration_s=lengths
    ),
    max_size=60,
)
numbers = st.integers(0, 1_000)
tallies = st.builds(Tally, passed=numbers, failed=numbers, not_called=numbers, missing=numbers)
runs = st.lists(
    st.builds(EarlierRun, run=st.just("1"), started=st.none() | st.just(BEGAN), ended=st.none(), tally=tallies),
    max_size=40,
)


@given(tests, runs, tallies)
def test_plots_stay_in_their_frames_whatever_is_drawn(
    results: list[TestRecord], earlier: list[EarlierRun], tally: Tally
):
    record = attrs.evolve(campaign(812, results, trend=earlier), tally=tally)
    drawn = durations(record)
    known = [test for test in results if test.duration_s is not None and 0 <= test.duration_s < float("inf")]
    assert (drawn.number if drawn else 0) == len(known)
    boxes = list(drawn.boxes) if drawn else []
    last_runs = trend(record)
    assert (last_runs is None) == (not earlier)
    boxes += [box for column in last_runs.columns for box in column.boxes] if last_runs else []
    for box in boxes:
        assert 0 <= box.x <= box.x + box.width <= WIDTH + 0.2
        assert box.y >= 0
        # A part that would be too small to see is drawn larger, so a column may end a little below its foot.
        assert box.y + box.height <= HEIGHT + 8
        assert min(box.width, box.height) > 0
    Reader(render_html(run_of(record)))


def test_one_test_that_hangs_for_an_hour_does_not_hide_how_long_the_others_took():
    results = [*results_of(100), *results_of(1, duration_s=3_600.0)]
    drawn = durations(campaign(812, results))
    assert drawn is not None
    assert (drawn.beyond, drawn.longest) == (1, "1 h 0 min")
    assert len({box.x for box in drawn.boxes}) > 5


def test_the_trend_shows_the_last_runs_and_this_one():
    drawn = trend(campaign(812, results_of(19, 1), trend=earlier(30)))
    assert drawn is not None
    assert len(drawn.columns) == 20
    assert drawn.columns[-1].title == "This run: 1 of 20 calls were not good"
    assert (drawn.current, drawn.top) == ("95 %", "10 %")
    heights = [sum(box.height for box in column.boxes if box.kind != "passed") for column in drawn.columns]
    assert heights[-1] == pytest.approx(HEIGHT / 2)


def test_an_error_that_is_the_reason_too_is_said_once():
    both = campaign(
        812, run=None, verdict=Verdict.ERROR, error="It was refused.", reasons=["It was refused.", "Twice."]
    )
    page = render_html(run_of(both))
    assert (page.count("It was refused."), page.count("Twice.")) == (1, 1)


def test_a_pass_in_spite_of_failures_says_both():
    lenient = campaign(812, results_of(19, 1), verdict=Verdict.PASSED)
    page = render_html(run_of(lenient, verdict=Verdict.PASSED, exit_code=0))
    assert "Of 20 calls 1 failed." in page
    assert "The gate passed." in page
    assert Reader(page).rows[0] == ("812", "failed")


@pytest.mark.parametrize(
    "record",
    [
        one_of_each(),
        run_of(notes=["No campaign matches."]),
        run_of(campaign(812, [], verdict=Verdict.INCOMPLETE)),
        run_of(attrs.evolve(campaign(812), tally=Tally(missing=3), trend=earlier(2))),
        RunRecord(verdict=Verdict.ERROR, exit_code=8, started=BEGAN, ended=BEGAN),
    ],
    ids=["everything", "nothing selected", "no results", "nothing but missing", "an error before all"],
)
def test_every_kind_of_record_makes_a_whole_page(record: RunRecord):
    page = render_html(record)
    read = Reader(page)
    assert len(read.rows) == sum(len(each.results) for each in record.campaigns)
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")


def test_campaigns_stand_in_order_of_what_needs_a_look():
    page = render_html(one_of_each())
    shown = re.findall('data-campaign="(.*?)"', page)
    assert shown == ["812", "814", "818", "817", "815", "816", "819", "820", "813"]

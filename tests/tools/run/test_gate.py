"""What the gate says of a run: the exit code by the words of the documentation, counted a second way."""

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyara_auth.workflows.verdict import CampaignOutcome
from cyara_client import models
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.run.gate import Gate, judge, overall, result_of, share_of
from cyara_tools.run.record import CampaignRecord, Meaning, Verdict

GOOD, BAD, NOT_CALLED = "Success", "Failed", "Aborted"


def outcome(*results: Any, missing: int = 0) -> CampaignOutcome:
    listed = tuple(
        models.TestResult.from_dict(
            {"testResultId": number, "name": f"T{number}", "duration": "00:00:10"}
            | (each if isinstance(each, dict) else {"result": each})
        )
        for number, each in enumerate(results, 1)
    )
    return CampaignOutcome(campaign_id=812, run_id=1, run=None, results=listed, missing=missing)


def runs(passed: int = 0, failed: int = 0, not_called: int = 0, missing: int = 0) -> CampaignOutcome:
    return outcome(*[GOOD] * passed, *[BAD] * failed, *[NOT_CALLED] * not_called, missing=missing)


def code(gate: Gate, run: CampaignOutcome) -> int:
    judgement = judge(gate, run)
    assert bool(judgement.reasons) is (judgement.verdict is not Verdict.PASSED)
    return overall([CampaignRecord(id=812, name="x", verdict=judgement.verdict)])[1]


@pytest.mark.parametrize(
    ("gate", "run", "expected"),
    [
        (Gate(), runs(passed=20), 0),
        (Gate(), runs(passed=19, failed=1), 10),
        (Gate(), runs(passed=19, not_called=1), 11),
        (Gate(), runs(passed=19, missing=1), 11),
        (Gate(), runs(passed=18, failed=1, not_called=1), 10),
        (Gate(min_pass=share_of("95%")), runs(passed=19, failed=1), 0),
        (Gate(min_pass=share_of("95%")), runs(passed=18, failed=2), 10),
        (Gate(min_pass=share_of("90%")), runs(passed=19, not_called=1), 0),
        (Gate(min_pass=share_of("90%")), runs(passed=19, missing=1), 0),
        (Gate(min_pass=share_of("90%")), runs(passed=17, not_called=3), 11),
        (Gate(min_pass=share_of("90%")), runs(passed=17, missing=3), 11),
        # Two failures could still be made good by nobody: 17 of 20 at best.
        (Gate(min_pass=share_of("90%")), runs(passed=15, failed=3, not_called=2), 10),
        (Gate(max_failures=1), runs(passed=19, failed=1), 0),
        (Gate(max_failures=1), runs(passed=18, failed=2), 10),
        (Gate(max_failures=5), runs(passed=19, not_called=1), 11),
        (Gate(max_failures=5), runs(passed=19, missing=1), 11),
        (Gate(max_failures=1, min_pass=share_of("90%")), runs(passed=18, failed=2), 10),
        (Gate(max_failures=2, min_pass=share_of("95%")), runs(passed=18, failed=2), 10),
        (Gate(max_failures=2, min_pass=share_of("90%")), runs(passed=18, failed=2), 0),
        (Gate(max_failures=2, min_pass=share_of("90%")), runs(passed=18, failed=1, not_called=1), 0),
        (Gate(allow={"Failed"}), runs(passed=1, failed=19), 0),
        (Gate(allow={"Aborted"}), runs(passed=1, not_called=19), 0),
        (Gate(allow={"internal error"}), outcome(GOOD, "InternalError", "Internal Error"), 0),
        (Gate(allow={"internal error"}), outcome(GOOD, "Aborted"), 11),
        (Gate(max_duration=10), runs(passed=20), 0),
        (Gate(max_duration=9.999), runs(passed=20), 10),
        (Gate(max_duration=9, min_pass=share_of("0%"), max_failures=99), runs(passed=20), 10),
    ],
    ids=str,
)
def test_the_gate_of_the_documentation(gate: Gate, run: CampaignOutcome, expected: int):
    assert code(gate, run) == expected


def test_the_examples_of_the_documentation():
    page = (Path(__file__).resolve().parents[3] / "docs" / "run-gate.md").read_text("utf-8")
    rows = re.findall(r"^\|((?: \d+ \|){6})$", page, re.MULTILINE)
    assert len(rows) == 6
    for row in rows:
        passed, failed, not_called, *expected = [int(cell) for cell in row.strip(" |").split("|")]
        gates = (Gate(), Gate(min_pass=share_of("90%")), Gate(max_failures=1))
        assert [code(gate, runs(passed, failed, not_called)) for gate in gates] == expected, row


ANY_GATE = st.builds(
    Gate,
    min_pass=st.none() | st.fractions(0, 1, max_denominator=40),
    max_failures=st.none() | st.integers(0, 6),
)
FEW = st.integers(0, 6)


@given(ANY_GATE, FEW, FEW, FEW, FEW)
@example(Gate(min_pass=Fraction(19, 20)), 19, 1, 0, 0)
@example(Gate(min_pass=Fraction(1, 3)), 1, 2, 0, 0)
def test_the_code_is_what_would_come_of_every_way_the_open_calls_could_have_ended(
    gate: Gate, passed: int, failed: int, not_called: int, missing: int
):
    total = passed + failed + not_called + missing

    def holds(good: int, bad: int) -> bool:
        """Say whether thresholds hold; in whole numbers, so that nothing of the gate's own arithmetic is used."""
        if gate.min_pass is None and gate.max_failures is None:
            return bad == 0
        enough = gate.min_pass is None or good * gate.min_pass.denominator >= gate.min_pass.numerator * total
        return enough and (gate.max_failures is None or bad <= gate.max_failures)

    expected: int
    if not holds(total - failed, failed):
        # No way to end well.
        expected = 10
    elif passed + failed == 0 or (gate.min_pass is None and not_called + missing):
        expected = 11
    else:
        expected = 0 if holds(passed, failed) else 11
    assert code(gate, runs(passed, failed, not_called, missing)) == expected
    judgement = judge(gate, runs(passed, failed, not_called, missing))
    assert dict(judgement.tally) == {
        "passed": passed,
        "failed": failed,
        "not_called": not_called,
        "missing": missing,
    }


@given(ANY_GATE, st.sampled_from((None, 0.0, 5.0, 1e9)), st.integers(0, 5), st.integers(0, 5))
def test_a_run_in_which_nothing_was_called_never_passes(gate: Gate, longest: float | None, not_called: int, lost: int):
    assert code(attrs.evolve(gate, max_duration=longest), runs(not_called=not_called, missing=lost)) != 0


@given(
    st.lists(st.sampled_from(("Success", "Satisfactory", "Failed", "Aborted", "Other", None, "")), max_size=8),
    st.sets(st.sampled_from(("Failed", "other", "ABORTED", "Internal Error")), max_size=3),
    FEW,
)
def test_to_allow_a_result_is_as_if_the_portal_had_said_success(results: list[str | None], allow: set[str], lost: int):
    lowered = {word.lower() for word in allow}
    renamed = [GOOD if (each or "").lower() in lowered else each for each in results]
    allowed = judge(Gate(allow=frozenset(allow)), outcome(*results, missing=lost))
    as_if = judge(Gate(), outcome(*renamed, missing=lost))
    assert allowed.verdict is as_if.verdict
    assert dict(allowed.tally) == dict(as_if.tally)


@given(
    st.lists(st.tuples(st.sampled_from((GOOD, BAD)), st.integers(0, 60)), min_size=1, max_size=8), st.integers(0, 60)
)
def test_a_test_that_took_too_long_fails_the_gate_whatever_its_result(tests: list[tuple[str, int]], longest: int):
    run = outcome(*({"result": word, "duration": f"00:00:{seconds:02d}"} for word, seconds in tests))
    judgement = judge(Gate(max_duration=longest, max_failures=99), run)
    slow = [seconds > longest for _, seconds in tests]
    assert [test.too_long for test in judgement.results] == slow
    assert (judgement.verdict is Verdict.FAILED) is any(slow)
    # A condition of its own: the tally keeps the portal's word.
    assert [test.meaning for test in judgement.results] == [
        Meaning.PASSED if word == GOOD else Meaning.FAILED for word, _ in tests
    ]


def test_a_limit_of_time_that_cannot_be_compared_does_not_pass():
    run = outcome(GOOD, {"result": GOOD, "duration": None})
    judgement = judge(Gate(max_duration=30), run)
    assert judgement.verdict is Verdict.INCOMPLETE
    assert judgement.reasons == ("The portal names no duration for 1 of 2 tests, so a limit cannot be judged.",)
    # What was not called has none.
    run = outcome(GOOD, {"result": NOT_CALLED, "duration": None})
    assert judge(Gate(max_duration=30, allow={NOT_CALLED}), run).verdict is Verdict.PASSED


def test_a_run_without_results_says_so():
    assert judge(Gate(), runs()).reasons == ("The run has no results, so it has shown nothing.",)
    assert judge(Gate(min_pass=Fraction(0)), runs(missing=3)).verdict is Verdict.INCOMPLETE


def test_reasons_never_round_up_to_what_was_wanted():
    reasons = judge(Gate(min_pass=share_of("100%")), runs(passed=2999, failed=1)).reasons
    assert reasons == ("2999 of 3000 calls passed (99.9%); at least 100% must.",)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("95%", Fraction(19, 20)),
        ("95", Fraction(19, 20)),
        ("0.95", Fraction(19, 20)),
        (" 99.9 % ", Fraction(999, 1000)),
        (".5", Fraction(1, 2)),
        ("1%", Fraction(1, 100)),
        ("100%", 1),
        ("100", 1),
        ("0", 0),
        ("0%", 0),
    ],
)
def test_a_share_is_read_exactly(text: str, share: Fraction):
    assert share_of(text) == share


@pytest.mark.parametrize("text", ["1", "1.0", " 1 "])
def test_one_can_mean_two_things_and_is_refused(text: str):
    with pytest.raises(ValueError, match=r"can mean 1% and 100%. Write 1% or 100%"):
        share_of(text)


@pytest.mark.parametrize("text", ["", "%", "-5%", "101%", "101", "1000", "95,5%", "nan", "inf", "1e2", "9/10", "٩٥%"])
def test_what_is_no_share_is_refused(text: str):
    with pytest.raises(ValueError, match=r"Write it as 95%, 95 or 0.95"):
        share_of(text)


@given(st.integers(0, 10**6))
def test_per_cent_and_shares_agree_with_decimal_arithmetic(parts: int):
    percent = Decimal(parts) / 10**4
    assert share_of(f"{percent:f}%") == Fraction(percent) / 100


def test_no_result_at_all_cannot_be_allowed():
    for text in ("", " ", "- _"):
        with pytest.raises(ValueError, match="needs a name"):
            result_of(text)
        with pytest.raises(ValueError, match="needs a name"):
            Gate(allow=frozenset({text}))


@given(ANY_GATE, st.none() | st.floats(0, 1e6), st.sets(st.sampled_from(("Aborted", "Internal Error"))))
def test_a_gate_comes_back_from_its_json(gate: Gate, longest: float | None, allow: set[str]):
    gate = attrs.evolve(gate, max_duration=longest, allow=frozenset(allow))
    assert Gate.from_json(gate.to_json()) == gate


ENDS = [(Verdict.ERROR, number) for number in range(3, 10)] + [
    (verdict, None) for verdict in Verdict if verdict not in {Verdict.ERROR, Verdict.NOTHING_SELECTED}
]
RANK = [130, 3, 4, 5, 6, 7, 8, 9, 10, 12, 11, 13, 0]
OWN = {"passed": 0, "failed": 10, "timed_out": 12, "not_called": 11, "incomplete": 11, "not_started": 11}


def ended(verdict: Verdict, error_code: int | None) -> CampaignRecord:
    return CampaignRecord(id=1, name="x", verdict=verdict, error_code=error_code)


def expected_code(ends: Sequence[tuple[Verdict, int | None]], *more: int) -> int:
    return min([error or OWN.get(verdict, 130) for verdict, error in ends] + [*more], key=RANK.index)


def test_of_two_ends_the_first_of_the_table_counts_in_either_order():
    for pair in itertools.product(ENDS, repeat=2):
        found, exit_code = overall([ended(*end) for end in pair])
        assert exit_code == expected_code(pair), pair
        assert (found is Verdict.PASSED) is (exit_code is ExitCode.OK)


@pytest.mark.parametrize("end", ENDS)
def test_ctrl_c_comes_first_and_nothing_selected_before_a_pass_only(end: tuple[Verdict, int | None]):
    assert overall([ended(*end)], interrupted=True)[1] == 130
    assert overall([ended(*end)], nothing_selected=True)[1] == expected_code([end], 13)


def test_no_campaign_at_all_is_nothing_selected():
    assert overall([]) == (Verdict.NOTHING_SELECTED, 13)
    assert overall([], interrupted=True) == (Verdict.INTERRUPTED, 130)


@given(ends=st.lists(st.sampled_from(ENDS), min_size=1, max_size=5))
def test_of_several_ends_the_first_of_the_table_counts(ends: list[tuple[Verdict, int | None]]):
    assert overall([ended(*end) for end in ends])[1] == expected_code(ends)


def test_ten_thousand_results_are_judged_quickly():
    run = runs(passed=9_999, failed=1)
    began = dt.datetime.now(dt.UTC)
    assert judge(Gate(min_pass=share_of("99.99%"), max_duration=10), run).verdict is Verdict.PASSED
    assert (dt.datetime.now(dt.UTC) - began).total_seconds() < 5

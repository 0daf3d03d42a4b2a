"""The JUnit report is valid, reads back as what was run, and is red whenever the command was."""

import io
import time
from collections import Counter

import attrs
import junitparser
import pytest
import xmlschema
from defusedxml import ElementTree
from hypothesis import example, given, settings

from cyara_tools.reports.junit import render_junit
from cyara_tools.run.record import Meaning, RunRecord, Verdict

from .records import HOSTILE, any_run, called, campaign, everything, run


def read(record: RunRecord) -> junitparser.JUnitXml:
    found = junitparser.JUnitXml.fromstring(render_junit(record))
    assert isinstance(found, junitparser.JUnitXml)
    return found


def suite_of(record: RunRecord, number: int) -> junitparser.TestSuite:
    return next(suite for suite in read(record) if {"campaign": str(number)}.items() <= properties(suite).items())


def properties(suite: junitparser.TestSuite) -> dict[str, str]:
    return {each.name: each.value for each in suite.properties()}


def kinds(suite: junitparser.TestSuite) -> dict[str, list[str]]:
    return {case.name: [type(result).__name__ for result in case.result] for case in suite}


def test_a_suite_stands_for_each_campaign_and_a_case_for_each_test():
    suite = suite_of(everything(), 2)
    assert suite.name == "Nightly 2"
    assert suite.timestamp == "2026-11-30T03:00:00+00:00"
    assert suite.hostname is None
    cases = list(suite)
    assert [(case.name, case.classname, case.time) for case in cases[:4]] == [
        ("Menu", "Nightly 2", 34.3),
        ("Menu (3)", "Nightly 2", 0),
        ("Menu (2)", "Nightly 2", 70),
        ("Later", "Nightly 2", 0),
    ]
    assert len({case.name for case in cases}) == len(cases)
    # GitLab shows the text, Azure the message.
    failure = cases[0].result[0]
    assert (failure.type, failure.message, failure.text) == ("Failed", "Step 2: heard silence", "Step 2: heard silence")
    assert properties(suite) == {
        "campaign": "2",
        "run": "55120",
        "verdict": "failed",
        "portal": "https://portal.example/cyarawebapi",
        "account": "7",
        "exit_code": "130",
    }


def test_failed_and_could_not_be_called_and_skipped_are_three_things():
    found = kinds(suite_of(everything(), 2))
    assert found["Menu"] == ["Failure"]
    assert found["Menu (3)"] == ["Error"]
    assert found["Menu (2)"] == ["Failure"]
    assert found["Later"] == ["Skipped"]
    assert found["Calls that were not listed"] == ["Error"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, {"Menu": [], "Menu (2)": []}),
        (3, {"x": ["Error"]}),
        (4, {"The run of the campaign": ["Error"]}),
        (5, {"Menu": [], "The run of the campaign": ["Error"]}),
        (6, {"The run of the campaign": ["Error"]}),
        (7, {"The run of the campaign": ["Error"]}),
        (8, {"The run of the campaign": ["Skipped"]}),
    ],
)
def test_what_is_no_tests_fault_has_a_case_of_its_own(number: int, expected: dict[str, list[str]]):
    assert kinds(suite_of(everything(), number)) == expected


def test_the_sentence_of_an_error_is_what_a_ci_shows():
    (case,) = suite_of(everything(), 6)
    assert case.result[0].text == "The portal was not reached. Next: try again"


def test_campaigns_of_one_name_are_told_apart_by_number():
    names = [suite.name for suite in read(everything())]
    assert len(set(names)) == len(names) == 9
    assert {"Nightly 1 (campaign 1)", "Nightly 1 (campaign 9)"} <= set(names)


def test_a_skip_that_the_gate_does_not_take_for_passed_is_not_green():
    skipped = called("Off", Meaning.FAILED, result="Not Run", reason=None)
    record = run(campaign(Verdict.FAILED, skipped, reasons=["1 of 1 calls failed."]))
    assert kinds(suite_of(record, 812)) == {"Off": ["Skipped"], "The run of the campaign": ["Failure"]}
    allowed = attrs.evolve(skipped, meaning=Meaning.PASSED)
    assert kinds(suite_of(run(campaign(Verdict.PASSED, allowed)), 812)) == {"Off": ["Skipped"]}


def test_nothing_selected_is_a_case_that_failed():
    found = read(run(notes=["--name Nihgtly matched nothing."]))
    assert (found.tests, found.errors) == (1, 1)
    (suite,) = found
    (case,) = suite
    assert (case.name, case.result[0].text) == ("The selection of campaigns", "--name Nihgtly matched nothing.")


def reasonable(text: str) -> bool:
    return all(char in "\t\n" or char >= " " for char in text)


@given(any_run())
@example(
    run(
        *(
            campaign(Verdict.PASSED, name=name, number=number)
            for name, number in (("a", 1), ("a (campaign 1)", 2), ("a", 3))
        )
    )
)
@example(run(campaign(Verdict.PASSED, *map(called, ("a", "a (2)", "a", "a", "a (3)")))))
def test_totals_are_right_names_are_unique_and_red_is_red(record: RunRecord):
    root = ElementTree.fromstring(render_junit(record))
    names = set()
    for suite in root:
        cases = suite.findall("testcase")
        found = Counter(child.tag for case in cases for child in case)
        assert suite.get("tests") == str(len(cases))
        assert [suite.get(name) for name in ("failures", "errors", "skipped")] == [
            str(found[name]) for name in ("failure", "error", "skipped")
        ]
        assert float(suite.get("time")) == pytest.approx(sum(float(case.get("time")) for case in cases), abs=1e-6)
        names |= {(case.get("classname"), case.get("name")) for case in cases}
        assert all(case.get("name") for case in cases)
    assert len(names) == int(root.get("tests"))
    for name in ("tests", "failures", "errors"):
        assert root.get(name) == str(sum(int(suite.get(name)) for suite in root))
    red = int(root.get("failures")) + int(root.get("errors"))
    if record.exit_code:
        assert red
    if red:
        # The other way round, red shows what a gate may have let through, and nothing else.
        assert (
            record.exit_code
            or any(
                test.meaning is not Meaning.PASSED or test.too_long
                for each in record.campaigns
                for test in each.results
            )
            or any(each.tally["missing"] for each in record.campaigns)
        )
    for element in root.iter():
        assert reasonable(element.text or "")
        assert all(reasonable(value) and "\n" not in value for value in element.attrib.values())


@settings(max_examples=60)
@given(record=any_run())
def test_it_is_valid_by_the_schema_of_jenkins(junit_schema: xmlschema.XMLSchema10, record: RunRecord):
    junit_schema.validate(io.BytesIO(render_junit(record)))


def test_a_run_with_everything_is_valid_by_the_schema_of_jenkins(junit_schema: xmlschema.XMLSchema10):
    junit_schema.validate(io.BytesIO(render_junit(everything())))
    # The schema does judge.
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        junit_schema.validate(
            io.BytesIO(render_junit(everything()).replace(b"<testcase classname", b"<testcase klass"))
        )


def test_hostile_texts_arrive_as_texts():
    reasons = [case.result[0].text for case in suite_of(everything(), 2)][4 : 4 + len(HOSTILE)]
    for text, shown in zip(HOSTILE, reasons, strict=True):
        if text.isprintable() and text.strip():
            assert shown == text


def test_texts_without_end_are_cut():
    huge = called("n" * 10**6, Meaning.FAILED, reason="r" * 10**6)
    assert len(render_junit(run(campaign(Verdict.FAILED, huge)))) < 50_000


def test_ten_thousand_tests_are_written_quickly():
    tests = [called("Menu", Meaning.FAILED, duration_s=1.0) for _ in range(10_000)]
    record = run(campaign(Verdict.FAILED, *tests))
    began = time.perf_counter()
    found = ElementTree.fromstring(render_junit(record))
    assert time.perf_counter() - began < 5
    assert found.get("tests") == found.get("failures") == "10000"
    assert len({case.get("name") for case in found.iter("testcase")}) == 10_000

"""Records of runs to report: one that has everything in it, and any that can be drawn."""

import datetime as dt

from hypothesis import strategies as st

from cyara_auth.workflows.verdict import Tally
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.run.gate import overall
from cyara_tools.run.record import CampaignRecord, Meaning, RunRecord, TestRecord, Verdict

START = dt.datetime(2026, 11, 30, 3, 0, tzinfo=dt.UTC)
END = START + dt.timedelta(minutes=5)

HOSTILE = (
    "]]>",
    "<script>alert(1)</script>",
    "a & b \"c\" 'd'",
    "tab\there",
    "line\nbreak\r\nand\x85more\u2028still",
    "\x00\x01\x1b[31m\x9b",
    "lone \ud800 surrogate",
    "\ufffe\uffff",
    "::set-output name=x::y",
    "##vso[task.setvariable variable=x]y",
    "##[error]x",
    "| a | b |\n|---|---|",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "*bold* _it_ `code` ~~x~~ # h",
    "https://evil.example www.evil.example a@evil.example",
    "$x^2$ &amp; &#60;",
    "\u202egnirts",
    "",
    "   ",
    "-->",
    "%0A%0D%25",
)


def called(name: str = "Menu", meaning: Meaning = Meaning.PASSED, **fields: object) -> TestRecord:
    result = {Meaning.PASSED: "Success", Meaning.FAILED: "Failed", Meaning.NOT_CALLED: "Aborted"}[meaning]
    reason = None if meaning is Meaning.PASSED else "Step 2: heard silence"
    return TestRecord(**{"id": "1", "name": name, "result": result, "meaning": meaning, "reason": reason} | fields)


def campaign(verdict: Verdict, *tests: TestRecord, number: int = 812, missing: int = 0, **fields: object):
    counts = {each.value: sum(test.meaning is each for test in tests) for each in Meaning}
    known = {"name": f"Nightly {number}", "run": "55120", "started": START, "ended": END}
    return CampaignRecord(
        **{"id": number, "verdict": verdict, "tally": Tally(**counts, missing=missing), "results": tests}
        | known
        | fields
    )


def run(*campaigns: CampaignRecord, interrupted: bool = False, **fields: object) -> RunRecord:
    verdict, exit_code = overall(campaigns, interrupted=interrupted)
    known = {"started": START, "ended": END, "portal": "https://portal.example/cyarawebapi", "account": "7"}
    return RunRecord(**{"verdict": verdict, "exit_code": int(exit_code), "campaigns": campaigns} | known | fields)


def everything() -> RunRecord:
    """Return a run with one of each: every verdict, every meaning, names that are hard."""
    return run(
        campaign(Verdict.PASSED, called(duration_s=1.25), called(duration_s=2.5, id="2"), number=1),
        campaign(
            Verdict.FAILED,
            called("Menu", Meaning.FAILED, duration_s=34.3, started=START),
            called("Menu", Meaning.NOT_CALLED, id="2"),
            called("Menu (2)", duration_s=70.0, too_long=True, reason="It took 70 s, and at most 60 s are allowed."),
            called("Later", Meaning.FAILED, result="Skipped", reason="switched off"),
            *(called(text, Meaning.FAILED, reason=text, result=text or None) for text in HOSTILE),
            number=2,
            missing=3,
            reasons=["2 of 8 calls failed."],
            problems=["The list of results names 9, and 6 came."],
        ),
        campaign(Verdict.NOT_CALLED, called("x", Meaning.NOT_CALLED), number=3, reasons=["Not one call"]),
        campaign(Verdict.INCOMPLETE, number=4, reasons=["The run has no results, so it has shown nothing."]),
        campaign(Verdict.TIMED_OUT, called(), number=5),
        campaign(Verdict.ERROR, number=6, error="The portal was not reached. Next: try again", error_code=8, run=None),
        campaign(Verdict.INTERRUPTED, number=7),
        campaign(Verdict.NOT_STARTED, number=8, run=None, started=None, ended=None),
        # Two campaigns may have one name.
        campaign(Verdict.PASSED, called(), number=9, name="Nightly 1"),
        interrupted=True,
        notes=["Take up: cyara run --resume"],
    )


ANY_TEXT = st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=20)
ANY_TEST = st.builds(
    TestRecord,
    id=st.none() | ANY_TEXT,
    name=ANY_TEXT | st.sampled_from(("Menu", "Menu (2)")),
    result=st.none() | ANY_TEXT | st.sampled_from(("Skipped", "Success")),
    meaning=st.sampled_from(Meaning),
    duration_s=st.none() | st.floats(0, 1e6),
    reason=st.none() | ANY_TEXT,
    too_long=st.booleans(),
    started=st.none() | st.just(START),
)


@st.composite
def any_campaign(draw: st.DrawFn) -> CampaignRecord:
    verdict = draw(st.sampled_from([each for each in Verdict if each is not Verdict.NOTHING_SELECTED]))
    tests = draw(st.lists(ANY_TEST, max_size=5))
    return campaign(
        verdict,
        *tests,
        number=draw(st.integers(1, 4)),
        missing=draw(st.integers(0, 2)),
        name=draw(ANY_TEXT | st.just("Nightly")),
        run=draw(st.none() | ANY_TEXT),
        reasons=draw(st.lists(ANY_TEXT, max_size=2)),
        problems=draw(st.lists(ANY_TEXT, max_size=2)),
        error=draw(st.none() | ANY_TEXT) if verdict is Verdict.ERROR else None,
        error_code=draw(st.sampled_from([int(code) for code in ExitCode if 3 <= code <= 9]))
        if verdict is Verdict.ERROR
        else None,
    )


@st.composite
def any_run(draw: st.DrawFn) -> RunRecord:
    made = draw(st.lists(any_campaign(), max_size=4))
    return run(*made, interrupted=draw(st.booleans()), notes=draw(st.lists(ANY_TEXT, max_size=2)))

"""The gate: what a run has to show for `cyara run` to end with 0, and which exit code it ends with otherwise.

What a result means is what `cyara_auth.workflows.verdict` says; the gate only counts. Everything here is pure.

| exit code | verdict | when |
|---|---|---|
| 0 | passed | every condition holds |
| 10 | failed | not all conditions could hold, even if all that was not called or listed had passed |
| 11 | not_called, incomplete | else, and thresholds do not cover what was not called or listed |
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.workflows.verdict import CampaignOutcome, Tally, plain_word
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.run.record import CampaignRecord, Meaning, TestRecord, Verdict
from cyara_tools.run.result_fields import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d{1,9})?|\.\d{1,9})\s*(%?)", re.ASCII)
_WHOLE: Final = 100


def share_of(text: str) -> Fraction:
    """Return the share that `95%`, `95` or `0.95` names, exactly.

    Without a sign, a number below 1 is a share, and one above it is per cent.

    Raises:
        ValueError: The text is no share, or it is `1`, which may be meant as 1% and as 100%.
    """
    found = _SHARE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a share. Write it as 95%, 95 or 0.95")
    number = Fraction(found[1])
    if not found[2] and number == 1:
        raise ValueError(f"{text!r} can mean 1% and 100%. Write 1% or 100%")
    share = number / _WHOLE if found[2] or number > 1 else number
    if share > 1:
        raise ValueError(f"{text!r} is more than 100%. Write it as 95%, 95 or 0.95")
    return share


def result_of(text: str) -> str:
    """Return the result that `--allow` names, as results are compared.

    Raises:
        ValueError: Nothing is left of the text: a call without a result can never count as passed.
    """
    word = plain_word(text)
    if not word:
        raise ValueError("A result that is allowed needs a name, such as Aborted. No result at all cannot be allowed")
    return word


def _results(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(result_of, words))


@attrs.frozen(kw_only=True)
class Gate:
    """What has to hold; without `min_pass` and `max_failures`, every result has to be good.

    Attributes:
        min_pass: least share of passed calls among all: passed, failed, not called and missing.
        max_failures: most calls that may have been made and failed. It does not cover calls that were not made.
        max_duration: most seconds that a test may take, whatever its result.
        allow: results that count as passed, as `result_of` returns them.
    """

    min_pass: Fraction | None = None
    max_failures: int | None = None
    max_duration: float | None = None
    allow: frozenset[str] = attrs.field(default=frozenset[str](), converter=_results)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, for a journal; `from_json` reads them."""
        share = None if self.min_pass is None else str(self.min_pass)
        return {
            "min_pass": share,
            "max_failures": self.max_failures,
            "max_duration": self.max_duration,
            "allow": sorted(self.allow),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Gate:
        """Return the gate that `to_json` wrote down.

        Raises:
            KeyError, TypeError, ValueError: It did not write this.
        """
        share = values["min_pass"]
        return cls(
            min_pass=None if share is None else Fraction(share),
            max_failures=values["max_failures"],
            max_duration=values["max_duration"],
            allow=frozenset(values["allow"]),
        )


@attrs.frozen(kw_only=True)
class Judgement:
    """What the gate says of one run.

    Attributes:
        results: the tests in the order of the portal's list, with what `allow` and `max_duration` make of them.
        tally: calls by what they mean, with those that are missing.
        verdict: `passed`, `failed`, `not_called` or `incomplete`.
        reasons: why it is not `passed`, as sentences.
    """

    results: tuple[TestRecord, ...]
    tally: Tally
    verdict: Verdict
    reasons: tuple[str, ...] = ()


def judge(gate: Gate, outcome: CampaignOutcome[Any, Any]) -> Judgement:
    """Judge one run that is over.

    Args:
        gate: what has to hold.
        outcome: the run; its results are TestResult models of any generated client, or their JSON.
    """
    read = [record_of(result, number) for number, result in enumerate(outcome.results, 1)]
    results = tuple(_admitted(gate, test) for test in read)
    by_meaning = {meaning: sum(test.meaning is meaning for test in results) for meaning in Meaning}
    tally = Tally(
        passed=by_meaning[Meaning.PASSED],
        failed=by_meaning[Meaning.FAILED],
        not_called=by_meaning[Meaning.NOT_CALLED],
        missing=outcome.missing,
    )
    failures = [*_failures(gate, tally), *_too_long(gate, results)]
    gaps, unknown = [*_gaps(gate, tally)], [*_unknown_durations(gate, read)]
    if failures:
        verdict = Verdict.FAILED
    elif gaps and tally.not_called:
        verdict = Verdict.NOT_CALLED
    else:
        verdict = Verdict.INCOMPLETE if gaps or unknown else Verdict.PASSED
    return Judgement(results=results, tally=tally, verdict=verdict, reasons=(*failures, *gaps, *unknown))


def _admitted(gate: Gate, test: TestRecord) -> TestRecord:
    """Return a test with what the gate makes of its result and its duration."""
    if test.result is not None and plain_word(test.result) in gate.allow:
        test = attrs.evolve(test, meaning=Meaning.PASSED)
    if gate.max_duration is None or test.duration_s is None or test.duration_s <= gate.max_duration:
        return test
    sentence = f"It took {test.duration_s:g} s, and at most {gate.max_duration:g} s are allowed."
    reason = sentence if test.reason is None else f"{sentence}\n{test.reason}"
    return attrs.evolve(test, too_long=True, reason=reason)


def _failures(gate: Gate, tally: Tally) -> Iterable[str]:
    """Yield what calls that were made and failed make impossible, whatever comes of the others."""
    total = sum(tally.values())
    if gate.max_failures is not None and tally.failed > gate.max_failures:
        yield f"{tally.failed} of {total} calls failed; at most {gate.max_failures} may."
    if gate.min_pass is not None and total and Fraction(total - tally.failed, total) < gate.min_pass:
        yield f"{_passed(tally)}; at least {_percent(gate.min_pass)} must."
    if gate.max_failures is None and gate.min_pass is None and tally.failed:
        yield f"{tally.failed} of {total} calls failed."


def _too_long(gate: Gate, results: Sequence[TestRecord]) -> Iterable[str]:
    slow = sum(test.too_long for test in results)
    if slow:
        yield f"{slow} of {len(results)} tests took longer than {gate.max_duration:g} s."


def _gaps(gate: Gate, tally: Tally) -> Iterable[str]:
    """Yield what calls that were not made, or not listed, leave open."""
    total, listed = sum(tally.values()), sum(tally.values()) - tally.missing
    if not listed:
        # Whatever the thresholds: a build that is green though nothing ran is what a gate is there to prevent.
        yield "The run has no results, so it has shown nothing."
        return
    if not tally.passed and not tally.failed:
        yield "Not one call could be made, so the run has shown nothing."
        return
    if gate.min_pass is None:
        if tally.not_called:
            yield f"{tally.not_called} of {total} calls could not be made."
        if tally.missing:
            yield f"{tally.missing} of {total} calls were not listed by the portal."
    elif Fraction(tally.passed, total) < gate.min_pass <= Fraction(total - tally.failed, total):
        open_ = f"{tally.not_called} could not be made, {tally.missing} were not listed"
        yield f"{_passed(tally)} ({open_}); at least {_percent(gate.min_pass)} must."


def _unknown_durations(gate: Gate, read: Sequence[TestRecord]) -> Iterable[str]:
    """Yield that a limit could not be compared with anything: a condition that cannot fail would be no gate."""
    if gate.max_duration is None:
        return
    # What was not called took no time, also where it is allowed.
    called = [test for test in read if test.meaning is not Meaning.NOT_CALLED]
    unknown = sum(test.duration_s is None for test in called)
    if unknown:
        yield f"The portal names no duration for {unknown} of {len(called)} tests, so a limit cannot be judged."


def _passed(tally: Tally) -> str:
    total = sum(tally.values())
    return f"{tally.passed} of {total} calls passed ({_percent(Fraction(tally.passed, total))})"


def _percent(share: Fraction) -> str:
    """Return a share in per cent, never rounded up: 2999 of 3000 are not 100%."""
    tenths = share * _WHOLE * 10 // 1
    return f"{tenths / 10:g}%"


_CODES: Final = {
    Verdict.PASSED: ExitCode.OK,
    Verdict.FAILED: ExitCode.GATE_FAILED,
    Verdict.NOT_CALLED: ExitCode.NOT_RUN,
    Verdict.INCOMPLETE: ExitCode.NOT_RUN,
    Verdict.NOT_STARTED: ExitCode.NOT_RUN,
    Verdict.TIMED_OUT: ExitCode.TIMED_OUT,
    Verdict.INTERRUPTED: ExitCode.INTERRUPTED,
    Verdict.NOTHING_SELECTED: ExitCode.NOTHING_SELECTED,
}
# The first that any campaign has is that of all. Of several errors the lowest code counts: the nearer to the
# credential, the lower it is, and so the answer does not hang on which campaign was quicker.
_ORDER: Final = (
    Verdict.INTERRUPTED,
    Verdict.ERROR,
    Verdict.FAILED,
    Verdict.TIMED_OUT,
    Verdict.NOT_CALLED,
    Verdict.INCOMPLETE,
    Verdict.NOT_STARTED,
    Verdict.NOTHING_SELECTED,
    Verdict.PASSED,
)


def overall(
    campaigns: Sequence[CampaignRecord], *, interrupted: bool = False, nothing_selected: bool = False
) -> tuple[Verdict, ExitCode]:
    """Return what all campaigns of a command came to: 130, then 3 to 9, then 10, 12, 11, 13, 0.

    Args:
        campaigns: what came of each; none at all is nothing selected.
        interrupted: whether Ctrl-C ended the command.
        nothing_selected: whether a selector matched nothing.
    """
    verdicts = {campaign.verdict for campaign in campaigns}
    if interrupted:
        verdicts.add(Verdict.INTERRUPTED)
    if nothing_selected or not campaigns:
        verdicts.add(Verdict.NOTHING_SELECTED)
    worst = next(verdict for verdict in _ORDER if verdict in verdicts)
    if worst is not Verdict.ERROR:
        return worst, _CODES[worst]
    codes = [campaign.error_code for campaign in campaigns if campaign.verdict is Verdict.ERROR]
    return worst, min(ExitCode.INCONCLUSIVE if code is None else ExitCode(code) for code in codes)

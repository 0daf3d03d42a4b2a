"""The report for a CI: JUnit's XML, of which there is no one form.

What the readers published of theirs, and what follows from it here:

* The XSD of Jenkins' xUnit plugin (`junit-10.xsd`): `testcase` has name, classname, time and group, and no file or
  properties; `testsuites` has no count of what was skipped.
* GitLab ("Unit test reports"): shows the classname as the suite; keys a test by it and its name and takes the first of
  two with one name; shows the text inside `failure`, `error` and `skipped`, not their `message`.
* Jenkins' JUnit plugin: splits the classname at its last dot; shows `message` and the text inside.
* Azure (`PublishTestResults@2`): shows `message`, and the text inside as the stack trace; counts `error` as failed.
* Renderers on GitHub read either, and count by the elements, not by the totals.
"""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from cyara_auth.workflows.verdict import plain_word
from cyara_tools.plain_text import one_line, plain
from cyara_tools.run.record import Meaning, Verdict
from cyara_tools.run.result_fields import MOST_NAME, MOST_REASON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cyara_tools.run.record import CampaignRecord, RunRecord, TestRecord

_MOST_MESSAGE: Final = 200
_SKIPPED: Final = frozenset({"skipped", "skip", "notrun", "notexecuted", "ignored", "disabled"})
# What stands for a campaign as a whole, in a case of its own.
_RUN: Final = "The run of the campaign"
_COMMAND: Final = "The command"
_SELECTION: Final = "The selection of campaigns"


@attrs.frozen(kw_only=True)
class _Case:
    """One case: `element` is the name of what it holds, which is none where it passed."""

    name: str
    milliseconds: int = 0
    element: str | None = None
    kind: str = ""
    text: str = ""


def render_junit(record: RunRecord) -> bytes:
    """Return a run as JUnit XML: a suite for each campaign, a case for each test.

    A campaign that has not passed has a case that has not, whatever its tests say, and so has a command. The seconds of
    a suite are the sum of those of its cases.
    """
    root = ET.Element("testsuites", {"name": "cyara run"})
    suites = list(_suites(record))
    red = sum(int(suite.get(name, "0")) for suite in suites for name in ("failures", "errors"))
    if not suites or (record.exit_code and not red):
        suites.append(_suite_of_the_command(record))
    _total(root, suites)
    root.extend(suites)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suites(record: RunRecord) -> Iterator[ET.Element]:
    # Two campaigns may share a name, and a CI takes the classname for the campaign. By their numbers they have the same
    # names in each run, whatever else is run.
    names = [_campaign_name(campaign) for campaign in record.campaigns]
    told_apart = [
        name if names.count(name) == 1 else f"{name} (campaign {campaign.id})"
        for name, campaign in zip(names, record.campaigns, strict=True)
    ]
    for name, campaign in zip(_unique(told_apart), record.campaigns, strict=True):
        properties = {"campaign": str(campaign.id), "run": campaign.run or "", "verdict": campaign.verdict.value}
        suite = _suite(name, campaign.started or record.started, properties | _of_all(record), _cases(campaign))
        suite.set("id", str(campaign.id))
        yield suite


def _suite_of_the_command(record: RunRecord) -> ET.Element:
    """Return a suite for what is no campaign's: without a case that says so, a CI would be green, or take no file."""
    nothing = record.verdict is Verdict.NOTHING_SELECTED
    text = "\n".join(record.notes) or (
        "No campaign matched the selection, so nothing was run."
        if nothing
        else f"The verdict is {record.verdict.value}."
    )
    case = _Case(name=_SELECTION if nothing else _COMMAND, element="error", kind=record.verdict.value, text=text)
    return _suite("cyara run", record.started, {"verdict": record.verdict.value} | _of_all(record), [case])


def _of_all(record: RunRecord) -> dict[str, str]:
    return {"portal": record.portal, "account": record.account, "exit_code": str(int(record.exit_code))}


def _suite(name: str, started: dt.datetime, properties: dict[str, str], cases: Iterable[_Case]) -> ET.Element:
    suite = ET.Element("testsuite", {"name": name})
    cases = list(cases)
    unique = _unique([case.name for case in cases])
    made = [_element(name, attrs.evolve(case, name=own)) for case, own in zip(cases, unique, strict=True)]
    _count(suite, made)
    suite.set("timestamp", started.astimezone(dt.UTC).isoformat(timespec="seconds"))
    inner = ET.SubElement(suite, "properties")
    for key, value in properties.items():
        if value:
            ET.SubElement(inner, "property", {"name": key, "value": one_line(value, most=MOST_NAME)})
    suite.extend(made)
    return suite


def _count(suite: ET.Element, cases: list[ET.Element]) -> None:
    kinds = Counter(child.tag for case in cases for child in case)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(kinds["failure"]))
    suite.set("errors", str(kinds["error"]))
    suite.set("skipped", str(kinds["skipped"]))
    suite.set("time", _seconds(sum(_milliseconds(case) for case in cases)))


def _total(root: ET.Element, suites: list[ET.Element]) -> None:
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", _seconds(sum(map(_milliseconds, suites))))


def _milliseconds(element: ET.Element) -> int:
    return int(element.get("time", "0").replace(".", ""))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _element(classname: str, case: _Case) -> ET.Element:
    attributes = {"classname": classname, "name": case.name, "time": _seconds(case.milliseconds)}
    element = ET.Element("testcase", attributes)
    if case.element is not None:
        text = plain(case.text, most=2 * MOST_REASON)
        message = one_line(text.partition("\n")[0], most=_MOST_MESSAGE)
        inner = {"message": message, "type": one_line(case.kind, most=_MOST_MESSAGE)}
        ET.SubElement(element, case.element, inner).text = text
    return element


def _unique(names: Sequence[str]) -> Iterator[str]:
    """Number names from the second of each on; no number makes a name that another one has."""
    taken, seen = set(names), Counter[str]()
    for name in names:
        seen[name] += 1
        made = name
        if seen[name] > 1:
            while (made := f"{name} ({seen[name]})") in taken:
                seen[name] += 1
            taken.add(made)
        yield made


def _campaign_name(campaign: CampaignRecord) -> str:
    return one_line(campaign.name, most=MOST_NAME).strip() or str(campaign.id)


def _cases(campaign: CampaignRecord) -> Iterator[_Case]:
    cases = [_test_case(test) for test in campaign.results]
    yield from cases
    own = list(_own_cases(campaign))
    yield from own
    if campaign.verdict in {Verdict.PASSED, Verdict.NOT_STARTED}:
        return
    if not any(case.element in {"failure", "error"} for case in (*cases, *own)):
        # As where the portal's word is a skip, which the gate does not take for passed.
        element = "failure" if campaign.verdict is Verdict.FAILED else "error"
        yield _Case(name=_RUN, element=element, kind=campaign.verdict.value, text=_why(campaign))


def _own_cases(campaign: CampaignRecord) -> Iterator[_Case]:
    """Yield what went wrong with the campaign as a whole, and is no test's."""
    verdict = campaign.verdict
    if verdict is Verdict.NOT_STARTED:
        yield _Case(name=_RUN, element="skipped", kind=verdict.value, text=_why(campaign))
    elif verdict in {Verdict.ERROR, Verdict.TIMED_OUT, Verdict.INTERRUPTED}:
        yield _Case(name=_RUN, element="error", kind=verdict.value, text=_why(campaign))
    if missing := campaign.tally["missing"]:
        text = "\n".join((f"{missing} calls of the run are not in the portal's list.", *campaign.problems))
        yield _Case(name="Calls that were not listed", element="error", kind="missing", text=text)


def _why(campaign: CampaignRecord) -> str:
    own = {
        Verdict.NOT_STARTED: "The campaign was not started.",
        Verdict.TIMED_OUT: "The run had not ended when the time was up. It goes on at the portal.",
        Verdict.INTERRUPTED: "The command was interrupted. A run that was started goes on at the portal.",
    }.get(campaign.verdict, f"The verdict is {campaign.verdict.value}.")
    return "\n".join(campaign.sentences) or own


def _test_case(test: TestRecord) -> _Case:
    name = one_line(test.name, most=MOST_NAME).strip() or "Test"
    milliseconds = round((test.duration_s or 0) * 1000)
    word = test.result or "no result"
    text = test.reason or f"The result is {word}."
    case = _Case(name=name, milliseconds=milliseconds, text=text)
    if plain_word(word) in _SKIPPED:
        return attrs.evolve(case, element="skipped", kind=word)
    if test.meaning is Meaning.NOT_CALLED:
        return attrs.evolve(case, element="error", kind=word)
    if test.meaning is Meaning.FAILED or test.too_long:
        return attrs.evolve(case, element="failure", kind="TooLong" if test.meaning is Meaning.PASSED else word)
    return case

"""Test cases: imported from XML, exported as the same XML, executed outside of campaigns, kept in folders."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cyara_tools.portal.domain import runs
from cyara_tools.portal.domain.clock import format_time, format_time_span
from cyara_tools.portal.domain.problems import ProblemError, existing

if TYPE_CHECKING:
    from datetime import datetime

    from cyara_tools.portal.domain.clock import Clock
    from cyara_tools.portal.json_types import Json

NAMESPACE: Final = "TestSpecification.xsd"
SEEDED: Final = 125
FIRST: Final = 3001
_FOLDERS: Final = ("AGD MOBILE\\TEMPLATES", "BANK\\MENU", "BANK\\PAYMENTS")
_ROOT, _FIRST_RESULT = 1, 990_001
EXAMPLE_TICKET: Final = "1f6b3c52-9d0e-4c1a-8a55-0f4a7c2f9d11"
"""Ticket of a test that was started before the portal was: the one that the bundled document's examples ask for."""


@attrs.define(kw_only=True)
class TestCase:
    """One test case, with the file it came from."""

    number: int
    name: str
    folder: str
    destination: str
    description: str
    steps: list[dict[str, Json]]
    changed: datetime
    file: bytes


@attrs.frozen(kw_only=True)
class _StartedTest:
    ticket: str
    case: TestCase
    start: datetime
    result_id: int


@attrs.define
class TestCases:
    """All test cases of the account."""

    clock: Clock
    seed: int
    base_url: str
    account: int
    every: str | None = None
    """The result of every call; None where they are mixed."""
    _cases: dict[int, TestCase] = attrs.field(factory=dict[int, TestCase], init=False)
    _started: dict[str, _StartedTest] = attrs.field(factory=dict[str, _StartedTest], init=False)

    def populate(self) -> None:
        """Make the test cases that are there from the start."""
        for number in range(SEEDED):
            folder = _FOLDERS[number % len(_FOLDERS)]
            self.import_file(_seed_file(f"Test case {number + 1:03}", folder, 1 + number % 4))
        start = self.clock.now() - timedelta(hours=1)
        first = self.get(FIRST)
        earlier = _StartedTest(ticket=EXAMPLE_TICKET, case=first, start=start, result_id=_FIRST_RESULT - 1)
        self._started[EXAMPLE_TICKET] = earlier

    @property
    def numbers(self) -> list[int]:
        """Numbers of all test cases."""
        return list(self._cases)

    def get(self, number: int) -> TestCase:
        """Return one test case."""
        return existing(self._cases.get(number), "test case", number)

    def summaries(self) -> list[Json]:
        """Return the test cases as lists show them."""
        return [self._summary(case) for case in self._cases.values()]

    def details(self, number: int) -> dict[str, Json]:
        """Return one test case in full."""
        case = self.get(number)
        return {**self._summary(case), "description": case.description, "notes": None, "steps": case.steps}

    def import_file(self, data: bytes) -> list[int]:
        """Make test cases from a file and return their numbers."""
        try:
            # Not by the standard library alone: a few entities in an uploaded file could fill the memory.
            root = fromstring(data)
        except (ET.ParseError, DefusedXmlException) as error:
            raise ProblemError(400, f"The file is not XML that can be read: {error}") from None
        found = root.findall(f"{{{NAMESPACE}}}TestCases/{{{NAMESPACE}}}TestCase")
        if root.tag != f"{{{NAMESPACE}}}TestSpecification" or not found:
            raise ProblemError(400, f"The file holds no TestCase in the namespace {NAMESPACE}.")
        # A file of one test case is kept as it came, so that its export is the same to the byte.
        return [self._add(element, data if len(found) == 1 else _single_case_file(element)) for element in found]

    def execute(self, number: int) -> dict[str, Json]:
        """Start a test and return its ticket."""
        case = self.get(number)
        # The one from before the start has a number of its own.
        result_id = _FIRST_RESULT + len(self._started) - 1
        ticket = runs.ticket(self.seed, result_id)
        start = self.clock.now() + runs.QUEUED_FOR
        self._started[ticket] = _StartedTest(ticket=ticket, case=case, start=start, result_id=result_id)
        return {"testRunTicketId": ticket}

    def result(self, ticket: str) -> dict[str, Json]:
        """Return what is known of a started test."""
        found = existing(self._started.get(ticket.lower()), "test with the ticket", ticket)
        now, length = self.clock.now(), runs.length(found.case.number)
        over = found.start + length <= now
        outcome = self.every or runs.outcome(found.result_id)
        return {
            "testRunTicketId": found.ticket,
            "testResultId": found.result_id if over else None,
            "testCaseId": found.case.number,
            "name": found.case.name,
            "result": outcome if over else None,
            "startDate": format_time(found.start) if found.start <= now else None,
            "endDate": format_time(found.start + length) if over else None,
            "duration": format_time_span(length) if over else None,
            "detailedResult": None,
            "steps": [self._step(step, outcome) for step in found.case.steps] if over else None,
        }

    def folders(self) -> list[Json]:
        """Return the root, which has no name, and one folder for each path in use."""
        # Sorted before they are numbered, so that a folder has the same number in every run of a script.
        paths = sorted({case.folder for case in self._cases.values()})
        named = [
            {"type": "TestCase", "folderId": _ROOT + number, "parentFolderId": _ROOT, "name": path}
            for number, path in enumerate(paths, start=1)
        ]
        return [{"type": "TestCase", "folderId": _ROOT, "parentFolderId": None, "name": None}, *named]

    def folder(self, number: int) -> list[Json]:
        """Return the test cases of a folder; the root holds none itself."""
        known = next((entry for entry in self.folders() if entry["folderId"] == number), None)
        folder = existing(known, "folder", number)
        return [self._in_folder(case) for case in self._cases.values() if case.folder == folder["name"]]

    def _add(self, element: ET.Element, file: bytes) -> int:
        number = max(self._cases, default=FIRST - 1) + 1
        self._cases[number] = TestCase(
            number=number,
            name=_text(element, "TestCaseName") or f"Test case {number}",
            folder=_text(element, "FolderPath"),
            destination=_text(element, "PhoneNo"),
            description=_text(element, "Description"),
            steps=[_step(step) for step in element.iter(f"{{{NAMESPACE}}}Step")],
            changed=self.clock.now(),
            file=file,
        )
        return number

    def _summary(self, case: TestCase) -> dict[str, Json]:
        return {
            "accountId": self.account,
            "testCaseId": case.number,
            "direction": "Inbound",
            "channel": "Voice",
            "name": case.name,
            "folderPath": case.folder,
            "stepCount": len(case.steps),
            "lastModified": format_time(case.changed),
            "destination": case.destination,
            "linkedCampaignCount": 0,
        }

    def _in_folder(self, case: TestCase) -> dict[str, Json]:
        latest = next((s for s in reversed(self._started.values()) if s.case is case), None)
        result = self.result(latest.ticket) if latest else {}
        return {
            "testCaseId": case.number,
            "name": case.name,
            "description": case.description,
            "folderPath": case.folder,
            "direction": "Inbound",
            "destination": case.destination,
            "url": self._url(f"testcases/{case.number}"),
            "lastResult": {
                "result": result.get("result"),
                "runDate": result.get("startDate"),
                "resultId": _text_or_none(result.get("testResultId")),
                "url": self._url(f"testresults/{latest.ticket}") if latest else None,
            },
        }

    def _step(self, step: dict[str, Json], outcome: str) -> dict[str, Json]:
        return {
            "stepNo": step["stepNo"],
            "description": step["description"],
            "result": outcome,
            "duration": "00:00:00.2500000",
            "detailedResult": None,
        }

    def _url(self, path: str) -> str:
        return f"{self.base_url}/v3.0/accounts/{self.account}/{path}"


def _text_or_none(number: Json) -> str | None:
    return None if number is None else str(number)


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{{{NAMESPACE}}}{name}") or ""


def _seconds(element: ET.Element, name: str) -> float | None:
    try:
        return float(_text(element, name))
    except ValueError:
        return None


def _step(element: ET.Element) -> dict[str, Json]:
    return {
        "stepNo": int(_text(element, "StepNo") or 0),
        "description": _text(element, "Description") or None,
        "expectedText": _text(element, "ExpectedText") or None,
        "expectedExchangeType": _text(element, "ExpectedExchangeType") or None,
        "replyText": _text(element, "ReplyText") or None,
        "replyExchangeType": _text(element, "ReplyExchangeType") or None,
        "minorThresholdTime": _seconds(element, "MinorThresholdTime"),
        "majorThresholdTime": _seconds(element, "MajorThresholdTime"),
    }


def _single_case_file(element: ET.Element) -> bytes:
    """Write a file that holds one of several imported test cases."""
    root = ET.Element(f"{{{NAMESPACE}}}TestSpecification")
    ET.SubElement(root, f"{{{NAMESPACE}}}TestCases").append(element)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True, default_namespace=NAMESPACE))


def _seed_file(name: str, folder: str, steps: int) -> bytes:
    lines = "".join(
        f"<Step><StepNo>{number}</StepNo><Description>Step {number}</Description>"
        f"<ExpectedText>Welcome to menu {number}</ExpectedText><ExpectedExchangeType>MPSR</ExpectedExchangeType>"
        f"<ReplyText>{number}</ReplyText><ReplyExchangeType>DTMF</ReplyExchangeType>"
        "<MinorThresholdTime>3</MinorThresholdTime><MajorThresholdTime>5</MajorThresholdTime></Step>"
        for number in range(1, steps + 1)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<TestSpecification xmlns="{NAMESPACE}"><TestCases><TestCase>'
        f"<TestCaseName>{name}</TestCaseName><MediaType>Voice</MediaType><FolderPath>{folder}</FolderPath>"
        f"<Description>Made for the local portal</Description><PhoneNo>4021@192.0.2.10</PhoneNo>"
        f"<Steps><CallSteps>{lines}</CallSteps></Steps></TestCase></TestCases></TestSpecification>\n"
    ).encode()

"""Verification itself: all calls of all operations, and the judgement of each."""

from __future__ import annotations

import asyncio
import json
import warnings
from contextlib import aclosing, closing
from functools import partial
from typing import TYPE_CHECKING, Any

from cyara_tools.portal.answers import AnswerFactory
from cyara_tools.portal.document import Document
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.synthesis import AnswerForm
from pipeline.verify.annotations import returned
from pipeline.verify.calls import Caller, WrongPairs, client_for
from pipeline.verify.cases import Case, make_cases
from pipeline.verify.iterators import Walks
from pipeline.verify.judgement import (
    answer_fault,
    by_label,
    kind_fault,
    request_faults,
    timeout_fault,
    unauthorized_faults,
)
from pipeline.verify.pages import FORMS as PAGE_FORMS
from pipeline.verify.report import Failure, VerifyReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cyara_auth import Cyara
    from cyara_tools.portal.local_portal import LocalPortal
    from cyara_tools.portal.recorder import RecordedRequest
    from pipeline.verify.calls import CallResult, CallStyle
    from pipeline.verify.iterators import Walk

    Arguments = Callable[[Case], dict[str, Any]]
    Source = Callable[[], str | WrongPairs]

_WITH_ALL = 2
_ABOUT_REQUESTS = frozenset({"import", "arguments", "request", "header", "timeout"})


def verify_package(portal: LocalPortal, document: bytes, forms: Sequence[str]) -> VerifyReport:
    """Call every operation of the package in every form, against a portal that serves the document."""
    # Operations that the document calls inferred warn when they are called; that is known here.
    warnings.simplefilter("ignore")
    view = Document(json.loads(document))
    shapes = Shapes(view)
    answers = AnswerFactory(document=view, shapes=shapes)
    cases = list(make_cases(view, shapes, answers))
    run = _Run(portal, cases)
    for form in forms:
        run.form(form)
    run.unknown_kinds()
    run.iterators(Walks(portal=portal, shapes=shapes, status=lambda case: answers.success(case.served)[0]))
    run.unauthorized()
    return run.report(forms)


class _Run:
    def __init__(self, portal: LocalPortal, cases: list[Case]) -> None:
        self._portal, self._cases = portal, cases
        self._parsed: dict[str, set[int]] = {}
        self._calls = 0

    def form(self, form: str) -> None:
        """Call everything while the portal answers in one form.

        The first form passes every argument, later ones only those that have to be given. The second goes by the
        client's resources, all others by the endpoint functions. From the third on, operations without a JSON answer
        are left out, since nothing else has a form.
        """
        turn = len(self._parsed)
        arguments: Arguments = _all if turn == 0 else _least
        style: CallStyle = "resource" if turn == 1 else "value"
        self._portal.answer_in_form(form)
        cases = [case for case in self._cases if case.callable and (turn < _WITH_ALL or case.json_answer)]
        # Without an enumeration in it, an answer is the same to the byte as in the full form.
        known = {case.number for case in cases if form == "unknown_enum" and turn >= _WITH_ALL and not case.enum_answer}
        cases = [case for case in cases if case.number not in known]
        results = self._all_calls(cases, lambda: self._portal.credential, style, arguments)
        visits = self._visits_by_label()
        failed: set[int] = set()
        for result in results:
            case = result.case
            for what, why in request_faults(result, visits.get(result.label, []), arguments(case)):
                case.fail(what, why)
            endless, wrong = timeout_fault(result), answer_fault(result)
            if endless:
                case.fail("timeout", endless)
            if wrong:
                case.fail(f"answer {form}", wrong)
                failed.add(case.number)
        self._parsed[form] = ({case.number for case in cases} - failed) | (known & self._parsed.get("full", set()))

    def unauthorized(self) -> None:
        """Call everything with a wrong pair, each time a new one."""
        cases = [case for case in self._cases if case.callable and not case.served.public]
        results = self._all_calls(cases, WrongPairs, "detailed", _all)
        visits = self._visits_by_label()
        for result in results:
            for why in unauthorized_faults(result, visits.get(result.label, [])):
                result.case.fail("unauthorized", why)

    def unknown_kinds(self) -> None:
        """Call what answers objects of several classes, while each of them is of a class that the document lacks."""
        cases = [case for case in self._cases if case.callable and case.kind_answer]
        self._portal.answer_in_form(AnswerForm.UNKNOWN_KIND)
        for result in self._all_calls(cases, lambda: self._portal.credential, "value", _least):
            if wrong := answer_fault(result) or kind_fault(result.value, returned(result.case.functions.sync)):
                result.case.fail("answer unknown_kind", wrong)
        self._portal.answer_in_form(AnswerForm.FULL)
        self._portal.forget_requests()

    def iterators(self, walks: Walks) -> None:
        """Read every list to its end, blocking and then in an event loop: the portal sends what was said before."""
        found = list(walks.all(self._lists()))
        connect = partial(client_for, self._portal.base_url, self._portal.credential)
        with closing(Caller(connect)) as caller:
            walks.read(found, caller)
        asyncio.run(_aread(walks, found, connect))

    def _lists(self) -> list[Case]:
        return [case for case in self._cases if case.callable and case.page is not None]

    def report(self, forms: Sequence[str]) -> VerifyReport:
        """Count."""
        with_json = {case.number for case in self._cases if case.json_answer}
        valid = [case for case in self._cases if not any(what in _ABOUT_REQUESTS for what, _ in case.failures)]
        return VerifyReport(
            operations=len(self._cases),
            operations_importable=sum(case.module is not None for case in self._cases),
            answers={form: [len(with_json & self._parsed[form]), len(with_json)] for form in forms},
            kinds=self._count(lambda case: case.kind_answer, "answer unknown_kind"),
            texts=self._count(lambda case: case.answer == "text", "answer"),
            files=self._count(lambda case: case.answer == "file", "answer"),
            iterators={
                form: self._count(lambda case: case.callable and case.page is not None, f"iterator {form}")
                for form in PAGE_FORMS
            },
            requests_valid=[len(valid), len(self._cases)],
            failing=[
                Failure(operation=case.name, what=what, why=why) for case in self._cases for what, why in case.failures
            ],
            calls=self._calls,
        )

    def _count(self, asked: Callable[[Case], bool], what: str) -> list[int]:
        """Return of how many of the operations in question nothing of this kind fails, and how many they are."""
        cases = [case for case in self._cases if asked(case)]
        good = [case for case in cases if case.callable and not any(name.startswith(what) for name, _ in case.failures)]
        return [len(good), len(cases)]

    def _all_calls(
        self, cases: list[Case], credential: Source, style: CallStyle, arguments: Arguments
    ) -> list[CallResult]:
        """Make each call twice: blocking in one thread and, at the same time, in an event loop."""

        # Both at the same time: each spends half of its time waiting for the portal.
        async def both() -> list[CallResult]:
            blocking = asyncio.to_thread(self._blocking, cases, credential(), style, arguments)
            looping = self._looping(cases, credential(), style, arguments)
            first, second = await asyncio.gather(blocking, looping)
            return first + second

        results = asyncio.run(both())
        self._calls += len(results)
        return results

    def _blocking(
        self, cases: list[Case], credential: str | WrongPairs, style: CallStyle, arguments: Arguments
    ) -> list[CallResult]:
        with closing(Caller(partial(client_for, self._portal.base_url, credential))) as caller:
            return [caller.call(case, style, arguments(case)) for case in cases]

    async def _looping(
        self, cases: list[Case], credential: str | WrongPairs, style: CallStyle, arguments: Arguments
    ) -> list[CallResult]:
        async with aclosing(Caller(partial(client_for, self._portal.base_url, credential))) as caller:
            return [await caller.acall(case, style, arguments(case)) for case in cases]

    def _visits_by_label(self) -> dict[str, list[RecordedRequest]]:
        visits = self._portal.requests
        self._portal.forget_requests()
        return by_label(visits)


async def _aread(walks: Walks, found: list[Walk], connect: Callable[[], Cyara]) -> None:
    async with aclosing(Caller(connect)) as caller:
        await walks.aread(found, caller)


def _all(case: Case) -> dict[str, Any]:
    return case.arguments


def _least(case: Case) -> dict[str, Any]:
    return {name: value for name, value in case.arguments.items() if name in case.least}

"""Verification itself: all calls of all operations, and the judgement of each."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from cyara_auth.testing.answers import Answers
from cyara_auth.testing.document import Document
from cyara_auth.testing.portal import LocalPortal
from cyara_auth.testing.schema import Shapes

from pipeline.verify.calls import Caller, Outcome, client_for, judge_answer, judge_timeout, quiet, wrong_credential
from pipeline.verify.cases import Case, make_cases
from pipeline.verify.report import Failure, VerifyReport
from pipeline.verify.visits import by_label, judge_unauthorized, judge_visits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def verify_package(document: bytes, forms: Sequence[str], environ: Mapping[str, str]) -> VerifyReport:
    """Call every operation of the package in every form, against a portal that serves the document."""
    quiet()
    view = Document(json.loads(document))
    shapes = Shapes(view)
    answers = Answers(document=view, shapes=shapes)
    cases = list(make_cases(view, shapes, answers))
    with LocalPortal(document, process=True, stateful=False, environ=environ) as portal:
        run = _Run(portal, cases)
        for form in forms:
            run.form(form)
        run.unauthorized()
    return run.report(forms)


class _Run:
    def __init__(self, portal: LocalPortal, cases: list[Case]) -> None:
        self._portal, self._cases = portal, cases
        self._parsed: dict[str, set[int]] = {}
        self._calls = 0

    def form(self, form: str) -> None:
        """Call everything while the portal answers in one form.

        The first form passes every argument; later ones only those that have to be given, and go to operations with a
        JSON answer alone, since nothing else has a form.
        """
        first = not self._parsed
        self._portal.answer_in_form(form)
        cases = [case for case in self._cases if case.callable and (first or case.json_answer)]
        outcomes = self._both(cases, form, lambda case: case.arguments if first else _least(case))
        seen = by_label(self._portal.requests)
        self._portal.forget_requests()
        failed: set[int] = set()
        for outcome in outcomes:
            given = outcome.case.arguments if first else _least(outcome.case)
            judge_visits(outcome, seen.get(outcome.label, []), given)
            endless = judge_timeout(outcome)
            if endless:
                outcome.case.fail("timeout", endless)
            wrong = judge_answer(outcome)
            if wrong:
                outcome.case.fail(f"answer {form}", wrong)
                failed.add(id(outcome.case))
        self._parsed[form] = {id(case) for case in cases if id(case) not in failed}

    def unauthorized(self) -> None:
        """Call everything with a wrong pair, each time a new one: the guard would stop a second call with the same."""
        cases = [case for case in self._cases if case.callable and not case.served.public]
        outcomes = asyncio.run(self._refused(cases))
        seen = by_label(self._portal.requests)
        self._portal.forget_requests()
        for outcome in outcomes:
            judge_unauthorized(outcome, seen.get(outcome.label, []))

    def _both(self, cases: list[Case], form: str, arguments: Any) -> list[Outcome]:
        async def all_calls() -> list[Outcome]:
            client = client_for(self._portal.base_url, self._portal.credential)
            caller = Caller(client)
            outcomes = [caller.call(case, form, arguments(case)) for case in cases]
            outcomes += [await caller.acall(case, form, arguments(case)) for case in cases]
            await client.aclose()
            return outcomes

        outcomes = asyncio.run(all_calls())
        self._calls += len(outcomes)
        return outcomes

    async def _refused(self, cases: list[Case]) -> list[Outcome]:
        outcomes = []
        for case in cases:
            for blocking in (True, False):
                client = client_for(self._portal.base_url, wrong_credential())
                caller = Caller(client)
                if blocking:
                    outcomes.append(caller.call(case, "401", case.arguments, "sync_detailed"))
                else:
                    outcomes.append(await caller.acall(case, "401", case.arguments, "asyncio_detailed"))
                await client.aclose()
        self._calls += len(outcomes)
        return outcomes

    def report(self, forms: Sequence[str]) -> VerifyReport:
        """Count."""
        with_json = [case for case in self._cases if case.json_answer]
        wrong_request = {"import", "arguments", "request", "header", "timeout"}
        valid = [case for case in self._cases if not any(what in wrong_request for what, _ in case.failures)]
        return VerifyReport(
            operations=len(self._cases),
            operations_importable=sum(case.module is not None for case in self._cases),
            answers={
                form: [sum(id(case) in self._parsed.get(form, set()) for case in with_json), len(with_json)]
                for form in forms
            },
            requests_valid=[len(valid), len(self._cases)],
            failing=[
                Failure(operation=case.name, what=what, why=why) for case in self._cases for what, why in case.failures
            ],
            calls=self._calls,
        )


def _least(case: Case) -> dict[str, Any]:
    return {name: value for name, value in case.arguments.items() if name in case.least}

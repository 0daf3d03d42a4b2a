"""Everything a portal is, except the server: document, credentials, faults, recorder and the simulated account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import attrs

from cyara_tools.portal.answers import AnswerFactory, PortalAnswer, problem
from cyara_tools.portal.credentials import CredentialChecker, CredentialResult
from cyara_tools.portal.document import Document, bundled_bytes
from cyara_tools.portal.domain.account import SimulatedAccount
from cyara_tools.portal.faults import FaultPlan
from cyara_tools.portal.own_server import with_own_server
from cyara_tools.portal.recorder import Recorder
from cyara_tools.portal.request_validator import IncomingRequest, RequestValidator
from cyara_tools.portal.routing import Router
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.synthesis import AnswerForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_tools.portal.document import ServedOperation
    from cyara_tools.portal.recorder import RecordedRequest
    from cyara_tools.portal.request_validator import ValidatedRequest
    from cyara_tools.portal.settings import PortalSettings

TEMPLATE_HEADER: Final = "x-cyara-template"
"""Header by which a caller may name the template that it means, percent-encoded."""

DocumentSource = bytes | str | Path | dict[str, Any] | None


class PortalCore:
    """One portal without a socket. It runs in the server's thread, except what `LocalControls` calls."""

    def __init__(self, document: DocumentSource, settings: PortalSettings, origin: str) -> None:
        self.settings = settings
        self.base_url = origin + settings.base_path
        self.document_bytes = read_document(document)
        # Files written on Windows may start with a byte order mark, which `json` refuses.
        self.document = Document(json.loads(self.document_bytes.decode("utf-8-sig")))
        self.served_document = self.document_bytes
        if not settings.exact_document:
            self.served_document = with_own_server(self.document.raw, self.base_url)
        self.shapes = Shapes(self.document)
        self.router = Router(self.document.operations)
        self.validator = RequestValidator(document=self.document, shapes=self.shapes)
        self.answers = AnswerFactory(
            document=self.document, shapes=self.shapes, seed=settings.seed, base_url=self.base_url
        )
        self.credentials = CredentialChecker(reading=settings.reading, counting=settings.counting, nodes=settings.nodes)
        self.faults = FaultPlan()
        self.recorder = Recorder()
        self.account = SimulatedAccount(
            base_url=self.base_url, seed=settings.seed, speed=settings.speed, modes=settings.modes
        )
        self.form = AnswerForm.FULL
        self.regenerate_before: dict[int, int | None] = {}
        """Arrival numbers before which the token is regenerated, and how many nodes then know it."""

    def operation(self, request: IncomingRequest) -> tuple[ServedOperation, ValidatedRequest] | PortalAnswer:
        """Find what a request is for and validate it; an answer if there is nothing, or not with this method.

        Documents may have operations that nothing on the wire tells apart, such as `/items/{id}` and `/items/{name}`
        with texts for both. Whoever means one of them names its template in the header `x-cyara-template`.
        """
        candidates = self.router.candidates(request.path, request.query, request.method)
        found = [(operation, self.validator.validate(operation, values, request)) for operation, values in candidates]
        if found:
            # The first of the best: `min` keeps the order of the router, in which the most exact template comes first.
            named = request.header(TEMPLATE_HEADER)
            return min(found, key=lambda pair: (bool(pair[1].reasons), quote(pair[0].path) not in named))
        allowed = ", ".join(self.router.allowed_methods(request.path))
        if not allowed:
            return problem(404, "Not Found", f"No operation has the path {request.path}.")
        refused = problem(405, "Method Not Allowed", f"{request.path} takes {allowed}.")
        return attrs.evolve(refused, headers=(("allow", allowed),))

    def options(self, request: IncomingRequest) -> PortalAnswer | None:
        """Return what a path takes, to a question by OPTIONS that is no operation itself."""
        allowed = self.router.allowed_methods(request.path) if request.method == "OPTIONS" else []
        if not allowed or "OPTIONS" in allowed:
            return None
        return PortalAnswer(status=204, headers=(("allow", ", ".join(sorted({*allowed, "OPTIONS"}))),))

    def names_operation(self, request: IncomingRequest) -> bool:
        """Whether a request means an operation: by its template, or by a path that the document spells out.

        ASP.NET prefers literal routes to those with parameters, so `/{name}` does not hide a page of the portal's own.
        """
        return bool(request.header(TEMPLATE_HEADER)) or self.router.is_named(request.path, request.method)

    def is_public(self, request: IncomingRequest) -> bool:
        """Whether the operation that a request is for answers without credentials."""
        first = next(self.router.candidates(request.path, request.query, request.method), None)
        return first is not None and first[0].public

    def admit(self, request: IncomingRequest, recorded: RecordedRequest) -> PortalAnswer | None:
        """Check the credential; an answer if the request is not let in."""
        if recorded.arrival in self.regenerate_before:
            self.credentials.regenerate(nodes=self.regenerate_before.pop(recorded.arrival))
        node, authorization = recorded.arrival % self.settings.nodes, request.header("authorization")
        recorded.credential_correct = self.credentials.is_valid(authorization, node=node)
        # A public operation charges nothing, whatever credential comes with it.
        if self.is_public(request):
            return None
        recorded.credential_result = self.credentials.check(authorization, node=node)
        if recorded.credential_result is CredentialResult.ACCEPTED:
            return None
        refused = problem(401, "Unauthorized", "The API key and token were not accepted.")
        return attrs.evolve(refused, headers=(("www-authenticate", "ApiKey"),))

    def serve(self, request: IncomingRequest, recorded: RecordedRequest) -> PortalAnswer:
        """Answer a request that was let in."""
        found = self.operation(request)
        if isinstance(found, PortalAnswer):
            return found
        operation, validated = found
        recorded.operation = f"{operation.method} {operation.path}"
        recorded.reasons, recorded.values, recorded.body = validated.reasons, validated.values, validated.body
        if validated.reasons:
            title = (
                "Unsupported Media Type"
                if validated.status == _UNSUPPORTED
                else "One or more validation errors occurred."
            )
            return problem(
                validated.status, title, "; ".join(validated.reasons), errors={"request": list(validated.reasons)}
            )
        if self.settings.stateful and self.form is AnswerForm.FULL:
            # Only in the full form: the others are there to show what servers do beside the document.
            stateful = self.account.answer(request, validated)
            if stateful is not None:
                return stateful
        return self.answers.answer(operation, form=self.form, accept=", ".join(request.header("accept")))

    def secrets_in(self, request: IncomingRequest) -> Iterator[str]:
        """Name every place but the Authorization header where the secret stands."""
        if self.credentials.contains_secret(f"{request.path}?{request.query}"):
            yield "address"
        yield from (
            name
            for name, value in request.headers
            if name != "authorization" and self.credentials.contains_secret(value)
        )
        if self.credentials.contains_secret(request.body.decode("latin-1")):
            yield "body"


_UNSUPPORTED = 415


def read_document(document: DocumentSource) -> bytes:
    """Return a document as bytes, wherever it comes from."""
    match document:
        case None:
            return bundled_bytes()
        case bytes():
            return document
        case dict():
            return json.dumps(document).encode()
        case _:
            return Path(document).read_bytes()

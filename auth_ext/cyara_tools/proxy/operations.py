"""What the document says of a request: which operation it is, and whether it may be sent as it stands."""

from __future__ import annotations

from difflib import get_close_matches
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import attrs

from cyara_auth.errors import ConfigurationError
from cyara_tools.portal.document import Document
from cyara_tools.portal.request_validator import IncomingRequest, RequestValidator
from cyara_tools.portal.routing import Router
from cyara_tools.portal.schema import Shapes
from cyara_tools.proxy.problems import Refusal, not_allowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_client.operations import Operation
    from cyara_tools.portal.document import ServedOperation
    from cyara_tools.portal.request_validator import ValidatedRequest
    from cyara_tools.proxy.settings import ProxySettings

_READ_ONLY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_UNCHECKED: Final = "Who knows that the portal takes it starts the proxy with --no-check"


@attrs.frozen(kw_only=True)
class Found:
    """The operation that a request is for.

    Attributes:
        known: As the installed client has it; None where the document does not, and nothing is checked.
        served: As the document has it.
        values: Texts of the path's placeholders, still percent-encoded.
    """

    known: Operation | None = None
    served: ServedOperation | None = None
    values: Mapping[str, str] = attrs.field(factory=dict[str, str])


class Operations:
    """The installed client's document, asked before anything is sent."""

    def __init__(self, known: Mapping[str, Operation], settings: ProxySettings) -> None:
        document = Document.bundled()
        self._settings = settings
        self._router = Router(document.operations)
        self._validator = RequestValidator(document=document, shapes=Shapes(document))
        self._known = {(operation.method, operation.path): operation for operation in known.values()}
        check_names(settings.allowed_operations, known)

    def find(self, request: IncomingRequest) -> tuple[Found, Refusal | None]:
        """Find what a request is for, and judge it by its head: unknown, not allowed, without what it needs."""
        # What answers to GET answers to HEAD, too; no document lists it.
        method = "GET" if request.method == "HEAD" else request.method
        head = attrs.evolve(request, method=method, body_is_known=False)
        candidates = [
            (Found(known=self._known.get((served.method, served.path)), served=served, values=values), served, values)
            for served, values in self._router.candidates(request.path, request.query, method)
        ]
        judged = [(found, self._validator.validate(served, values, head)) for found, served, values in candidates]
        # The first of the best, as the router orders them: only values tell `/{id}` from `/{name}`.
        found, verdict = min(judged, key=lambda pair: bool(pair[1].reasons), default=(Found(), None))
        refusal = self._kept_back(request, found)
        if refusal is None and self._settings.check:
            refusal = self._unknown(request) if verdict is None else self._refused(found, verdict)
        return found, refusal

    def check(self, found: Found, request: IncomingRequest) -> Refusal | None:
        """Judge a request with its body."""
        if not self._settings.check or found.served is None or request.method == "HEAD":
            return None
        return self._refused(found, self._validator.validate(found.served, found.values, request))

    def _kept_back(self, request: IncomingRequest, found: Found) -> Refusal | None:
        if self._settings.read_only and request.method not in _READ_ONLY:
            return not_allowed(
                f"This proxy was started with --read-only, and {request.method} may change things. Nothing was sent. "
                "Next: cyara proxy without --read-only",
                "ReadOnly",
            )
        allowed = self._settings.allowed_operations
        if allowed is None or (found.known is not None and found.known.operation_id in allowed):
            return None
        named = "An operation that the document does not know" if found.known is None else found.known.operation_id
        option = "ID" if found.known is None else found.known.operation_id
        return not_allowed(
            f"{named} is not among the operations that this proxy was started for. Nothing was sent. "
            f"Next: cyara proxy --allow-operation {option}",
            "OperationNotAllowed",
        )

    def _unknown(self, request: IncomingRequest) -> Refusal:
        allowed = ", ".join(self._router.allowed_methods(request.path))
        if not allowed:
            return Refusal(
                status=404,
                title="No such operation",
                detail="No operation of the document has this path. Nothing was sent. Next: look it up in the "
                f"document, where paths begin with /v3.0 or the like. {_UNCHECKED}",
                kind="UnknownPath",
            )
        return Refusal(
            status=405,
            title="No such method",
            detail=f"By the document this path takes {allowed}, not {request.method}. Nothing was sent. Next: use one "
            f"of these. {_UNCHECKED}",
            kind="UnknownMethod",
            allow=allowed,
        )

    def _refused(self, found: Found, verdict: ValidatedRequest) -> Refusal | None:
        if verdict.status == HTTPStatus.OK:
            return None
        name = found.served.operation_id if found.served is not None else ""
        return Refusal(
            status=verdict.status,
            title="Not as the document has it",
            detail=f"{name}: {'; '.join(verdict.reasons)}. Nothing was sent. Next: correct the request. {_UNCHECKED}",
            kind="InvalidRequest",
        )


def check_names(names: frozenset[str] | None, known: Mapping[str, Operation]) -> None:
    """Refuse operation ids that the client does not have: a misspelt one would allow nothing, silently.

    Raises:
        ConfigurationError: There is no such operation.
    """
    unknown = sorted(name for name in names or () if name not in known)
    if unknown:
        near = get_close_matches(unknown[0], known, n=1)
        hint = f"--allow-operation {near[0]}, if you mean that" if near else "find its id by: cyara operations"
        raise ConfigurationError(
            f"--allow-operation names {unknown[0]!r}, which is no operation of this client. Nothing was started. "
            f"Next: {hint}"
        )

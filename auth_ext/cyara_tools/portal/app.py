"""The ASGI application: one request from arrival to answer, faults included."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cyara_auth.credential import CredentialFingerprint
from cyara_auth.transport.local_portals import LOCAL_PORTAL, QUESTION
from cyara_tools.portal.answers import PortalAnswer, json_answer, problem
from cyara_tools.portal.browsers import cors_headers, preflight
from cyara_tools.portal.faults import Fault, Stage
from cyara_tools.portal.pages import own_page
from cyara_tools.portal.request_validator import IncomingRequest
from cyara_tools.portal.shell import ASKED_BY, CREDENTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from cyara_tools.portal.connections import Connections
    from cyara_tools.portal.core import PortalCore
    from cyara_tools.portal.recorder import RecordedRequest

_CHUNK = 1024
_NO_FAULT = Fault()


@attrs.frozen(kw_only=True)
class PortalApp:
    """The ASGI application."""

    core: PortalCore
    connections: Connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if scope["path"] == QUESTION and scope["method"] == "HEAD":
            # Neither recorded nor spoilt by a fault: it is no call of the API, and asks only whether this is a portal.
            await self._send(PortalAnswer(status=204), 0, scope, receive, send)
            return
        asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        # Nor are these: a browser asks before it calls, and a person at a shell rehearses a rotation.
        aside = self._for_shell(scope, asked) or preflight(scope["method"], asked)
        if aside is not None:
            await self._send(aside, 0, scope, receive, send)
            return
        request = Request(scope, receive)
        # Latin-1 gives every byte a character, so nothing that was sent is lost or refused before it is recorded.
        path = scope["raw_path"].decode("latin-1")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        recorded = self.core.recorder.record(request.method, path, request.url.query, headers)
        # Recorded before the body is read: a request that breaks off half-way did arrive.
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        incoming = IncomingRequest(
            method=request.method, path=path, query=request.url.query, headers=headers, body=body
        )
        recorded.body_size = len(body)
        recorded.secret_elsewhere = any(self.core.secrets_in(incoming))
        await self._exchange(incoming, recorded, scope, receive, send)

    async def _exchange(
        self, incoming: IncomingRequest, recorded: RecordedRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        fault = self.core.faults.take(incoming.path) or _NO_FAULT
        if await self._interrupt(fault, Stage.BEFORE_EVALUATION, scope):
            return
        early = fault.stage is Stage.BEFORE_EVALUATION and fault.status is not None
        # The answer of a fault before the evaluation comes from something in front of the portal, so nothing is
        # charged; after it, the portal has charged what its own answer never tells.
        answer = PortalAnswer(status=200) if early else self._answer(incoming, recorded)
        if await self._interrupt(fault, Stage.AFTER_EVALUATION, scope):
            return
        if fault.status is not None:
            answer = PortalAnswer(
                status=fault.status,
                body=fault.body.encode(),
                media_type=fault.media_type,
                headers=fault.headers,
            )
        recorded.status = answer.status
        # Armed before anything is written, because the count includes the head of the answer.
        if fault.cut is not None:
            self.connections.at(scope["client"]).cut_after(fault.cut)
        await self._send(answer, fault.chunk_delay, scope, receive, send)

    def _for_shell(self, scope: Scope, asked: Mapping[str, str]) -> PortalAnswer | None:
        if scope["path"] != CREDENTIAL:
            return None
        if ASKED_BY not in asked or "origin" in asked or scope["method"] not in {"GET", "POST"}:
            return PortalAnswer(status=404)
        if scope["method"] == "POST":
            self.core.credentials.regenerate()
        return json_answer({"credential": self.core.credentials.credential})

    def _answer(self, incoming: IncomingRequest, recorded: RecordedRequest) -> PortalAnswer:
        base = self.core.settings.base_path
        if not incoming.path.lower().startswith(f"{base.lower()}/"):
            return problem(404, "Not Found", f"The API lives under {base}.")
        below = attrs.evolve(incoming, path=incoming.path[len(base) :])
        takes = self.core.options(below)
        if takes is not None:
            return takes
        # The document is no operation of itself, so it has to be found before the router says 404. Where the document
        # has an operation at that address, it is the operation's: a page of the portal's own hides none.
        page = None if self.core.names_operation(below) else own_page(self.core, below)
        if page is not None and not self.core.settings.document_needs_credential:
            return page
        return self.core.admit(below, recorded) or page or self.core.serve(below, recorded)

    async def _interrupt(self, fault: Fault, stage: Stage, scope: Scope) -> bool:
        """Wait, or drop the connection, if the fault asks for it at this stage; True if there is nobody to answer."""
        if fault.stage is not stage:
            return False
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop:
            self.connections.at(scope["client"]).abort()
            # The server learns of the loss in the next turn of its loop, and then expects no answer any more.
            await asyncio.sleep(0)
        return fault.drop

    async def _send(self, answer: PortalAnswer, chunk_delay: float, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            "content-length": str(len(answer.body)),
            # Guarded clients charge nothing to a key that this portal did not issue: somebody took it for the real one.
            LOCAL_PORTAL: CredentialFingerprint.of(self.core.credentials.key),
            **dict(answer.headers),
            **dict(cors_headers({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})),
        }
        if answer.media_type is not None:
            headers["content-type"] = answer.media_type
        if not chunk_delay:
            # An answer to HEAD has the length of the body that GET would get, and no body.
            body = b"" if scope["method"] == "HEAD" else answer.body
            await Response(body, status_code=answer.status, headers=headers)(scope, receive, send)
            return
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        for start in range(0, len(answer.body), _CHUNK):
            await asyncio.sleep(chunk_delay)
            chunk = answer.body[start : start + _CHUNK]
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

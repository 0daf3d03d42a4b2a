"""The portal on the wire: one request from arrival to answer, faults included."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cyara_tools.portal.answers import PortalAnswer, problem
from cyara_tools.portal.faults import Fault, Stage
from cyara_tools.portal.request_validator import IncomingRequest

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from cyara_tools.portal.connections import Connections
    from cyara_tools.portal.core import PortalCore
    from cyara_tools.portal.recorder import RecordedRequest

_PIECE = 1024
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
        request = Request(scope, receive)
        path = scope["raw_path"].decode("latin-1")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        visit = self.core.recorder.open(request.method, path, request.url.query, headers)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        incoming = IncomingRequest(
            method=request.method, path=path, query=request.url.query, headers=headers, body=body
        )
        visit.body_size = len(body)
        visit.secret_elsewhere = any(self.core.secrets_in(incoming))
        await self._exchange(incoming, visit, scope, receive, send)

    async def _exchange(
        self, incoming: IncomingRequest, visit: RecordedRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        fault = self.core.faults.take(incoming.path) or _NO_FAULT
        if fault.stage is Stage.BEFORE_EVALUATION:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.drop:
                await self._drop(scope)
                return
        early = fault.stage is Stage.BEFORE_EVALUATION and fault.status is not None
        answer = PortalAnswer(status=200) if early else self._answer(incoming, visit)
        if fault.stage is Stage.AFTER_EVALUATION:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.drop:
                await self._drop(scope)
                return
        if fault.status is not None:
            answer = PortalAnswer(
                status=fault.status,
                body=fault.body.encode(),
                media_type=fault.media_type,
                headers=fault.headers,
            )
        visit.status = answer.status
        if fault.cut is not None:
            self.connections.at(scope["client"]).cut_after(fault.cut)
        await self._send(answer, fault.pace, scope, receive, send)

    def _answer(self, incoming: IncomingRequest, visit: RecordedRequest) -> PortalAnswer:
        base = self.core.settings.base_path
        if not incoming.path.lower().startswith(f"{base.lower()}/"):
            return problem(404, "Not Found", f"The API lives under {base}.")
        below = attrs.evolve(incoming, path=incoming.path[len(base) :])
        page = self._page(below)
        if page is not None and not self.core.settings.document_needs_credential:
            return page
        return self.core.admit(below, visit) or page or self.core.serve(below, visit)

    def _page(self, incoming: IncomingRequest) -> PortalAnswer | None:
        """Serve the document itself, and the page of the Swagger UI that names it."""
        name = self.core.settings.document_name
        address = f"/swagger/{name}/swagger.json"
        if incoming.method != "GET":
            return None
        if incoming.path.lower() == address.lower():
            return PortalAnswer(status=200, body=self.core.document_bytes, media_type="application/json;charset=utf-8")
        if incoming.path.lower() in {"/swagger", "/swagger/", "/swagger/index.html"}:
            where = f"{self.core.settings.base_path}{address}"
            return PortalAnswer(status=200, body=_UI_PAGE.format(url=where, name=name).encode(), media_type="text/html")
        return None

    async def _drop(self, scope: Scope) -> None:
        self.connections.at(scope["client"]).abort()
        # The server learns of the loss in the next turn of its loop, and then expects no answer any more.
        await asyncio.sleep(0)

    async def _send(self, answer: PortalAnswer, pace: float, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"content-length": str(len(answer.body)), **dict(answer.headers)}
        if answer.media_type is not None:
            headers["content-type"] = answer.media_type
        if not pace:
            body = b"" if scope["method"] == "HEAD" else answer.body
            await Response(body, status_code=answer.status, headers=headers)(scope, receive, send)
            return
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        for start in range(0, len(answer.body), _PIECE):
            await asyncio.sleep(pace)
            piece = answer.body[start : start + _PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


_UI_PAGE = """<!DOCTYPE html>
<html><head><title>Swagger UI</title></head><body><div id="swagger-ui"></div>
<script>
window.onload = function () {{
  var configObject = JSON.parse('{{"urls":[{{"url":"{url}","name":"{name}"}}],"deepLinking":false}}');
  window.ui = SwaggerUIBundle(configObject);
}};
</script></body></html>
"""

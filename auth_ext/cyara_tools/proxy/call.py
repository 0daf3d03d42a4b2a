"""One request of a caller, and the way back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from starlette.responses import Response

from cyara_tools.portal.request_validator import IncomingRequest
from cyara_tools.proxy.body import CallerBody
from cyara_tools.proxy.door import Head
from cyara_tools.proxy.log import RequestRecord
from cyara_tools.proxy.problems import MEDIA_TYPE, Refusal

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from cyara_tools.proxy.headers import Header

_CLOSE: Final = {"connection": "close"}


@attrs.define(kw_only=True)
class Call:
    """One request.

    Attributes:
        head: As it arrived.
        body: To be read.
        record: What the log will say.
        send: Takes the parts of an answer.
        extra: Headers of every answer to it (CORS).
        scope, receive: As the server gave them.
    """

    head: Head
    body: CallerBody
    record: RequestRecord
    send: Send
    extra: list[Header] = attrs.field(factory=list["Header"])
    scope: Scope = attrs.field(repr=False)
    receive: Receive

    @classmethod
    def of(cls, scope: Scope, receive: Receive, send: Send) -> Call:
        """Read what a server says of a request."""
        head = Head(
            method=scope["method"],
            # Latin-1 gives every byte a character, so nothing that was sent is lost.
            target=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"],
            headers=scope["headers"],
        )
        record = RequestRecord.of(head.method)
        return cls(head=head, body=CallerBody(receive), record=record, send=send, scope=scope, receive=receive)

    def incoming(self, path: str) -> IncomingRequest:
        """Return its head as the document is asked about it, with the path behind the base URL."""
        texts = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.head.headers)
        query = self.head.query.decode("latin-1")
        return IncomingRequest(method=self.head.method, path=path, query=query, headers=texts, body=b"")

    async def turn_away(self, status: int) -> None:
        """Answer by a bare status: whoever has not shown the secret need not know who listens here."""
        self.record.status, self.record.kind = status, "Stranger"
        await self.respond(Response(status_code=status, headers=_CLOSE))

    async def refuse(self, refusal: Refusal) -> None:
        """Answer by what the proxy has to say itself."""
        self.record.status, self.record.kind, self.record.sent = refusal.status, refusal.kind, refusal.sent
        response = Response(refusal.body(), status_code=refusal.status, media_type=MEDIA_TYPE)
        response.headers["cache-control"] = "no-store"
        if refusal.allow is not None:
            response.headers["allow"] = refusal.allow
        if refusal.closes:
            response.headers.update(_CLOSE)
        self.record.size = len(response.body)
        await self.respond(response)

    async def respond(self, response: Response) -> None:
        """Send an answer of the proxy's own."""
        response.raw_headers += self.extra
        await response(self.scope, self.receive, self.send)

"""The ASGI application: one request from the door to the portal and back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from starlette.responses import Response

from cyara_auth._http import httpx
from cyara_auth.errors import CyaraAuthError
from cyara_auth.extensions import OPERATION
from cyara_auth.origin import BaseUrl
from cyara_tools.portal.media import is_json
from cyara_tools.proxy import headers, problems
from cyara_tools.proxy.answer import AnswerContext, pass_on
from cyara_tools.proxy.body import CallerGoneError, SlowBodyError
from cyara_tools.proxy.call import Call
from cyara_tools.proxy.door import enter
from cyara_tools.proxy.exchange import Exchange
from cyara_tools.proxy.links import Links
from cyara_tools.proxy.log import RequestLog
from cyara_tools.proxy.mask import SecretMask
from cyara_tools.proxy.operations import Operations
from cyara_tools.proxy.page import Page
from cyara_tools.proxy.problems import Refusal
from cyara_tools.proxy.settings import API_PATH

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.portal.request_validator import IncomingRequest
    from cyara_tools.proxy.door import Caller
    from cyara_tools.proxy.operations import Found
    from cyara_tools.proxy.settings import ProxyAddress, ProxySettings


class ProxyApp:
    """The ASGI application of one proxy."""

    def __init__(self, cyara: Cyara, settings: ProxySettings, address: ProxyAddress) -> None:
        self._cyara, self._settings, self._address = cyara, settings, address
        # Whether anything may be sent there was asked when the client was made.
        self._portal = BaseUrl.parse(cyara.base_url, plain_http=httpx.URL(cyara.base_url).netloc.decode("ascii"))
        self._operations = Operations(cyara.operations, settings)
        self._links = Links(self._portal, address.base_url)
        self._log = RequestLog()
        self._page = Page(cyara, self._portal, address, self._log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        call = Call.of(scope, receive, send)
        try:
            await self._serve(call)
        finally:
            self._log.write(call.record)

    async def _serve(self, call: Call) -> None:
        caller = enter(call.head, self._address, self._settings.cors)
        if isinstance(caller, int):
            await call.turn_away(caller)
            return
        refusal = caller if isinstance(caller, Refusal) else await self._answer(call, caller)
        if refusal is not None:
            await call.refuse(refusal)

    async def _answer(self, call: Call, caller: Caller) -> Refusal | None:
        """Answer a caller who has come in; or return what the proxy has to say itself."""
        if caller.origin is not None:
            call.extra += headers.cors(caller.origin, call.head.headers, preflight=caller.preflight)
        if caller.preflight:
            call.record.status, call.record.kind = 204, "Preflight"
            await call.respond(Response(status_code=204))
            return None
        if caller.path.lower().startswith(f"{API_PATH}/"):
            return await self._forward(call, call.incoming(caller.path[len(API_PATH) :]))
        page = await self._page.at(caller.path) if call.head.method in {"GET", "HEAD"} else None
        if page is None:
            return problems.not_here()
        call.record.status, call.record.kind = page.status_code, "Page"
        await call.respond(page)
        return None

    async def _forward(self, call: Call, incoming: IncomingRequest) -> Refusal | None:
        found, refusal = self._operations.find(incoming)
        if found.served is not None:
            call.record.operation, call.record.path = found.served.operation_id, found.served.path
        if refusal is not None:
            return refusal
        try:
            return await self._exchange(call, incoming, found)
        except CallerGoneError:
            call.record.kind = "CallerGone"
            return None
        except SlowBodyError:
            return problems.too_slow(sent=call.record.sent)
        except (CyaraAuthError, httpx.HTTPError) as error:
            if call.record.status:
                # The answer had begun, so all that can still be said is that it is not whole: by cutting it off.
                call.record.kind = type(error).__name__
                raise ConnectionAbortedError from None
            return problems.refusal_of(error) if isinstance(error, CyaraAuthError) else problems.cut_off(error)

    async def _exchange(self, call: Call, incoming: IncomingRequest, found: Found) -> Refusal | None:
        client: Any = self._cyara.get_async_httpx_client()
        # Before the body: who waits for `100 Continue` has not sent it yet.
        await client.check_operation(found.known)
        content = await call.body.begin()
        # What a tool has compressed is for the portal to read.
        if call.body.ended and not incoming.header("content-encoding"):
            if is_json(", ".join(incoming.header("content-type"))):
                content = self._links.to_portal(content)
            if refusal := self._operations.check(found, attrs.evolve(incoming, body=content)):
                return refusal
        exchange = Exchange(client, self._request(call, incoming, found, content))
        try:
            await exchange.run(call.body, partial(self._pass_on, call))
        finally:
            call.record.sent = exchange.sent
        return None

    def _request(self, call: Call, incoming: IncomingRequest, found: Found, content: bytes) -> httpx.Request:
        target = f"{self._portal.path}{incoming.path}" + (f"?{incoming.query}" if incoming.query else "")
        # As it was sent: httpx would write some of its characters otherwise.
        extensions: dict[str, object] = {"target": target.encode("latin-1")}
        # An answer to HEAD has no body to verify anything by.
        if found.known is not None and call.head.method == found.known.method:
            extensions[OPERATION] = found.known
        whole = call.body.ended
        return httpx.Request(
            call.head.method,
            f"{self._portal.origin}{target}",
            headers=headers.to_portal(call.head.headers, whole=whole),
            content=content if whole else call.body.all(content),
            extensions=extensions,
        )

    async def _pass_on(self, call: Call, response: httpx.Response) -> None:
        mask = SecretMask(self._cyara.credential)
        await pass_on(response, AnswerContext(call=call, links=self._links, mask=mask))

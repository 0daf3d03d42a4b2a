"""The only place where the header exists: httpx transports that admit, inject, send, classify and settle each hop.

A transport, and not `headers=`, `httpx.Auth` or event hooks, because it alone sees every redirect hop and the exact
exception, and because nothing above it ever holds the secret:

* the header is put on a copy of the request and taken off again when the answer's headers are there, so that neither
  `response.request` nor an exception, which users log and pickle, has it;
* a request to another origin goes out without it, whatever redirect, absolute link or `next_request` made it;
* whatever `Authorization` the caller set for the bound origin is dropped: by mistake or not, it would be one more pair
  that the portal counts.

Settling happens at the headers and never waits, so that a cancelled task, a closed generator or Ctrl-C leaves nothing.
"""

import asyncio
from typing import Final

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError, CredentialSupersededError
from cyara_auth.guard import StrikeGuard
from cyara_auth.origin import Origin
from cyara_auth.providers import CredentialSource
from cyara_auth.redact import scrub
from cyara_auth.retry import CHARGED
from cyara_auth.ticket import Ticket
from cyara_auth.transport_core import AUTHORIZATION, Asked, Hop, Injector
from cyara_auth.transport_log import CallLog

_DIES_AFTER_SEND: Final = failpoints.is_armed("after_send")
_OUTDATED: Final = (CredentialRejectedError, CredentialSupersededError)


class GuardedTransport(httpx.BaseTransport):
    """Wraps an httpx transport: each request to `origin` is admitted, gets the header, and is settled.

    Raises, besides what httpx raises:
        AdmissionRefusedError: nothing was sent.
        CredentialError: the source has no usable credential; nothing was sent.
        UnexpectedAuthPageError: a login page came back.
    """

    def __init__(
        self, wrapped: httpx.BaseTransport, *, source: CredentialSource, guard: StrikeGuard, origin: Origin
    ) -> None:
        self.wrapped = wrapped
        self.injector = Injector(source=source, guard=guard, origin=origin)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one hop."""
        if not _is_bound(self.injector, request):
            return self.wrapped.handle_request(request)
        asked = Asked.by(request.extensions)
        credential, ticket = self._admit(asked)
        hop, copy = _open(request, self.injector, credential, ticket, asked)
        if _DIES_AFTER_SEND:
            copy.extensions = {**copy.extensions, "trace": _die_after_send}
        try:
            response = self.wrapped.handle_request(copy)
        except BaseException as error:
            _fail(hop, copy, error, credential)
            raise
        try:
            _settle(hop, copy, response, self.injector.origin)
        except BaseException:
            response.close()
            raise
        return response

    def _admit(self, asked: Asked) -> tuple[ApiCredential, Ticket]:
        injector = self.injector
        facts = asked.admission()
        credential = injector.source.current()
        try:
            return credential, injector.guard.admit(credential, injector.origin_text, **facts)
        except _OUTDATED as refusal:
            credential = injector.renewed(credential, refusal)
        return credential, injector.guard.admit(credential, injector.origin_text, **facts)

    def close(self) -> None:
        """Close the wrapped transport."""
        self.wrapped.close()


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """The same for tasks: it shares every decision with `GuardedTransport` and only waits differently."""

    def __init__(
        self, wrapped: httpx.AsyncBaseTransport, *, source: CredentialSource, guard: StrikeGuard, origin: Origin
    ) -> None:
        self.wrapped = wrapped
        self.injector = Injector(source=source, guard=guard, origin=origin)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one hop."""
        if not _is_bound(self.injector, request):
            return await self.wrapped.handle_async_request(request)
        asked = Asked.by(request.extensions)
        credential, ticket = await self._admit(asked)
        hop, copy = _open(request, self.injector, credential, ticket, asked)
        if _DIES_AFTER_SEND:
            copy.extensions = {**copy.extensions, "trace": _die_after_send_async}
        try:
            response = await self.wrapped.handle_async_request(copy)
        except BaseException as error:
            _fail(hop, copy, error, credential)
            raise
        try:
            _settle(hop, copy, response, self.injector.origin)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _admit(self, asked: Asked) -> tuple[ApiCredential, Ticket]:
        injector = self.injector
        facts = asked.admission()
        credential = injector.source.current()
        try:
            return credential, await injector.guard.aadmit(credential, injector.origin_text, **facts)
        except _OUTDATED as refusal:
            # The source may be a file, a command or a keyring: not on the event loop.
            credential = await asyncio.to_thread(injector.renewed, credential, refusal)
        return credential, await injector.guard.aadmit(credential, injector.origin_text, **facts)

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self.wrapped.aclose()


def _is_bound(injector: Injector, request: httpx.Request) -> bool:
    """Return whether this hop goes to the bound origin, after taking off what must go neither there nor elsewhere."""
    authorization = request.headers.get(AUTHORIZATION)
    if not injector.origin.covers(request.url):
        # A pair that the caller put into a header by hand reaches no other host either. Other schemes may.
        if authorization is not None and authorization.lower().startswith("apikey"):
            del request.headers[AUTHORIZATION]
        return False
    if authorization is not None:
        del request.headers[AUTHORIZATION]
        injector.tell_of_override()
    return True


def _open(
    request: httpx.Request, injector: Injector, credential: ApiCredential, ticket: Ticket, asked: Asked
) -> tuple[Hop, httpx.Request]:
    """Make the copy that carries the header, and open the hop that settles it."""
    copy = httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )
    copy.headers[AUTHORIZATION] = credential.header_value()
    log = CallLog(method=request.method, extensions=request.extensions, fingerprint=credential.fingerprint)
    facts = asked.facts(proven=ticket.proven)
    return Hop(ticket=ticket, origin=injector.origin, facts=facts, log=log), copy


def _die_after_send(event: str, _: object) -> None:
    if event.endswith("send_request_body.complete"):
        failpoints.hit("after_send")


async def _die_after_send_async(event: str, info: object) -> None:
    _die_after_send(event, info)


def _fail(hop: Hop, copy: httpx.Request, error: BaseException, credential: ApiCredential) -> None:
    copy.headers.pop(AUTHORIZATION, None)
    hop.failed(error)
    # The frames of the HTTP stack hold the header's bytes in local variables, and messages may quote them.
    scrub(error, credential)


def _settle(hop: Hop, copy: httpx.Request, response: httpx.Response, origin: Origin) -> None:
    copy.headers.pop(AUTHORIZATION, None)

    def stays(location: str) -> bool:
        try:
            return origin.covers(copy.url.join(location))
        except httpx.InvalidURL:
            return False

    response.extensions[CHARGED] = hop.answered(response.status_code, response.headers, stays)

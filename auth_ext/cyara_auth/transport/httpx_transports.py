"""The only place where the header exists: httpx transports that admit, inject, send, classify and settle each hop.

A transport, and not `headers=`, `httpx.Auth` or event hooks: it alone sees every redirect hop and the exact exception,
and nothing above it ever holds the secret.
"""

from functools import partial
from typing import Any, Final

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CyaraAuthError
from cyara_auth.extensions import REDACT, UNREPEATABLE
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.origin import API_PATH, Origin
from cyara_auth.providers import CredentialSource
from cyara_auth.strikes.classify import REDIRECT
from cyara_auth.transport.head_trace import AsyncHeadTrace, HeadTrace, StaleAdmissionError, is_custom
from cyara_auth.transport.hop import AUTHORIZATION, Admitted, Hop, Injector, name_call
from cyara_auth.transport.inferred import InferredGate

_ENCODING: Final = "iso-8859-1"
_REFUSAL: Final = 400
"""Statuses from this one on tell what went wrong, and may quote what was sent."""
_DIES_AFTER_SEND: Final = failpoints.is_armed("after_send")


class _Guarded:
    """What the two transports share: all but the waiting."""

    _trace: type[HeadTrace | AsyncHeadTrace]

    def __init__(  # noqa: PLR0913 - each is one part that its caller has made
        self,
        wrapped: Any,
        *,
        source: CredentialSource,
        guard: StrikeGuard,
        origin: Origin,
        base_path: str = API_PATH,
        gate: InferredGate | None = None,
    ) -> None:
        self.wrapped = wrapped
        self.injector = Injector(source=source, guard=guard, origin=origin, base_path=base_path, gate=gate)
        self._is_custom = is_custom(wrapped)

    def _prepare(self, request: httpx.Request, admitted: Admitted) -> tuple[httpx.Request, Hop]:
        """Return what to send for a request that was admitted, and the hop that settles it."""
        credential, ticket = admitted
        copy = _with_header(request, self.injector, credential)
        hop = Hop(admitted, self.injector, request.method, request.url.path, request.extensions)
        # A free call of httpx's own transport is spared the trace, which costs more than the rest of the guard.
        if ticket.reserved or self._is_custom or _DIES_AFTER_SEND:
            copy.extensions = {**copy.extensions, "trace": self._trace(ticket, copy.extensions)}
        return copy, hop


class GuardedTransport(_Guarded, httpx.BaseTransport):
    """Wraps an httpx transport: each request to `origin` is admitted, gets the header, and is settled.

    Raises, besides what httpx raises:
        AdmissionRefusedError: nothing was sent.
        CredentialError: the source has no usable credential; nothing was sent.
        InferredOperationError: the operation would change things and is a guess; nothing was sent.
        UnexpectedAuthPageError: a login page came back.
    """

    wrapped: httpx.BaseTransport
    _trace = HeadTrace

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one hop."""
        try:
            response = self._send(request)
        except CyaraAuthError as error:
            name_call(error, request.method, request.extensions)
            raise
        if response.status_code in REDIRECT and (misled := _misleading(request, response)):
            response.close()
            raise misled
        return response

    def _send(self, request: httpx.Request) -> httpx.Response:
        if not _is_bound(self.injector, request):
            return self.wrapped.handle_request(request)
        while True:
            admitted = self.injector.admit(request.extensions)
            copy, hop = self._prepare(request, admitted)
            try:
                if hop.ticket.is_stale():
                    raise StaleAdmissionError  # noqa: TRY301  # handled as the trace's, right below
                response = self.wrapped.handle_request(copy)
                break
            except StaleAdmissionError:
                hop.not_sent()
            except BaseException as error:
                _fail(hop, copy, error, admitted[0])
                raise
        # Off again: users log and pickle `response.request`.
        copy.headers = request.headers
        # Settled at the headers, without waiting for the body: a generator that is closed early leaves nothing open.
        try:
            _settle(hop, copy, response, self.injector.origin, admitted[0])
        except BaseException:
            response.close()
            raise
        return response

    def close(self) -> None:
        """Close the wrapped transport."""
        self.wrapped.close()


class AsyncGuardedTransport(_Guarded, httpx.AsyncBaseTransport):
    """The same for tasks: it shares every decision with `GuardedTransport` and only waits differently."""

    wrapped: httpx.AsyncBaseTransport
    _trace = AsyncHeadTrace

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one hop."""
        try:
            response = await self._send(request)
        except CyaraAuthError as error:
            name_call(error, request.method, request.extensions)
            raise
        if response.status_code in REDIRECT and (misled := _misleading(request, response)):
            await response.aclose()
            raise misled
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if not _is_bound(self.injector, request):
            return await self.wrapped.handle_async_request(request)
        while True:
            admitted = await self.injector.aadmit(request.extensions)
            copy, hop = self._prepare(request, admitted)
            try:
                if hop.ticket.is_stale():
                    raise StaleAdmissionError  # noqa: TRY301  # handled as the trace's, right below
                response = await self.wrapped.handle_async_request(copy)
                break
            except StaleAdmissionError:
                hop.not_sent()
            except BaseException as error:
                _fail(hop, copy, error, admitted[0])
                raise
        # As above. Settling awaits nothing, so that no cancellation comes between.
        copy.headers = request.headers
        try:
            _settle(hop, copy, response, self.injector.origin, admitted[0])
        except BaseException:
            await response.aclose()
            raise
        return response

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self.wrapped.aclose()


def _is_bound(injector: Injector, request: httpx.Request) -> bool:
    """Return whether this hop goes to the bound origin; take off what must not go elsewhere."""
    # Redirects, absolute links and `next_request` lead to other origins; they go out without the header.
    if injector.origin.covers(request.url):
        return True
    # A pair that the caller put into a header by hand reaches no other host either. Other schemes may.
    if request.headers.get(AUTHORIZATION, "").lower().startswith("apikey"):
        del request.headers[AUTHORIZATION]
    return False


def _with_header(request: httpx.Request, injector: Injector, credential: ApiCredential) -> httpx.Request:
    """Return a copy that carries the header; the caller's own request never does."""
    # With the encoding said, httpx need not find it out from every header at each look-up.
    headers = httpx.Headers(request.headers, encoding=_ENCODING)
    others = len(headers)
    headers[AUTHORIZATION] = credential.header_value()
    # It took the place of the caller's, which would be one more pair that the portal counts. Counting costs less than
    # looking it up.
    if len(headers) <= others:
        del request.headers[AUTHORIZATION]
        injector.warn_of_override()
    # Made without __init__, which would parse again what was parsed when the request was built.
    copy = httpx.Request.__new__(httpx.Request)
    copy.__dict__.update(request.__dict__)
    copy.headers = headers
    return copy


def _fail(hop: Hop, copy: httpx.Request, error: BaseException, credential: ApiCredential) -> None:
    copy.headers.pop(AUTHORIZATION, None)
    hop.failed(error)
    # Late: only a failed call pays for it.
    from cyara_auth.redact import scrub

    # The frames of the HTTP stack hold the header's bytes in local variables, and messages may quote them.
    scrub(error, credential)


def _misleading(request: httpx.Request, response: httpx.Response) -> httpx.RemoteProtocolError | None:
    """Return the error for a redirect to what is no address.

    httpx raises this one for some of them; of others it raises what is no error of a call, when it joins the addresses.
    """
    try:
        location = httpx.URL(response.headers.get("location", ""))
        if location.scheme and not location.host:
            location = location.copy_with(host=request.url.host)
        request.url.join(location)
    except (httpx.InvalidURL, ValueError):  # the second is urllib's and idna's
        return httpx.RemoteProtocolError("The answer redirects to what is no address.", request=request)
    return None


def _settle(
    hop: Hop, request: httpx.Request, response: httpx.Response, origin: Origin, credential: ApiCredential
) -> None:
    def is_same_origin(location: str) -> bool:
        try:
            return origin.covers(request.url.join(location))
        except (httpx.InvalidURL, ValueError):  # the second is urllib's, which httpx joins addresses with
            return False

    # What no network brought, a mock or a replayed cassette, is no evidence of anything. A transport that builds its
    # answers anew loses the stream; then it counts that the head left.
    trace = request.extensions.get("trace")
    is_real = "network_stream" in response.extensions or getattr(trace, "has_sent", False)
    if not hop.answered(response.status_code, response.headers, is_same_origin, is_real=is_real):
        response.extensions[UNREPEATABLE] = True
    if response.status_code >= _REFUSAL:
        response.extensions[REDACT] = partial(_redacted, credential)


def _redacted(credential: ApiCredential, text: str) -> str:
    # Late: only a refusal that says something pays for it.
    from cyara_auth.redact import Redactor

    return Redactor(credential)(text)

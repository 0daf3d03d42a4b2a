"""The only place where the header exists: httpx transports that admit, inject, send, classify and settle each hop.

A transport, and not `headers=`, `httpx.Auth` or event hooks: it alone sees every redirect hop and the exact exception,
and nothing above it ever holds the secret.
"""

from typing import Final

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CyaraAuthError
from cyara_auth.extensions import UNREPEATABLE
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.origin import API_PATH, Origin
from cyara_auth.providers import CredentialSource
from cyara_auth.transport.head_trace import StaleAdmissionError, is_custom, with_async_head_trace, with_head_trace
from cyara_auth.transport.hop import AUTHORIZATION, Hop, Injector, name_call

_ENCODING: Final = "iso-8859-1"
_DIES_AFTER_SEND: Final = failpoints.is_armed("after_send")


class GuardedTransport(httpx.BaseTransport):
    """Wraps an httpx transport: each request to `origin` is admitted, gets the header, and is settled.

    Raises, besides what httpx raises:
        AdmissionRefusedError: nothing was sent.
        CredentialError: the source has no usable credential; nothing was sent.
        UnexpectedAuthPageError: a login page came back.
    """

    def __init__(
        self,
        wrapped: httpx.BaseTransport,
        *,
        source: CredentialSource,
        guard: StrikeGuard,
        origin: Origin,
        base_path: str = API_PATH,
    ) -> None:
        self.wrapped = wrapped
        self.injector = Injector(source=source, guard=guard, origin=origin, base_path=base_path)
        self._is_custom = is_custom(wrapped)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one hop."""
        try:
            return self._send(request)
        except CyaraAuthError as error:
            name_call(error, request.method, request.extensions)
            raise

    def _send(self, request: httpx.Request) -> httpx.Response:
        if not _is_bound(self.injector, request):
            return self.wrapped.handle_request(request)
        while True:
            admitted = self.injector.admit(request.extensions)
            credential, ticket = admitted
            copy = _with_header(request, self.injector, credential)
            hop = Hop(admitted, self.injector, request.method, request.url.path, request.extensions)
            # A free call of httpx's own transport is spared the trace, which costs more than the rest of the guard.
            if ticket.reserved or self._is_custom:
                copy.extensions = with_head_trace(copy.extensions, ticket)
            if _DIES_AFTER_SEND:
                copy.extensions = {**copy.extensions, "trace": _die_after_send}
            try:
                if ticket.is_stale():
                    raise StaleAdmissionError  # noqa: TRY301  # handled as the trace's, right below
                response = self.wrapped.handle_request(copy)
                break
            except StaleAdmissionError:
                hop.not_sent()
            except BaseException as error:
                _fail(hop, copy, error, credential)
                raise
        # Off again: users log and pickle `response.request`.
        copy.headers = request.headers
        # Settled at the headers, without waiting for the body: a generator that is closed early leaves nothing open.
        try:
            _settle(hop, copy, response, self.injector.origin)
        except BaseException:
            response.close()
            raise
        return response

    def close(self) -> None:
        """Close the wrapped transport."""
        self.wrapped.close()


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """The same for tasks: it shares every decision with `GuardedTransport` and only waits differently."""

    def __init__(
        self,
        wrapped: httpx.AsyncBaseTransport,
        *,
        source: CredentialSource,
        guard: StrikeGuard,
        origin: Origin,
        base_path: str = API_PATH,
    ) -> None:
        self.wrapped = wrapped
        self.injector = Injector(source=source, guard=guard, origin=origin, base_path=base_path)
        self._is_custom = is_custom(wrapped)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one hop."""
        try:
            return await self._send(request)
        except CyaraAuthError as error:
            name_call(error, request.method, request.extensions)
            raise

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if not _is_bound(self.injector, request):
            return await self.wrapped.handle_async_request(request)
        while True:
            admitted = await self.injector.aadmit(request.extensions)
            credential, ticket = admitted
            copy = _with_header(request, self.injector, credential)
            hop = Hop(admitted, self.injector, request.method, request.url.path, request.extensions)
            # A free call of httpx's own transport is spared the trace, which costs more than the rest of the guard.
            if ticket.reserved or self._is_custom:
                copy.extensions = with_async_head_trace(copy.extensions, ticket)
            if _DIES_AFTER_SEND:
                copy.extensions = {**copy.extensions, "trace": _die_after_send_async}
            try:
                if ticket.is_stale():
                    raise StaleAdmissionError  # noqa: TRY301  # handled as the trace's, right below
                response = await self.wrapped.handle_async_request(copy)
                break
            except StaleAdmissionError:
                hop.not_sent()
            except BaseException as error:
                _fail(hop, copy, error, credential)
                raise
        # As above. Settling awaits nothing, so that no cancellation comes between.
        copy.headers = request.headers
        try:
            _settle(hop, copy, response, self.injector.origin)
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


def _die_after_send(event: str, _: object) -> None:
    if event.endswith("send_request_body.complete"):
        failpoints.hit("after_send")


async def _die_after_send_async(event: str, info: object) -> None:
    _die_after_send(event, info)


def _fail(hop: Hop, copy: httpx.Request, error: BaseException, credential: ApiCredential) -> None:
    copy.headers.pop(AUTHORIZATION, None)
    hop.failed(error)
    # Late: only a failed call pays for it.
    from cyara_auth.redact import scrub

    # The frames of the HTTP stack hold the header's bytes in local variables, and messages may quote them.
    scrub(error, credential)


def _settle(hop: Hop, request: httpx.Request, response: httpx.Response, origin: Origin) -> None:
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

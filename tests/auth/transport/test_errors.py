"""A call that brings no answer is one clear error: ours, httpx's, with the facts, and without the depths."""

import asyncio
import pickle
import threading
import traceback

import pytest

from cyara_auth import Cyara, RetryPolicy, TransportError, connect
from cyara_auth._http import httpx
from cyara_auth.errors import CredentialSuspectError, CyaraAuthError, UnexpectedAuthPageError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.errors import CyaraError
from cyara_client.operations import OPERATIONS

from ..wire.faces import TLS, RequestsFace
from ..wire.loopback import KEY, PAIR, TOKEN, Reply, WireServer

OPERATION = OPERATIONS["GetCampaigns"]
NOBODY = "http://127.0.0.1:9"


def client_of(base_url: str, **options: object) -> Cyara:
    usual = {"store": MemoryStrikeStore(), "verify": TLS, "retries": RetryPolicy(base=0.0)}
    return connect(base_url, PAIR, account_id=1, **{**usual, **options})


REPLIES = {
    "cut": (Reply(cut=True), httpx.RemoteProtocolError, False),
    "late": (Reply(wait=threading.Event()), httpx.ReadTimeout, False),
    "garbled": (Reply(headers=(("Content-Encoding", "gzip"),), body=b"no gzip: secret"), httpx.DecodingError, False),
}
ADVICE = {
    "cut": "call again; if every call ends like this: cyara auth doctor --probe",
    "late": "call again, with a longer connect(timeout=SECONDS) if it takes its time",
    "garbled": "call again; if every call ends like this: cyara auth doctor --probe",
}


@pytest.mark.parametrize("case", REPLIES)
def test_it_is_ours_and_httpx_s_at_once(server: WireServer, case: str) -> None:
    reply, kind, nothing_sent = REPLIES[case]
    server.script = lambda _: reply
    with client_of(server.base_url, timeout=0.5) as cyara, pytest.raises(kind) as caught:
        cyara.campaigns.get_campaigns()
    error = caught.value
    assert isinstance(error, TransportError)
    assert isinstance(error, CyaraError)
    assert (error.kind, error.nothing_sent, error.attempt) == (kind.__name__, nothing_sent, 1)
    assert (error.method, error.path_template, error.operation_id) == ("GET", OPERATION.path, "GetCampaigns")
    assert str(error) == (
        f"GET /v3.0/accounts/{{accountId}}/campaigns (GetCampaigns) at 127.0.0.1:{server.port} got no answer: "
        f"{kind.__name__}. The portal may have received the call. Next: {ADVICE[case]}."
    )
    assert error.request.url.path.endswith("/campaigns")
    assert "authorization" not in error.request.headers


def test_no_connection_says_why_and_that_nothing_was_sent() -> None:
    with client_of(NOBODY) as cyara, pytest.raises(TransportError) as caught:
        cyara.campaigns.get_campaigns()
    error = caught.value
    assert isinstance(error, httpx.ConnectError)
    assert error.nothing_sent
    assert error.attempt == 3
    assert "at 127.0.0.1:9 got no answer on attempt 3: ConnectError: [Errno" in str(error)
    assert "refused. Nothing was sent. Next: check host and port 127.0.0.1:9 in CYARA_BASE_URL" in str(error)


@pytest.mark.anyio
async def test_the_same_for_tasks(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    async with client_of(server.base_url) as cyara:
        with pytest.raises(TransportError, match="RemoteProtocolError"):
            await cyara.aio.campaigns.get_campaigns()
    async with client_of(NOBODY) as cyara:
        with pytest.raises(TransportError, match="Nothing was sent") as caught:
            await cyara.aio.campaigns.get_campaigns()
    assert isinstance(caught.value, httpx.ConnectError)


def test_a_call_of_raw_has_no_operation(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    with client_of(server.base_url) as cyara, pytest.raises(TransportError) as caught:
        cyara.raw("GET", "/x")
    assert str(caught.value).startswith(f"GET at 127.0.0.1:{server.port} got no answer: RemoteProtocolError.")
    assert caught.value.operation_id is None


def test_the_traceback_ends_here_and_holds_no_secret(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    with client_of(server.base_url) as cyara, pytest.raises(TransportError) as caught:
        cyara.campaigns.get_campaigns()
    text = "".join(traceback.format_exception(caught.value))
    assert "httpcore" not in text
    assert "During handling" not in text
    assert text.splitlines()[-1].startswith("cyara_auth.transport.errors.TransportError: GET ")
    assert isinstance(caught.value.__context__, httpx.RemoteProtocolError)
    for secret in (KEY, TOKEN):
        assert secret not in text + repr(caught.value) + repr(vars(caught.value))


def test_it_crosses_process_pools(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    with client_of(server.base_url) as cyara, pytest.raises(TransportError) as caught:
        cyara.campaigns.get_campaigns()
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # made one line above
    assert type(again) is type(caught.value)
    assert str(again) == str(caught.value)
    assert {**vars(again), "_request": None} == {**vars(caught.value), "_request": None}


def test_a_class_of_somebody_else_is_known_by_httpx_s(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class OddError(httpx.ReadError):
        pass

    def fail(*_: object) -> httpx.Response:
        raise OddError("secret words")

    with client_of(server.base_url) as cyara:
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", fail)
        with pytest.raises(httpx.ReadError, match=r"got no answer: ReadError\. The portal may") as caught:
            cyara.campaigns.get_campaigns()
    assert isinstance(caught.value, TransportError)


FACTS = ("method", "path_template", "operation_id", "status_code", "request_id", "attempt", "retry_after")
PAGE = Reply(body=b"<html>log in</html>", media_type="text/html")


def facts(error: CyaraAuthError) -> tuple[object, ...]:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # made one line above
    assert str(again) == str(error)
    return tuple(getattr(again, name) for name in FACTS)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_login_page_and_refusal_say_of_which_call(server: WireServer, asynchronous: bool) -> None:  # noqa: FBT001 - two faces
    def call() -> object:
        if asynchronous:
            return asyncio.run(cyara.aio.campaigns.get_campaigns())
        return cyara.campaigns.get_campaigns()

    with client_of(server.base_url) as cyara:
        cyara.raw("GET", "/v3.0/x")
        server.script = lambda _: PAGE
        with pytest.raises(UnexpectedAuthPageError) as page:
            call()
        with pytest.raises(CredentialSuspectError) as refusal:
            call()
    named = ("GET", OPERATION.path, "GetCampaigns")
    assert facts(page.value) == (*named, 200, None, 1, None)
    assert facts(refusal.value) == (*named, None, None, 1, None)


def test_error_says_which_attempt_it_ended(server: WireServer) -> None:
    answers = [Reply(), Reply(status=503), PAGE]
    server.script = lambda _: answers[len(server.seen) - 1]
    with client_of(server.base_url) as cyara:
        cyara.raw("GET", "/v3.0/x")
        with pytest.raises(UnexpectedAuthPageError) as caught:
            cyara.campaigns.get_campaigns()
    assert caught.value.attempt == 2


def test_error_of_requests_says_its_method(server: WireServer) -> None:
    server.script = lambda _: PAGE
    with RequestsFace(server.base_url) as face, pytest.raises(UnexpectedAuthPageError) as caught:
        face.call("POST", f"{server.base_url}/x")
    assert facts(caught.value) == ("POST", None, None, 200, None, 1, None)


def test_failure_without_an_answer_has_no_status(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    with client_of(server.base_url) as cyara, pytest.raises(TransportError) as caught:
        cyara.campaigns.get_campaigns()
    assert facts(caught.value) == ("GET", OPERATION.path, "GetCampaigns", None, None, 1, None)


def test_error_that_is_of_no_call_knows_none_of_it() -> None:
    with pytest.raises(CyaraAuthError) as caught:
        connect("http://portal.example", PAIR, environ={})
    assert facts(caught.value) == (None,) * 7

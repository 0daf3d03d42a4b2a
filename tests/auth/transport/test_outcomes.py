"""What comes back is settled for what it is, and the next call is admitted or refused accordingly."""

import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
import requests

from cyara_auth import requests as adapter_module
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    AdmissionRefusedError,
    CredentialRejectedError,
    CredentialSuspectError,
    ProbeWaitTimeoutError,
    StrikeBudgetExhaustedError,
    UnexpectedAuthPageError,
)
from cyara_auth.extensions import CONFIRM
from cyara_auth.strikes.state import Outcome, PairState

from ..wire.faces import MakeFace, RequestsFace, SyncFace
from ..wire.loopback import KEY, PAIR, TOKEN, ConnectProxy, Reply, WireServer, wait_until

STALE = Reply(status=401, body=b'{"title": "Unauthorized"}', media_type="application/problem+json")
LOGIN_PAGE = Reply(body=b"<html>Sign in</html>", media_type="text/html; charset=utf-8")


@attrs.frozen(kw_only=True)
class NamedOperation:
    """As much of a generated operation as the transport looks at."""

    operation_id: str = "GetCampaigns"
    path: str = "/v3.0/accounts/{accountId}/campaigns"
    requires_credential: bool = True
    success_statuses: tuple[int, ...] = (200,)
    response_media_types: tuple[str, ...] = ("application/json",)


def test_success_proves_the_pair(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    assert client.verdict is PairState.VERIFIED
    assert client.charges == 0


def test_row_46_stale_pair_is_one_call(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: STALE
    client = face(server.base_url)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 401
    for _ in range(5):
        with pytest.raises(CredentialRejectedError, match="Nothing was sent"):
            client.get(f"{server.base_url}/v3.0/x")
    assert len(server.seen) == 1
    assert client.state.strikes == 1


@pytest.mark.parametrize("kind", [SyncFace, RequestsFace])
def test_row_47_stale_pair_in_100_threads_is_one_call(server: WireServer, kind: MakeFace) -> None:
    server.script = lambda _: STALE
    with kind(server.base_url) as client, ThreadPoolExecutor(100) as pool:

        def call(_: int) -> object:
            try:
                return client.get(f"{server.base_url}/v3.0/x").status_code
            except AdmissionRefusedError as refusal:
                return type(refusal)

        results = list(pool.map(call, range(100)))
    assert len(server.seen) == 1
    assert (results.count(401), results.count(CredentialRejectedError)) == (1, 99)


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (LOGIN_PAGE, "a login page at {base} twice"),
        (
            Reply(status=302, headers=(("Location", "/Account/Login?ReturnUrl=%2Fsecret"),), body=b""),
            "a redirect at {base} to /Account/Login twice",
        ),
    ],
)
def test_row_39_login_page_proves_nothing_and_is_an_error(
    server: WireServer, face: MakeFace, reply: Reply, what: str
) -> None:
    """Where the API never answered, the address may be wrong, so the pair is not suspect; but each call is charged."""
    server.script = lambda _: reply
    client = face(server.base_url)
    for charges in (1, 2):
        with pytest.raises(UnexpectedAuthPageError, match=rf"status {reply.status}.*cyara auth doctor"):
            client.get(f"{server.base_url}/v3.0/x")
        assert client.verdict is PairState.UNVERIFIED
        assert client.charges == charges
    with pytest.raises(StrikeBudgetExhaustedError, match=r"Nothing was sent.*reset --still-valid") as caught:
        client.get(f"{server.base_url}/v3.0/x")
    assert what.format(base=server.base_url) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(server.seen) == 2


def test_row_39_after_the_login_an_operator_proves_the_pair(server: WireServer, httpx_face: MakeFace) -> None:
    client = httpx_face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: LOGIN_PAGE
    with pytest.raises(UnexpectedAuthPageError):
        client.get(f"{server.base_url}/v3.0/x")
    assert client.verdict is PairState.SUSPECT
    server.script = lambda _: Reply()
    assert client.get(f"{server.base_url}/v3.0/x", extensions={CONFIRM: True}).status_code == 200
    assert client.verdict is PairState.VERIFIED
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 200


def test_row_39_login_page_stops_a_verified_pair_at_once(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: LOGIN_PAGE
    with pytest.raises(UnexpectedAuthPageError):
        client.get(f"{server.base_url}/v3.0/x")
    assert client.verdict is PairState.SUSPECT
    assert client.charges == 1
    with pytest.raises(CredentialSuspectError, match=r"login page.*sign in.*cyara auth reset --still-valid"):
        client.get(f"{server.base_url}/v3.0/x")
    assert len(server.seen) == 2


def test_html_that_the_document_promises_is_no_login_page(server: WireServer, httpx_face: MakeFace) -> None:
    server.script = lambda _: LOGIN_PAGE
    operation = NamedOperation(response_media_types=("text/html",))
    response = httpx_face(server.base_url).get(f"{server.base_url}/v3.0/x", extensions={"cyara.operation": operation})
    assert response.status_code == 200


def test_row_40_public_operation_proves_nothing(server: WireServer, httpx_face: MakeFace) -> None:
    client = httpx_face(server.base_url)
    public = {"cyara.operation": NamedOperation(requires_credential=False)}
    assert client.get(f"{server.base_url}/v3.0/x", extensions=public).status_code == 200
    assert client.verdict is PairState.UNVERIFIED
    assert client.charges == 0


def test_row_45_netrc_is_ignored(
    server: WireServer, face: MakeFace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    plain = requests.get(f"{server.origin}/plain", timeout=5)
    assert plain.request.headers["Authorization"].startswith("Basic "), "the entry is not read: this test shows nothing"
    face(server.base_url).get(f"{server.origin}/x")
    assert server.seen[1].authorization == [f"ApiKey {PAIR}"]


def test_row_55_lost_answer_stays_charged(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(cut=True)
    client = face(server.base_url)
    for charges in (1, 2):
        with pytest.raises((httpx.TransportError, requests.ConnectionError)):
            client.get(f"{server.base_url}/v3.0/x")
        assert client.charges == charges
    with pytest.raises(StrikeBudgetExhaustedError):
        client.get(f"{server.base_url}/v3.0/x")
    assert len(server.seen) == 2


def test_row_56_read_timeout_while_unverified_twice_exhausts(server: WireServer, face: MakeFace) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    client = face(server.base_url)
    for _ in range(2):
        with pytest.raises((httpx.ReadTimeout, requests.ReadTimeout)):
            client.get(f"{server.base_url}/v3.0/x", timeout=0.5)
    with pytest.raises(StrikeBudgetExhaustedError, match="may be fine") as caught:
        client.get(f"{server.base_url}/v3.0/x", timeout=0.5)
    release.set()
    assert "reset" in str(caught.value)
    assert len(server.seen) == 2


def test_row_57_offline_costs_nothing(face: MakeFace) -> None:
    with WireServer() as gone:
        url = gone.base_url
    client = face(url)
    for _ in range(100):
        with pytest.raises((httpx.ConnectError, requests.ConnectionError)):
            client.get(f"{url}/x")
    assert client.charges == 0


@pytest.mark.parametrize("status", [407, 502])
def test_row_58_proxy_that_refuses_costs_nothing(httpx_face: MakeFace, status: int) -> None:
    with ConnectProxy(to_port=9, refuse=status) as proxy:
        client = httpx_face("https://portal.test", proxy=proxy.url)
        for _ in range(5):
            with pytest.raises(httpx.ProxyError):
                client.get("https://portal.test/x")
    assert proxy.connects == ["CONNECT portal.test:443"] * 5
    assert client.charges == 0
    assert TOKEN.encode() not in proxy.readable


def test_row_58_407_as_an_answer_costs_nothing(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(status=407)
    client = face(server.base_url)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 407
    assert client.charges == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_row_59_overloaded_portal_costs_one_charge_for_a_pair(server: WireServer, face: MakeFace, status: int) -> None:
    """Not none, since a portal may count a bad pair before it says so; and not each, since good pairs get it, too."""
    server.script = lambda _: Reply(status=status)
    client = face(server.base_url)
    for calls in (1, 2, 3):
        assert client.get(f"{server.base_url}/v3.0/x").status_code == status
        assert client.charges == 1
        assert len(server.seen) == calls
    assert client.verdict is PairState.UNVERIFIED


@pytest.mark.parametrize("status", [429, 500, 503])
def test_row_59_overloaded_portal_costs_a_verified_pair_nothing(
    server: WireServer, face: MakeFace, status: int
) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: Reply(status=status)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == status
    assert client.charges == 0
    assert client.verdict is PairState.VERIFIED


@pytest.mark.parametrize(
    ("reply", "shortest"),
    [
        (Reply(status=503), 0.5),
        (Reply(status=429, headers=(("Retry-After", "1"),)), 1.0),
    ],
)
def test_row_59_the_next_probe_waits_and_goes_alone(
    server: WireServer, face: MakeFace, reply: Reply, shortest: float
) -> None:
    server.script = lambda _: reply
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    began = time.monotonic()
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(client.get, f"{server.base_url}/v3.0/x")
        wait_until(lambda: len(server.seen) == 2)
        assert time.monotonic() - began >= shortest - 0.05  # the pause began when the answer came, a moment earlier
        asked = client.injector
        with pytest.raises(ProbeWaitTimeoutError):
            asked.guard.admit(asked.source.current(), asked.origin_text, timeout=0.1)
        release.set()
        assert probe.result(10).status_code == 200
    assert client.verdict is PairState.VERIFIED
    assert client.charges == 1, "the overloaded answer stays charged: the portal may still count it"


@pytest.mark.parametrize("status", [408, 502, 504, 520])
def test_row_60_gateway_that_gave_up_stays_charged(server: WireServer, face: MakeFace, status: int) -> None:
    server.script = lambda _: Reply(status=status)
    client = face(server.base_url)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == status
    assert client.charges == 1


def test_row_61_html_401_is_charged_and_not_final(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(status=401, body=b"<html>denied</html>", media_type="text/html")
    client = face(server.base_url)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 401
    assert client.charges == 1
    assert client.verdict is PairState.SUSPECT
    with pytest.raises(CredentialSuspectError, match="cyara auth reset --still-valid"):
        client.get(f"{server.base_url}/v3.0/x")
    assert len(server.seen) == 1
    server.script = lambda _: Reply()
    asked = client.injector
    with asked.guard.admit(asked.source.current(), asked.origin_text, confirm=True) as ticket:
        ticket.settle(Outcome.VERIFICATION)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 200


def test_row_62_403_of_an_unverified_pair_is_charged_once(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(status=403)
    client = face(server.base_url)
    for _ in range(3):
        assert client.get(f"{server.base_url}/v3.0/x").status_code == 403
        assert client.charges == 1


def test_row_62_403_that_is_not_the_api_s_is_charged_each_time(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(status=403, body=b"<html>denied</html>", media_type="text/html")
    client = face(server.base_url)
    for charges in (1, 2):
        assert client.get(f"{server.base_url}/v3.0/x").status_code == 403
        assert client.charges == charges
    with pytest.raises(StrikeBudgetExhaustedError, match=r"status 403 at .* twice"):
        client.get(f"{server.base_url}/v3.0/x")
    assert len(server.seen) == 2


def test_row_62_403_of_a_verified_pair_makes_the_next_call_go_alone(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: Reply(status=403)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 403
    assert client.charges == 0
    standing = client.state.pairs[0].at(client.injector.origin_text)
    assert (standing.verdict, standing.verified_at) == (PairState.VERIFIED, None)


def test_row_63_401_of_one_operation_is_final_by_default(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: STALE
    client.get(f"{server.base_url}/v3.0/forbidden")
    with pytest.raises(CredentialRejectedError):
        client.get(f"{server.base_url}/v3.0/x")
    assert client.verdict is not PairState.VERIFIED


def test_row_84_waiters_of_a_slow_probe_time_out_unsent(server: WireServer, face: MakeFace) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    slow = face(server.base_url)
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(slow.get, f"{server.base_url}/upload")
        wait_until(lambda: len(server.seen) == 1)
        with pytest.raises(ProbeWaitTimeoutError, match="cyara auth verify"):
            slow.injector.guard.admit(slow.injector.source.current(), slow.injector.origin_text, timeout=0.2)
        release.set()
        assert probe.result(10).status_code == 200
    assert len(server.seen) == 1


def test_row_85_body_that_is_never_read_leaves_nothing_open(server: WireServer) -> None:
    with SyncFace(server.base_url) as client:
        release = threading.Event()
        server.script = lambda _: Reply(body=b"x" * 100, stall_body=release)
        request = client.client.build_request("GET", f"{server.base_url}/v3.0/x")
        response = client.client.send(request, stream=True)
        assert client.verdict is PairState.VERIFIED
        assert client.charges == 0
        response.close()
        release.set()


def test_row_85_body_that_breaks_off_keeps_the_verification(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(headers=(("Transfer-Encoding", "chunked"),), body=b"zz\r\n")
    client = face(server.base_url)
    with pytest.raises((httpx.HTTPError, requests.RequestException)):
        client.get(f"{server.base_url}/v3.0/x")
    assert client.verdict is PairState.VERIFIED


def test_row_86_ctrl_c_during_the_call_is_charged_and_raised_again(server: WireServer) -> None:
    class Interrupted(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            del request
            raise KeyboardInterrupt

    with SyncFace(server.base_url, transport=Interrupted()) as client:
        with pytest.raises(KeyboardInterrupt):
            client.get(f"{server.base_url}/v3.0/x")
        assert client.charges == 1


def test_row_87_exception_of_a_careless_transport_holds_no_secret(server: WireServer) -> None:
    class Careless(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            value = request.headers["authorization"]
            raise httpx.LocalProtocolError(f"Illegal header value {value!r}", request=request)

    with SyncFace(server.base_url, transport=Careless()) as client:
        with pytest.raises(httpx.LocalProtocolError) as caught:
            client.get(f"{server.base_url}/v3.0/x")
        assert TOKEN not in str(caught.value)
        assert KEY not in str(caught.value)
        assert "authorization" not in caught.value.request.headers
        assert client.charges == 0


def test_write_that_fails_shows_no_secret_in_local_variables(server: WireServer, httpx_face: MakeFace) -> None:
    server.script = lambda _: Reply(cut=True)
    client = httpx_face(server.base_url)
    with pytest.raises(httpx.TransportError) as caught:
        client.get(f"{server.base_url}/v3.0/x")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format(chain=True))
    assert "handle_" in shown
    # This test's own frames hold the pair as a global only.
    assert TOKEN not in shown


def test_call_log_names_the_allowed_fields_only(
    server: WireServer, httpx_face: MakeFace, caplog: pytest.LogCaptureFixture
) -> None:
    client = httpx_face(server.base_url)
    with caplog.at_level(logging.INFO, logger="cyara_auth.calls"):
        client.get(
            f"{server.base_url}/v3.0/accounts/4711/campaigns?name=secret-project",
            extensions={"cyara.operation": NamedOperation()},
        )
    (record,) = [record for record in caplog.records if record.name == "cyara_auth.calls"]
    text = record.getMessage()
    assert "operation=GetCampaigns method=GET path=/v3.0/accounts/{accountId}/campaigns status=200" in text
    assert record.cyara_attempt == 1
    assert record.cyara_bytes == "2"
    for hidden in (TOKEN, KEY, "4711", "secret-project"):
        assert hidden not in text


def test_failure_is_logged_by_its_kind(
    server: WireServer, httpx_face: MakeFace, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = lambda _: Reply(cut=True)
    with caplog.at_level(logging.INFO, logger="cyara_auth.calls"), pytest.raises(httpx.TransportError):
        httpx_face(server.base_url).get(f"{server.base_url}/v3.0/x")
    (record,) = [record for record in caplog.records if record.name == "cyara_auth.calls"]
    assert record.levelno == logging.WARNING
    assert "failure=RemoteProtocolError" in record.getMessage()


def test_program_without_logging_prints_nothing(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    code = (
        "from cyara_auth import connect\n"
        "try:\n"
        f"    connect({server.base_url!r}, {PAIR!r}, store='memory:').raw('GET', '/x')\n"
        "except Exception as error:\n"
        "    print(error.kind)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert (done.stdout.strip(), done.stderr) == ("RemoteProtocolError", "")


def test_new_pair_at_the_source_is_picked_up_after_a_rejection(server: WireServer, face: MakeFace) -> None:
    fresh = f"{KEY}:{TOKEN[::-1][1:]}="
    texts = [PAIR]

    class Provider:
        def __call__(self) -> ApiCredential:
            return ApiCredential.parse(texts[0], allow_unusual_shape=True)

        def version(self) -> object:
            return texts[0]

    server.script = lambda seen: STALE if seen.authorization == [f"ApiKey {PAIR}"] else Reply()
    client = face(server.base_url, credential=Provider())
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 401
    with pytest.raises(CredentialRejectedError):
        client.get(f"{server.base_url}/v3.0/x")
    texts[0] = fresh
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 200
    assert [seen.authorization for seen in server.seen] == [[f"ApiKey {PAIR}"], [f"ApiKey {fresh}"]]


def test_requests_waits_no_longer_than_30_seconds_by_default(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert adapter_module.DEFAULT_TIMEOUT == (5.0, 30.0)
    monkeypatch.setattr(adapter_module, "DEFAULT_TIMEOUT", (5.0, 0.1))
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    began = time.monotonic()
    with RequestsFace(server.base_url) as client, pytest.raises(requests.ReadTimeout):
        client.get(f"{server.base_url}/v3.0/x")
    release.set()
    assert time.monotonic() - began < 5


def test_untrusted_certificate_costs_nothing(tls_server: WireServer, face: MakeFace) -> None:
    client = face(tls_server.base_url)
    for _ in range(3):
        with pytest.raises((httpx.ConnectError, requests.exceptions.SSLError)):
            client.get(f"{tls_server.base_url}/x")
    assert client.charges == 0
    assert tls_server.seen == []


def test_name_that_does_not_resolve_costs_nothing(face: MakeFace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    client = face("https://portal.invalid")
    with pytest.raises((httpx.ConnectError, requests.ConnectionError)):
        client.get("https://portal.invalid/x")
    assert client.charges == 0


def test_body_shorter_than_promised_is_charged(server: WireServer, httpx_face: MakeFace) -> None:
    """Httpx calls it a local error, but the head with the credential is on the wire by then."""
    client = httpx_face(server.base_url)
    content = iter([b"abc"]) if isinstance(client, SyncFace) else as_async([b"abc"])
    with pytest.raises(Exception, match="Too little data"):
        client.call("POST", f"{server.base_url}/v3.0/x", content=content, headers={"Content-Length": "10"})
    assert client.charges == 1


async def as_async(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def test_head_that_is_refused_costs_nothing(server: WireServer, httpx_face: MakeFace) -> None:
    client = httpx_face(server.base_url)
    with pytest.raises(httpx.LocalProtocolError):
        client.get(f"{server.base_url}/v3.0/x", headers={"X-Note": "a\r\nb"})
    assert client.charges == 0
    assert server.seen == []

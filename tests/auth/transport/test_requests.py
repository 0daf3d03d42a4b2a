"""What only the adapter for `requests` does; what it shares with httpx is in the other files."""

import http.client
import pickle
import threading
from collections.abc import Callable

import pytest
import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, SSLError
from urllib3.util import Retry

from cyara_auth.errors import CredentialRejectedError, CredentialSuspectError, UnsupportedClientError
from cyara_auth.requests import GuardedAdapter, as_httpx
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.classify import RequestFacts, classify
from cyara_auth.strikes.state import Outcome

from ..wire.faces import RequestsFace, SyncFace
from ..wire.loopback import KEY, PAIR, TOKEN, ConnectProxy, Reply, WireServer

POOL = HTTPConnectionPool("portal.test")
REFUSED = MaxRetryError(POOL, "/x", NewConnectionError(POOL, "refused"))
UNTRUSTED = MaxRetryError(POOL, "/x", SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
BROKEN_TLS = MaxRetryError(POOL, "/x", SSLError("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]"))


def test_the_lines_of_the_migration(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYARA_BASE_URL", server.base_url)
    monkeypatch.setenv("CYARA_API_CREDENTIAL", PAIR)
    monkeypatch.setenv("CYARA_STRIKE_STORE", "memory:")
    adapter = GuardedAdapter()
    with requests.Session() as session:
        session.mount(adapter.prefix, adapter)
        headers = {"accept": "application/json", "Authorization": "ApiKey <key>:<token>"}
        response = session.get(f"{adapter.base_url}/v3.0/accounts/1/campaigns", headers=headers)
    assert response.json() == {}
    assert server.seen[0].authorization == [f"ApiKey {PAIR}"]
    assert server.seen[0].target == "/cyarawebapi/v3.0/accounts/1/campaigns"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (exceptions.ConnectTimeout(), Outcome.NOT_SENT),
        (exceptions.ProxyError(), Outcome.UNKNOWN),
        (exceptions.InvalidHeader(), Outcome.UNKNOWN),
        (exceptions.InvalidURL(), Outcome.NOT_SENT),
        (exceptions.InvalidSchema(), Outcome.NOT_SENT),
        (exceptions.ConnectionError(REFUSED), Outcome.NOT_SENT),
        (exceptions.SSLError(UNTRUSTED), Outcome.NOT_SENT),
        (exceptions.SSLError(BROKEN_TLS), Outcome.UNKNOWN),
        (exceptions.ConnectionError(ProtocolError("aborted")), Outcome.UNKNOWN),
        (exceptions.ConnectionError(), Outcome.UNKNOWN),
        (exceptions.ReadTimeout(), Outcome.UNKNOWN),
        (exceptions.ChunkedEncodingError(), Outcome.UNKNOWN),
        (exceptions.RetryError(), Outcome.UNKNOWN),
        (KeyboardInterrupt(), Outcome.UNKNOWN),
        (ValueError(), Outcome.UNKNOWN),
    ],
)
def test_what_each_failure_of_requests_means(error: BaseException, outcome: Outcome) -> None:
    assert classify(RequestFacts(), as_httpx(error)) is outcome


def test_every_exception_of_requests_is_judged() -> None:
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, IOError)]
    assert len(kinds) > 20
    for kind in kinds:
        if issubclass(kind, exceptions.RequestException) and kind is not exceptions.JSONDecodeError:
            assert classify(RequestFacts(), as_httpx(kind())) in (Outcome.NOT_SENT, Outcome.UNKNOWN)


def test_pair_set_by_hand_does_not_reach_another_host(server: WireServer, foreign: WireServer) -> None:
    with RequestsFace(server.base_url) as client:
        client.get(f"{foreign.origin}/x", headers={"Authorization": f"ApiKey {PAIR}"})
        client.get(f"{foreign.origin}/x", headers={"Authorization": "Bearer of-another-service"})
    assert [seen.authorization for seen in foreign.seen] == [[], ["Bearer of-another-service"]]


def test_plain_http_never_goes_through_a_proxy(server: WireServer) -> None:
    with ConnectProxy(to_port=server.port) as proxy, RequestsFace(server.base_url) as client:
        client.session.proxies = {"http": proxy.url}
        assert client.get(f"{server.base_url}/x").status_code == 200
    assert proxy.connects == []
    assert server.seen[0].authorization == [f"ApiKey {PAIR}"]


def replace_retries(adapter: GuardedAdapter) -> None:
    adapter.max_retries = Retry(3, status_forcelist=[401])


def edit_retries(adapter: GuardedAdapter) -> None:
    adapter.max_retries.total = 5
    adapter.max_retries.status_forcelist = {401, 503}


def edit_one_number_of_retries(adapter: GuardedAdapter) -> None:
    adapter.max_retries.read = 3


def derive_retries(adapter: GuardedAdapter) -> None:
    class Stubborn(Retry):
        """Looks like none."""

        def is_retry(self, *_: object, **__: object) -> bool:
            return True

    adapter.max_retries = Stubborn(0, read=False)


@pytest.mark.parametrize(
    "change", [replace_retries, edit_retries, edit_one_number_of_retries, derive_retries], ids=lambda it: it.__name__
)
def test_retries_below_the_guard_are_refused(server: WireServer, change: Callable[[GuardedAdapter], None]) -> None:
    server.script = lambda _: Reply(status=401)
    adapter = GuardedAdapter(server.base_url, PAIR, store=MemoryStrikeStore(), environ={})
    change(adapter)
    with requests.Session() as session:
        session.mount(adapter.prefix, adapter)
        with pytest.raises(UnsupportedClientError, match=r"max_retries.*Nothing was sent"):
            session.get(f"{server.base_url}/x")
    assert server.seen == []


def edited_while_sending(adapter: GuardedAdapter) -> None:
    check_certificate = adapter.cert_verify

    def cert_verify(*args: object) -> None:
        edit_retries(adapter)
        check_certificate(*args)

    adapter.cert_verify = cert_verify


def pool_that_repeats(adapter: GuardedAdapter) -> None:
    class Stubborn(HTTPConnectionPool):
        def urlopen(self, *args: object, **options: object) -> object:
            for _ in range(5):
                answer = super().urlopen(*args, **options)
                answer.drain_conn()
            return answer

    adapter.poolmanager.pool_classes_by_scheme = {"http": Stubborn}


@pytest.mark.parametrize("trick", [edited_while_sending, pool_that_repeats], ids=lambda it: it.__name__)
def test_a_repetition_that_nobody_could_foresee_stops_at_the_connection(
    server: WireServer, trick: Callable[[GuardedAdapter], None]
) -> None:
    server.script = lambda _: Reply(status=401)
    store = MemoryStrikeStore()
    with RequestsFace(server.base_url, store=store) as face:
        trick(face.session.get_adapter(server.base_url))
        with pytest.raises(UnsupportedClientError, match="The repetition was not sent"):
            face.get(f"{server.base_url}/x")
        assert len(server.seen) == 1
        assert face.charges == 1


def test_a_hook_that_sends_again_needs_an_admission_of_its_own(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401, headers=(("WWW-Authenticate", 'Digest realm="x", nonce="y"'),))
    with RequestsFace(server.base_url) as face:
        with pytest.raises(CredentialSuspectError):
            face.get(f"{server.base_url}/x", auth=requests.auth.HTTPDigestAuth("user", "password"))
        assert len(server.seen) == 1


def test_a_longer_prefix_leads_past_the_guard_and_past_the_credential(server: WireServer) -> None:
    with RequestsFace(server.base_url) as face:
        face.session.mount(server.origin, HTTPAdapter(max_retries=Retry(3, status_forcelist=[503])))
        face.get(f"{server.base_url}/x")
    assert server.seen[0].authorization == []


def test_timeouts_of_the_caller_are_kept(server: WireServer) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    for timeout in (0.1, (5, 0.1)):
        with RequestsFace(server.base_url) as client, pytest.raises(exceptions.ReadTimeout):
            client.get(f"{server.base_url}/x", timeout=timeout)
    release.set()


def test_adapter_does_not_pickle_and_shows_no_secret(server: WireServer) -> None:
    adapter = GuardedAdapter(server.base_url, PAIR, store=MemoryStrikeStore())
    with pytest.raises(TypeError, match="each process"):
        pickle.dumps(adapter)
    for secret in (KEY, TOKEN):
        assert secret not in repr(adapter)
        assert secret not in repr(vars(adapter))


def test_exception_holds_the_callers_request_without_the_header(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    with RequestsFace(server.base_url) as client, pytest.raises(exceptions.ConnectionError) as caught:
        client.get(f"{server.base_url}/x")
    assert "Authorization" not in caught.value.request.headers
    assert TOKEN not in repr(caught.value)


def test_httpx_and_requests_share_what_they_learnt(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    store = MemoryStrikeStore()
    with SyncFace(server.base_url, store=store) as first, RequestsFace(server.base_url, store=store) as second:
        assert first.get(f"{server.base_url}/x").status_code == 401
        with pytest.raises(CredentialRejectedError):
            second.get(f"{server.base_url}/x")
    assert len(server.seen) == 1


def test_a_debug_level_of_http_client_prints_no_header_of_the_portal(
    server: WireServer, foreign: WireServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with RequestsFace(server.base_url) as face:
        for _ in range(2):
            assert face.get(f"{server.base_url}/x").status_code == 200
        assert TOKEN not in capsys.readouterr().out
        face.get(f"{foreign.base_url}/x")
        assert "send: b'GET" in capsys.readouterr().out  # other hosts are shown as asked for

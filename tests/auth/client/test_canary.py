"""One fake secret, everything at DEBUG, HTTP/1.1 and HTTP/2: it shows up on the wire and nowhere else."""

import logging
import socket
import threading
import warnings
from collections.abc import Iterator

import h2.config
import h2.connection
import h2.events
import pytest
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

from cyara_auth import install
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.loopback import KEY, PAIR, TOKEN, Listener, Reply, WireServer

RUDE_FRAME = b"\x00\x00\x01" + b"\x00\x00" + b"\x00\x00\x00\x63" + b"x"
"""A DATA frame on a stream that nobody opened: a violation of the protocol."""


class Http2Server(Listener):
    """Answers every HTTP/2 request (prior knowledge, no TLS) with an empty JSON object."""

    def __init__(self, *, rude: bool = False) -> None:
        self.rude = rude
        self.headers: list[dict[str, str]] = []
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        http = h2.connection.H2Connection(config=h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        connection.sendall(http.data_to_send())
        while data := connection.recv(65536):
            for event in http.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.headers.append(dict(event.headers))
                    if self.rude:
                        connection.sendall(RUDE_FRAME)
                        return
                    http.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/json")])
                    http.send_data(event.stream_id, b"{}", end_stream=True)
            connection.sendall(http.data_to_send())


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def everything_logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return every record of this thread, with all that hangs on it; the servers' threads are other machines."""
    formatter = logging.Formatter("%(name)s %(message)s %(args)s")
    mine = [record for record in caplog.records if record.thread == threading.get_ident()]
    return "\n".join(f"{formatter.format(record)} {vars(record)}" for record in mine)


def assert_hidden(text: str) -> None:
    for secret in (TOKEN, KEY):
        assert secret not in text


def test_row_89_http_1_at_debug(server: WireServer, records: pytest.LogCaptureFixture) -> None:
    with install(httpx.Client(base_url=server.base_url), credential=PAIR, store=MemoryStrikeStore()) as client:
        client.get("/x")
    assert server.seen[0].authorization == [f"ApiKey {PAIR}"]
    logged = everything_logged(records)
    assert "httpcore" in logged
    assert_hidden(logged)


def test_row_89_http_2_at_debug(records: pytest.LogCaptureFixture) -> None:
    with Http2Server() as server:
        url = f"http://127.0.0.1:{server.port}/cyarawebapi"
        client = install(httpx.Client(http1=False, http2=True), url, PAIR, store=MemoryStrikeStore())
        with client:
            assert client.get(f"{url}/x").http_version == "HTTP/2"
    assert server.headers[0]["authorization"] == f"ApiKey {PAIR}"
    logged = everything_logged(records)
    assert "Adding b'authorization'=b'SENSITIVE_REDACTED'" in logged
    assert_hidden(logged)
    # What the server decodes is logged in this process too, but by another thread. In the client's header block the
    # value is Huffman-coded, which hides it from a search and from nobody else.
    coded = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode(f"ApiKey {PAIR}".encode())
    assert repr(coded)[2:-1] not in logged


def test_http_2_exchange_that_breaks_down_after_the_request_is_charged() -> None:
    store = MemoryStrikeStore()
    with Http2Server(rude=True) as server:
        url = f"http://127.0.0.1:{server.port}/cyarawebapi"
        with install(httpx.Client(http1=False, http2=True), url, PAIR, store=store) as client:
            with pytest.raises(httpx.TransportError):
                client.get(f"{url}/x")
            state = store.read(ApiCredential.parse(PAIR).key_fingerprint)
    assert len(server.headers) == 1
    assert len(state.tickets) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply(), Reply(status=401), Reply(status=500), Reply(cut=True), Reply(media_type="text/html")],
    ids=["ok", "401", "500", "cut", "login page"],
)
def test_secret_is_in_no_output(
    server: WireServer, records: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], reply: Reply
) -> None:
    server.script = lambda _: reply
    shown: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = install(httpx.Client(base_url=server.base_url), credential=PAIR, store=MemoryStrikeStore())
        for _ in range(3):
            try:
                response = client.get("/x")
            except Exception as error:
                shown += [repr(error), str(error), repr(error.args), repr(vars(error))]
                logging.getLogger("caller").exception("failed")
            else:
                shown += [repr(response), repr(response.request.headers.raw), repr(vars(response.request))]
        client.close()
    shown += [str(warning.message) for warning in caught]
    out, err = capfd.readouterr()
    assert server.seen[0].authorization == [f"ApiKey {PAIR}"]
    assert_hidden("\n".join([*shown, out, err, everything_logged(records)]))


def test_a_refusal_in_a_thread_prints_no_secret(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.script = lambda _: Reply(status=401)
    printed: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda hook: printed.append(repr(hook.exc_value)))
    with install(httpx.Client(base_url=server.base_url), credential=PAIR, store=MemoryStrikeStore()) as client:
        client.get("/x")
        thread = threading.Thread(target=client.get, args=("/x",))
        thread.start()
        thread.join(10)
    assert len(printed) == 1
    assert CredentialRejectedError.__name__ in printed[0]
    assert_hidden(printed[0])

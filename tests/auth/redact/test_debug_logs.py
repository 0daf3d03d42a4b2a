"""Row 89: with every logger at DEBUG, over HTTP/1.1 and HTTP/2, the secret is in no line.

Today that holds by three properties of libraries below us: httpx logs no headers, h2 marks `authorization` as
sensitive, hpack masks what is marked so. These tests pin them, over real sockets. One line of hpack shows the encoded
headers as bytes, from which the secret can be decoded; that one is for the filter.
"""

import ast
import logging
import socket
import threading
from collections.abc import Callable, Iterator

import h2.config
import h2.connection
import h2.events
import pytest
from hpack import Encoder, NeverIndexedHeaderTuple
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.redact import RedactingFilter


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (part := connection.recv(65536)):
        data += part
    return data


def answer_http1(connection: socket.socket) -> list[str]:
    data = read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    return [
        line.partition(": ")[2] for line in data.decode("latin-1").split("\r\n") if line.startswith("Authorization")
    ]


def answer_http2(connection: socket.socket) -> list[str]:
    """Speak HTTP/2 with prior knowledge, one request, and return the authorization headers that arrived."""
    config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
    protocol = h2.connection.H2Connection(config=config)
    protocol.initiate_connection()
    connection.sendall(protocol.data_to_send())
    arrived: list[str] = []
    while not arrived and (data := connection.recv(65536)):
        for event in protocol.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                arrived = [str(value) for name, value in event.headers if str(name) == "authorization"]
                protocol.send_headers(event.stream_id, [(":status", "200")], end_stream=True)
        connection.sendall(protocol.data_to_send())
    connection.recv(65536)
    return arrived


class Server:
    def __init__(self, answer: Callable[[socket.socket], list[str]]) -> None:
        self.arrived: list[str] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(20)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v3.0/users"
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        with self._socket, self._socket.accept()[0] as connection:
            connection.settimeout(20)
            self.arrived = self._answer(connection)


@pytest.fixture
def debug_logs() -> Iterator[list[str]]:
    """Everything that any library logs in this thread, at the lowest level; the server decodes in one of its own."""
    lines: list[str] = []
    here = threading.get_ident()

    def emit(record: logging.LogRecord) -> None:
        if record.thread == here:
            lines.append(f"{record.name} {record.getMessage()}")

    handler = logging.Handler(0)
    handler.emit = emit  # type: ignore[method-assign]  # a handler in three lines
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    hpack = logging.getLogger("hpack")
    hpack_before = hpack.level
    hpack.setLevel(1)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)
    hpack.setLevel(hpack_before)


CORE = httpx.__name__.replace("httpx", "httpcore")


@pytest.mark.parametrize(
    ("answer", "http2", "logger"), [(answer_http1, False, f"{CORE}.http11"), (answer_http2, True, "hpack")]
)
def test_row_89_secret_is_in_no_line(
    credential: ApiCredential,
    debug_logs: list[str],
    answer: Callable[[socket.socket], list[str]],
    http2: bool,  # noqa: FBT001  # a parameter of the test
    logger: str,
) -> None:
    server = Server(answer)
    with httpx.Client(http1=not http2, http2=http2, trust_env=False) as client:
        response = client.get(server.url, headers={"Authorization": credential.header_value()})
    server.thread.join()
    assert response.status_code == 200
    assert server.arrived == [credential.header_value()]
    assert any(line.startswith(logger) for line in debug_logs)
    text = "\n".join(debug_logs)
    assert not any(half in text for half in credential.pair_text().split(":"))


def shows_encoded(credential: ApiCredential, lines: list[str]) -> bool:
    """Whether a line has the value as HTTP/2 sends it; its last byte is padded, so it is left out."""
    value = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode(credential.header_value().encode())[:-1]
    blocks = [line.partition(" to ")[2] for line in lines if line.startswith("Encoded header block to b")]
    return any(value in ast.literal_eval(block) for block in blocks)


def test_row_89_hpack_prints_what_can_be_decoded(credential: ApiCredential) -> None:
    """Without the filter the encoded value is in the log; should this fail, the filter may have become superfluous."""
    lines: list[str] = []
    handler = logging.Handler(0)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]  # as above
    logger = logging.getLogger("hpack.hpack")
    logger.addHandler(handler)
    before, filters = logger.level, logger.filters
    logger.setLevel(logging.DEBUG)
    logger.filters = []  # guarded clients put one there, which drops the line
    headers = [NeverIndexedHeaderTuple("authorization", credential.header_value())]
    try:
        Encoder().encode(headers)
        shown = list(lines)
        lines.clear()
        handler.addFilter(RedactingFilter())
        Encoder().encode(headers)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        logger.filters = filters
    assert shows_encoded(credential, shown)
    assert "Encoded header block to [redacted]" in lines
    assert not shows_encoded(credential, lines)


def test_row_89_the_check_would_notice(credential: ApiCredential, debug_logs: list[str]) -> None:
    logging.getLogger("some.library").debug("sending %s", credential.header_value())
    assert any(credential.pair_text() in line for line in debug_logs)

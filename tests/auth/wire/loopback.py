"""A small HTTP/1.1 server and a CONNECT proxy on loopback that keep what they saw, byte for byte.

The local portal judges requests by the document; these two know nothing of the API, so that a test can look at a header
sent twice, cut a connection where it likes, or stand in for a foreign host.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Self

import attrs

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/CANA8="
PAIR = f"{KEY}:{TOKEN}"


@attrs.frozen(kw_only=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def authorization(self) -> list[str]:
        return self.values("authorization")


@attrs.frozen(kw_only=True)
class Reply:
    """What to answer. `cut` closes the connection instead; `wait` is set by the test to let the answer go."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"{}"
    media_type: str = "application/json"
    cut: bool = False
    wait: threading.Event | None = None
    stall_body: threading.Event | None = None

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} -", f"Content-Length: {len(self.body)}"]
        if self.media_type:
            lines.append(f"Content-Type: {self.media_type}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode()


class Listener:
    """A listening socket on loopback with a thread for each connection; `close` ends them all."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            self.serve(connection)
        self._open.discard(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_head(stream: socket.socket, buffer: bytearray) -> list[str]:
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        data = stream.recv(65536)
        if not data:
            raise ConnectionResetError
        buffer += data
    head = bytes(buffer[:end]).decode("latin-1")
    del buffer[: end + 4]
    return head.split("\r\n")


class WireServer(Listener):
    """Answers by `script`, keeps every request in `seen`."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.seen: list[Seen] = []
        self.script: Callable[[Seen], Reply] = lambda _: Reply()
        super().__init__()

    @property
    def origin(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/cyarawebapi"

    def serve(self, connection: socket.socket) -> None:
        stream = connection if self.tls is None else self.tls.wrap_socket(connection, server_side=True)
        buffer = bytearray()
        with stream:
            while self._exchange(stream, buffer):
                pass

    def _exchange(self, stream: socket.socket, buffer: bytearray) -> bool:
        first, *rest = read_head(stream, buffer)
        method, target, _ = first.split(" ", 2)
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in rest))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        while len(buffer) < length:
            buffer += stream.recv(65536)
        seen = Seen(method=method, target=target, headers=headers, body=bytes(buffer[:length]))
        del buffer[:length]
        self.seen.append(seen)
        reply = self.script(seen)
        if reply.wait is not None:
            reply.wait.wait(20)
        if reply.cut:
            return False
        body = b"" if method == "HEAD" else reply.body
        if reply.stall_body is not None:
            stream.sendall(reply.head())
            reply.stall_body.wait(20)
            stream.sendall(body)
        else:
            # In one packet: the acknowledgement of a second one is delayed by 40 ms.
            stream.sendall(reply.head() + body)
        return True


class ConnectProxy(Listener):
    """An HTTP proxy: tunnels CONNECT to the given port whatever the host asked for, and keeps what it could read."""

    def __init__(self, *, to_port: int, refuse: int | None = None) -> None:
        self.to_port = to_port
        self.refuse = refuse
        self.connects: list[str] = []
        self.readable = bytearray()
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        buffer = bytearray()
        head = read_head(connection, buffer)
        self.readable += "\r\n".join(head).encode()
        method, target, _ = head[0].split(" ", 2)
        self.connects.append(f"{method} {target}")
        if self.refuse is not None or method != "CONNECT":
            connection.sendall(f"HTTP/1.1 {self.refuse or 400} -\r\nContent-Length: 0\r\n\r\n".encode())
            return
        connection.sendall(b"HTTP/1.1 200 -\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.to_port)) as upstream:
            back = threading.Thread(target=self._pump, args=(upstream, connection), daemon=True)
            back.start()
            self._pump(connection, upstream, self.readable)
            back.join(5)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket, copy: bytearray | None = None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if copy is not None:
                    copy += data
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("the condition did not come true in time")
        time.sleep(0.002)

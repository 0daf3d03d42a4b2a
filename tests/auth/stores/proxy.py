"""A loopback proxy that sees each request before the server does, and can lose the answer to one."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class LossyProxy:
    """Forwards bytes to `port`. `before` sees each request; where it returns a number, so many bytes of answer pass."""

    def __init__(self, port: int, before: Callable[[bytes], int | None]) -> None:
        self._server = port
        self._before = before
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server)) as server:
            limit: list[int] = []
            answers = threading.Thread(target=_pass_on, args=(server, client, limit), daemon=True)
            answers.start()
            while request := _received(client):
                allowed = self._before(request)
                if allowed is not None and allowed < 0:
                    return  # not even the request arrives
                if allowed is not None:
                    limit.append(allowed)
                server.sendall(request)
                if limit:
                    answers.join(20)
                    return


def _pass_on(server: socket.socket, client: socket.socket, limit: list[int]) -> None:
    """Pass answers on; under a limit, wait for the answer, so that the server has done it, and pass a part of it."""
    while answer := _received(server):
        client.sendall(answer[: limit[0]] if limit else answer)
        if limit:
            return
    with contextlib.suppress(OSError):  # the other thread may have closed it
        client.shutdown(socket.SHUT_RDWR)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""  # the other thread has closed it

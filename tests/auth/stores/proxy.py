"""A loopback proxy that sees each request before the server does, and can lose the answer to one."""

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
            while request := client.recv(65536):
                allowed = self._before(request)
                if allowed is not None and allowed < 0:
                    return  # not even the request arrives
                server.sendall(request)
                answer = server.recv(65536)
                if allowed is not None:
                    client.sendall(answer[:allowed])
                    return
                client.sendall(answer)

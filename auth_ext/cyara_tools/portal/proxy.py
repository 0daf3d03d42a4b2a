"""A proxy on loopback that cuts connections at a chosen byte, in either direction.

The portal's own faults cut an answer; this one can also cut a request half-way, which a server cannot do to itself.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from cyara_auth.transport.local_portals import is_local_portal, leave_hint, remove_hint

if TYPE_CHECKING:
    from types import TracebackType

_CHUNK: Final = 65_536


class CuttingProxy:
    """Passes bytes between callers and one origin, and cuts after so many of them.

    Args:
        origin: scheme, host and port to pass on to (plain http).
        request_bytes: cut each connection after this many bytes from the caller; never when None.
        answer_bytes: cut each connection after this many bytes to the caller; never when None.
    """

    def __init__(self, origin: str, *, request_bytes: int | None = None, answer_bytes: int | None = None) -> None:
        parts = urlsplit(origin)
        if parts.hostname is None or parts.port is None:
            raise ValueError("The origin needs a host and a port.")
        self._target = (parts.hostname, parts.port)
        self.request_bytes, self.answer_bytes = request_bytes, answer_bytes
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._port: int = self._listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self._port}"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._closing = False

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        # The mark of a local portal comes through it, too.
        if is_local_portal(*self._target):
            leave_hint(self._port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        remove_hint(self._port)
        # Set first: the connection below is only there to be refused.
        self._closing = True
        # Waking the accepting thread by a connection works on every system; closing its socket does not.
        with contextlib.suppress(OSError), socket.create_connection(self._listener.getsockname(), timeout=5):
            pass
        with self._lock:
            for end in self._open:
                _shut(end)
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def _spawn(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # bound methods below
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            caller, _ = self._listener.accept()
            if self._closing:
                caller.close()
                return
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                caller.close()
                continue
            # The time limit was for connecting; a caller may be silent for longer.
            server.settimeout(None)
            # Without Nagle's algorithm, so that no byte before the cut is held back.
            for end in (caller, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {caller, server}
            both_done = threading.Barrier(2)
            self._spawn(self._pump, caller, server, self.request_bytes, both_done)
            self._spawn(self._pump, server, caller, self.answer_bytes, both_done)

    def _pump(
        self, source: socket.socket, target: socket.socket, limit: int | None, both_done: threading.Barrier
    ) -> None:
        bytes_left = limit
        try:
            while bytes_left is None or bytes_left > 0:
                data = source.recv(_CHUNK if bytes_left is None else min(bytes_left, _CHUNK))
                if not data:
                    break
                target.sendall(data)
                bytes_left = None if bytes_left is None else bytes_left - len(data)
        except OSError:
            pass
        # Shutting down wakes the other thread, which may be reading from either socket.
        _shut(source)
        _shut(target)
        # The last of the two threads to leave closes, since closing under a reading thread would free its number.
        if both_done.wait() == 0:
            with self._lock:
                self._open -= {source, target}
            source.close()
            target.close()


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)

"""An HTTP server on loopback, in a thread of its own, from `with` to its end."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from cyara_auth.errors import ConfigurationError
from cyara_tools.proxy.connections import proxy_protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from starlette.types import ASGIApp

_START_TIMEOUT: Final = 20.0
"""Seconds."""
_BACKLOG: Final = 1024
_KEEP_ALIVE: Final = 75
"""Seconds; longer than most tools keep an idle connection, so that a request seldom meets a closing one."""


class LoopbackServer:
    """Serves one application at a port that is listened at already."""

    def __init__(self, app: ASGIApp, listener: socket.socket, around: AbstractAsyncContextManager[object]) -> None:
        """Take the port; nothing is answered before `start`.

        Args:
            app: The application.
            listener: What `listen` returned; it is closed at the end.
            around: Entered in the server's event loop before the first request, and left there after the last.
        """
        self._socket, self._around = listener, around
        config = uvicorn.Config(
            app,
            http=proxy_protocol(),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            # Its lines are about connections and quote requests; ours come from an allow-list.
            log_level="critical",
            access_log=False,
            # The portal's own go through.
            server_header=False,
            date_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="cyara-server", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive()

    def start(self) -> Self:
        """Serve; returns once requests are answered.

        Raises:
            RuntimeError: The server did not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        # uvicorn has a flag and no event for this, so it is polled.
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("The server did not start.")
            time.sleep(0.002)
        return self

    def stop(self) -> None:
        """Close every connection and wait for the thread."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with self._around:
            await self._server.serve(sockets=[self._socket])


def listen(host: str, port: int, *, what: str) -> socket.socket:
    """Listen at an address of this machine.

    Args:
        host: Address, as `check_listening_address` returned it.
        port: Port; 0 takes any that is free.
        what: Who listens, for the error's sentence.

    Raises:
        ConfigurationError: The port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol lets asyncio switch off Nagle's algorithm, which would hold each answer back for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows the option means something else: it lets two servers share one port.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"{what} cannot listen at {host}, port {port}: {error.strerror}. Nothing was started. Next: end the "
            "program that listens there, or take a free port with --port 0"
        ) from None
    return listener

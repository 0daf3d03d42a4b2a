"""`GuardProxy`: the proxy's HTTP server, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from cyara_auth.errors import ConfigurationError
from cyara_tools.proxy.app import ProxyApp
from cyara_tools.proxy.connections import proxy_protocol
from cyara_tools.proxy.settings import DEFAULT_PORT, ProxyAddress, check_listening_address

if TYPE_CHECKING:
    from types import TracebackType

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.proxy.settings import ProxySettings

_START_TIMEOUT: Final = 20.0
"""Seconds."""
_BACKLOG: Final = 1024
_KEEP_ALIVE: Final = 75
"""Seconds; longer than most tools keep an idle connection, so that a request seldom meets a closing one."""


class GuardProxy:
    """A guarded reverse proxy on loopback, from `with` to its end.

    Attributes:
        address: Where it listens, and what callers have to show.

    Raises:
        ConfigurationError: The host is not this machine, the port is taken, an operation is not known.
    """

    def __init__(
        self, cyara: Cyara, settings: ProxySettings, *, host: str = "127.0.0.1", port: int = DEFAULT_PORT
    ) -> None:
        """Take the port; nothing is answered before `start`.

        Args:
            cyara: A client that does not retry; the proxy closes its connections.
            settings: How to behave.
            host: Address on this machine.
            port: Port; 0 takes any that is free.
        """
        host = check_listening_address(host, port)
        self._cyara = cyara
        self._socket = _listen(host, port)
        try:
            self.address: Final = ProxyAddress(
                host=host,
                port=self._socket.getsockname()[1],
                secret=settings.secret,
                by_header=settings.by_header,
            )
            app = ProxyApp(cyara, settings, self.address)
        # Whatever is wrong, Ctrl-C included: a port that stays bound fails the next start.
        except BaseException:
            self._socket.close()
            raise
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
        self._thread = threading.Thread(target=self._run, name="cyara-proxy", daemon=True)

    @property
    def base_url(self) -> str:
        """A value for `CYARA_BASE_URL`."""
        return self.address.base_url

    @property
    def page(self) -> str:
        """Address of the page for people."""
        return self.address.page

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
                raise RuntimeError("The proxy did not start.")
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
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            # Connections belong to this loop.
            await self._cyara.aclose()


def _listen(host: str, port: int) -> socket.socket:
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
            f"The proxy cannot listen at {host}, port {port}: {error.strerror}. Nothing was started. Next: end the "
            "program that listens there, or take a free port with --port 0"
        ) from None
    return listener

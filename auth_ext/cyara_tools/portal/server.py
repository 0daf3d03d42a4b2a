"""A portal's HTTP server, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

import uvicorn

from cyara_auth._platform.system import this_system
from cyara_auth.transport.local_portals import leave_hint, remove_hint
from cyara_tools.portal.app import PortalApp
from cyara_tools.portal.connections import Connections
from cyara_tools.portal.core import PortalCore

if TYPE_CHECKING:
    from cyara_tools.portal.core import DocumentSource
    from cyara_tools.portal.settings import PortalSettings

_START_TIMEOUT: Final = 20.0
"""Seconds."""
_BACKLOG: Final = 1024


class _RealTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes on while a test has frozen Python's clocks; else no timer in it would ever end."""

    def time(self) -> float:
        """Return seconds since the machine's start."""
        return this_system().uptime()


class PortalServer:
    """Binds a free loopback port at once and serves from `start()` to `stop()`."""

    def __init__(self, document: DocumentSource, settings: PortalSettings, *, port: int = 0) -> None:
        # Bound before anything else, because the document's links have to name the port.
        self._socket = _listen(port)
        self._port: int = self._socket.getsockname()[1]
        try:
            self.origin = f"http://127.0.0.1:{self._port}"
            self.core = PortalCore(document, settings, self.origin)
        # Whatever is wrong with the document, Ctrl-C included: a port that stays bound fails the next test.
        except BaseException:
            self._socket.close()
            raise
        connections = Connections()
        config = uvicorn.Config(
            PortalApp(core=self.core, connections=connections),
            http=connections.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            # Longer than any client keeps an idle connection, so that the server is never the one who closes it.
            timeout_keep_alive=300,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="local-portal", daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=_RealTimeLoop) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))

    def start(self) -> None:
        """Serve; returns once requests are answered.

        Raises:
            RuntimeError: the server did not come up.
        """
        self._thread.start()
        deadline = this_system().uptime() + _START_TIMEOUT
        # uvicorn has a flag and no event for this, so it is polled.
        while not self._server.started:
            if not self._thread.is_alive() or this_system().uptime() > deadline:
                raise RuntimeError("The local portal did not start.")
            time.sleep(0.002)
        leave_hint(self._port)

    def stop(self) -> None:
        """Close every connection and wait for the thread."""
        remove_hint(self._port)
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


def _listen(port: int) -> socket.socket:
    # Naming the protocol lets asyncio switch off Nagle's algorithm, which would hold each answer back for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows the option means something else: it lets two servers share one port.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener

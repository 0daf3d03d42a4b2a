"""`GuardProxy`: the proxy's HTTP server."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from cyara_tools.proxy.app import ProxyApp
from cyara_tools.proxy.loopback_server import LoopbackServer, listen
from cyara_tools.proxy.settings import DEFAULT_PORT, ProxyAddress, check_listening_address

if TYPE_CHECKING:
    from cyara_auth.client.cyara import Cyara
    from cyara_tools.proxy.settings import ProxySettings


class GuardProxy(LoopbackServer):
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
        listener = listen(host, port, what="The proxy")
        try:
            self.address: Final = ProxyAddress(
                host=host,
                port=listener.getsockname()[1],
                secret=settings.secret,
                by_header=settings.by_header,
            )
            app = ProxyApp(cyara, settings, self.address)
        # Whatever is wrong, Ctrl-C included: a port that stays bound fails the next start.
        except BaseException:
            listener.close()
            raise
        # The client's connections belong to the server's loop.
        super().__init__(app, listener, aclosing(cyara))

    @property
    def base_url(self) -> str:
        """A value for `CYARA_BASE_URL`."""
        return self.address.base_url

    @property
    def page(self) -> str:
        """Address of the page for people."""
        return self.address.page

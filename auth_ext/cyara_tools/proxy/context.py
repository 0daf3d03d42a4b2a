"""What `cyara proxy` and `cyara exec` work on: the guarded client, and the options that both take."""

from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from cyara_auth.client.cyara import Cyara, connect
from cyara_tools.cli.context import PortalContext
from cyara_tools.proxy import require_extra
from cyara_tools.proxy.secret import new_secret

if TYPE_CHECKING:
    from cyara_tools.proxy.settings import ProxySettings


@attrs.frozen(kw_only=True)
class ProxyContext(PortalContext):
    """The portal that the proxy stands for, and which calls it sends there."""

    read_only: Annotated[bool, typer.Option("--read-only", help="Send GET, HEAD and OPTIONS only.")] = False
    allow_operation: Annotated[
        list[str] | None,
        typer.Option("--allow-operation", help="Send this operation only, by its id; may be repeated."),
    ] = None
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Send requests that are not as the document has them, too.")
    ] = False

    def connect_for_tools(self) -> Cyara:
        """Connect, with a client that sends each request of a tool once.

        Raises:
            MissingExtraError: The proxy's own packages are not installed.
            ConfigurationError: This is a program of `cyara exec` itself.
            CredentialError, StrikeStoreUnavailableError: As `cyara_auth.connect`.
        """
        require_extra()
        # Who calls sees each answer, and decides whether to repeat.
        cyara = connect(self.known_base().url, retries=0, **self._options())
        # Asked before a tool relies on it; and a proxy in front of a proxy would have no guard, and says so here.
        cyara.guard.store.read(cyara.credential.key_fingerprint)
        return cyara

    def settings(
        self, *, secret: str | None = None, by_header: bool = False, cors: frozenset[str] = frozenset()
    ) -> "ProxySettings":
        """Return how the proxy is to behave."""
        from cyara_tools.proxy.settings import ProxySettings

        return ProxySettings(
            secret=new_secret() if secret is None else secret,
            by_header=by_header,
            cors=cors,
            allowed_operations=frozenset(self.allow_operation) if self.allow_operation else None,
            read_only=self.read_only,
            check=not self.no_check,
        )

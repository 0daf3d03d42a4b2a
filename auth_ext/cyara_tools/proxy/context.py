"""What `cyara proxy` and `cyara exec` work on: the guarded client, and the options that both take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from cyara_auth.client.cyara import Cyara, connect
from cyara_tools.cli.context import StoreContext
from cyara_tools.proxy import require_extra
from cyara_tools.proxy.secret import new_secret

if TYPE_CHECKING:
    from cyara_tools.proxy.settings import ProxySettings


@attrs.frozen(kw_only=True)
class ProxyContext(StoreContext):
    """The portal that the proxy stands for, how its calls are counted, and which of them may be sent."""

    account: Annotated[
        str | None,
        typer.Option("--account", help="Account number; CYARA_ACCOUNT_ID by default.", show_default=False),
    ] = None
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy", help="guarded, strict or concurrent; CYARA_AUTH_POLICY by default.", show_default=False
        ),
    ] = None
    allow_inferred: Annotated[
        bool, typer.Option("--allow-inferred", help="Send operations that change things though they are guesses.")
    ] = False
    ca: Annotated[
        Path | None,
        typer.Option("--ca", help="File or folder with the certificates of a private authority.", show_default=False),
    ] = None
    read_only: Annotated[bool, typer.Option("--read-only", help="Send GET, HEAD and OPTIONS only.")] = False
    allow_operation: Annotated[
        list[str] | None,
        typer.Option("--allow-operation", help="Send this operation only, by its id; may be repeated."),
    ] = None
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Send requests that are not as the document has them, too.")
    ] = False

    def connect(self) -> Cyara:
        """Connect, with a client that sends each request of a tool once.

        Raises:
            MissingExtraError: The proxy's own packages are not installed.
            ConfigurationError: This is a program of `cyara exec` itself.
            CredentialError, StrikeStoreUnavailableError: As `cyara_auth.connect`.
        """
        require_extra()
        cyara = connect(
            self.known_base().url,
            profile=self.profile,
            account_id=self.account,
            store=self.store_url,
            policy=self.policy,
            allow_inferred=True if self.allow_inferred else None,
            verify=True if self.ca is None else self.ca,
            # Who calls sees each answer, and decides.
            retries=0,
        )
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

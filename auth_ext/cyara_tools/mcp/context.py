"""What `cyara mcp` works on: the guarded client, and what an assistant may do by it."""

from typing import Annotated

import attrs
import typer

from cyara_auth.client.cyara import Cyara
from cyara_tools.cli.context import PortalContext
from cyara_tools.mcp import require_extra


@attrs.frozen(kw_only=True)
class AssistantContext(PortalContext):
    """The portal, and which tools there are."""

    allow_writes: Annotated[
        bool, typer.Option("--allow-writes", help="Let the assistant run campaigns and change things.")
    ] = False
    allow_deletes: Annotated[bool, typer.Option("--allow-deletes", help="Let it delete things, too.")] = False
    all_operations: Annotated[
        bool, typer.Option("--all-operations", help="Add every operation of the portal's document as a tool.")
    ] = False

    def connect_for_assistants(self) -> Cyara:
        """Connect, and ask the store before an assistant relies on it.

        Raises:
            MissingExtraError: The packages of the extra are not installed.
            ConfigurationError: This is a program of `cyara exec`, which has no credential.
            CredentialError, StrikeStoreUnavailableError: As `cyara_auth.connect`.
        """
        require_extra()
        cyara = self.connect_for_jobs()
        cyara.guard.store.read(cyara.credential.key_fingerprint)
        return cyara

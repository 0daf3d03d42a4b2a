"""`StrikeGuard`: no byte leaves without an admission, and every admission is settled by what came back."""

from typing import Protocol

from cyara_auth.guard_settings import GuardSettings
from cyara_auth.stores.base import StrikeStore
from cyara_auth.ticket import Ticket

__all__ = ["GuardSettings", "GuardedCredential", "StrikeGuard", "Ticket"]


class GuardedCredential(Protocol):
    """What the guard has to know of a credential: never the secret."""

    @property
    def fingerprint(self) -> str:
        """Of `key:token`."""
        ...

    @property
    def key_fingerprint(self) -> str:
        """Of `key`: the account whose strikes are counted."""
        ...

    @property
    def source(self) -> str | None:
        """Where it came from, in words, for refusal texts."""
        ...


class StrikeGuard:
    """Admits and settles calls of any number of credentials over one store; shared by threads, loops and forks."""

    def __init__(self, *, store: StrikeStore, settings: GuardSettings | None = None) -> None:
        self._store = store
        self._settings = GuardSettings() if settings is None else settings

    @property
    def store(self) -> StrikeStore:
        """The store that this guard asks."""
        return self._store

    @property
    def settings(self) -> GuardSettings:
        """Policy and numbers of this guard."""
        return self._settings

    def admit(  # noqa: PLR0913  # each is a fact of the call, by keyword
        self,
        credential: GuardedCredential,
        origin: str,
        *,
        operation: str | None = None,
        timeout: float | None = None,
        read_timeout: float | None = None,
        confirm: bool = False,
    ) -> Ticket:
        """Wait for the right to send one request with `credential` to `origin`, and return it.

        Args:
            credential: The pair that will be injected.
            origin: `scheme://host:port`, normalised.
            operation: Operation id, for texts.
            timeout: Longest wait for another caller's probe, in seconds; the settings' `probe_wait` by default.
            read_timeout: Read timeout of this call, in seconds; it bounds how long a lost call can still be evaluated.
            confirm: Spend budget on a pair that an ambiguous 401 has made suspect.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        raise NotImplementedError

    async def aadmit(  # noqa: PLR0913  # as admit
        self,
        credential: GuardedCredential,
        origin: str,
        *,
        operation: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # a bound of the wait for somebody else's probe, not a cancel scope
        read_timeout: float | None = None,
        confirm: bool = False,
    ) -> Ticket:
        """As `admit`, for asyncio: waits without blocking the event loop, and loses no ticket to a cancellation.

        Raises:
            AdmissionRefusedError: one of its subclasses; nothing may be sent.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Settle what is still open and forget; the store stays open, others may share it."""

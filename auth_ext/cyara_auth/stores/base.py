"""What a store of strikes has to do: make `decide` atomic, and remember.

A store holds no rule of the protocol. It loads the state of one key, calls `decide`, writes the result if it
changed, and lets nobody in between. So one conformance suite fits every store, and a new store cannot weaken the bound.
"""

from typing import Final, Protocol

import attrs

from cyara_auth.machine import Instant
from cyara_auth.strikes.events import Decision, Event
from cyara_auth.strikes.state import KeyState


@attrs.frozen(kw_only=True)
class StorePace:
    """How often callers who wait for a place may ask, by what a question costs there. All in seconds."""

    poll: float
    """Between two questions of a caller who waits for a place."""
    quantum: float
    """For which a process keeps its place although others wait."""
    waiting_life: float
    """For which a waiting mark is believed."""


LOCAL_PACE: Final = StorePace(poll=0.025, quantum=0.25, waiting_life=2.0)
"""Where a question takes at most a few milliseconds."""


class StrikeStore(Protocol):
    """States of keys by key fingerprint. Safe to use from all threads; after a fork, a child is served or refused.

    Every method but `describe` and `close` raises `StrikeStoreUnavailableError` when the store cannot be read or
    written in time; nothing else may come out, since callers refuse to send on that error alone.
    """

    @property
    def shared(self) -> bool:
        """Whether other processes see the same states."""
        ...

    @property
    def one_machine(self) -> bool:
        """Whether only processes of one machine write the states, so that it knows which of their owners have ended."""
        ...

    @property
    def blocking(self) -> bool:
        """Whether calls may wait for a disk or a network, so that an event loop must run them on a worker thread."""
        ...

    @property
    def pace(self) -> StorePace:
        """How often it may be asked by callers who wait for a place."""
        ...

    def apply(self, key_id: str, event: Event) -> Decision:
        """Decide on `event` and keep the result, as one transaction.

        A `Decision` with `changed` false needs no write; one with `durable` true must survive a power cut before this
        returns.
        """
        ...

    def read(self, key_id: str) -> KeyState:
        """Return the state of a key, `EMPTY` if it was never seen."""
        ...

    def version(self, key_id: str) -> int:
        """Return a number that changes whenever the key's state changes. Cheap: asked several times a second."""
        ...

    def key_ids(self) -> list[str]:
        """Return the key fingerprints that the store knows, sorted."""
        ...

    def clock(self) -> Instant:
        """Return the reading that events for this store have to carry."""
        ...

    def describe(self) -> str:
        """Return where the states are, in words and without a password."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""

"""Strikes of this process only: for tests, for a sandbox without a writable disk, and as the oracle of other stores.

A fork makes a second, private copy, as a second machine would: the child says so when it first asks.
"""

import os
import threading
import warnings
from collections.abc import Callable

from cyara_auth._platform import machine_clock
from cyara_auth._platform.fork import ForkAware, watch_forks
from cyara_auth.errors import PrivateStoreWarning
from cyara_auth.machine import Instant
from cyara_auth.stores.base import LOCAL_PACE
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Decision, Event
from cyara_auth.strikes.state import EMPTY, KeyState


class MemoryStrikeStore(ForkAware):
    """A dictionary of immutable states under one lock."""

    shared = False
    one_machine = True
    blocking = False
    pace = LOCAL_PACE

    def __init__(self, *, clock: Callable[[], Instant] = machine_clock) -> None:
        """Make an empty store.

        Args:
            clock: Steady clock; by default the machine's, which goes on through a fork.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._copied = False
        self._entries: dict[str, tuple[int, KeyState]] = {}
        watch_forks(self)

    def apply(self, key_id: str, event: Event) -> Decision:
        """Decide on `event` and keep the result."""
        if self._copied:
            self._copied = False
            message = (
                "This process was forked from one that counts strikes in memory, so it counts its own, and each may "
                "spend the whole budget. Name a store that both share: CYARA_STRIKE_STORE=sqlite:///PATH."
            )
            warnings.warn(message, PrivateStoreWarning, stacklevel=2)
        with self._lock:
            version, state = self._entries.get(key_id, (0, EMPTY))
            decision = decide(state, event)
            if decision.changed:
                self._entries[key_id] = (version + 1, decision.state)
        return decision

    def read(self, key_id: str) -> KeyState:
        """Return the state of a key, `EMPTY` if it was never seen."""
        # Without the lock: entries are replaced as a whole.
        return self._entries.get(key_id, (0, EMPTY))[1]

    def version(self, key_id: str) -> int:
        """Return how often the key's state has changed."""
        return self._entries.get(key_id, (0, EMPTY))[0]

    def key_ids(self) -> list[str]:
        """Return the key fingerprints seen so far, sorted."""
        return sorted(self._entries)

    def clock(self) -> Instant:
        """Return the reading of the steady clock."""
        return self._clock()

    def describe(self) -> str:
        """Say that nobody else sees these strikes."""
        return f"memory of process {os.getpid()}"

    def close(self) -> None:
        """Nothing to let go of: the states live as long as the object, so that a second client finds them."""

    def after_fork_in_child(self) -> None:
        """Take a fresh lock: another thread of the parent may have held the old one."""
        self._lock = threading.Lock()
        self._copied = True

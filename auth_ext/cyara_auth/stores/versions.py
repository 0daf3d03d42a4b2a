"""Versions of a key's state: numbers that never come back, and the states already read by them."""

import secrets
from pathlib import Path

from cyara_auth.errors import StrikeStoreDamagedError, StrikeStoreUnavailableError
from cyara_auth.strikes.state import KeyState
from cyara_auth.strikes.state_json import StateFormatError, load_state

_START_BITS = 48  # leaves 2**15 further such ranges in the 63 bits that a database keeps
_ONE_RELEASE = (
    "let all programs that share the store use one release of this client, or name another store with "
    "CYARA_STRIKE_STORE"
)


def first_version() -> int:
    """Return where a key's versions begin."""
    # At random, so that a store that was deleted and filled again cannot reuse a number that a process has cached.
    return secrets.randbits(_START_BITS) + 1


class StateCache:
    """The latest state of each key, so that an unchanged one is not parsed again on every call.

    `path` is the file that they come from, if it is one.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._latest: dict[str, tuple[int, KeyState]] = {}

    def load(self, key_id: str, version: int, text: str) -> KeyState:
        """Return the state that `text` holds.

        Raises:
            StrikeStoreDamagedError: it is damaged, and came from a file.
            StrikeStoreUnavailableError: it is damaged, or written by another release.
        """
        found = self._latest.get(key_id)
        if found is not None and found[0] == version:
            return found[1]
        try:
            state = load_state(text)
        except StateFormatError as error:
            # What another release wrote is whole; only damage has an error of the parser behind it.
            if self._path is not None and error.__cause__ is not None:
                detail = f"{self._path} is damaged. {error}"
                raise StrikeStoreDamagedError.at(self._path, detail, fingerprint=key_id) from error
            command = None if error.__cause__ is not None else _ONE_RELEASE
            raise StrikeStoreUnavailableError(fingerprint=key_id, detail=str(error), command=command) from error
        self.keep(key_id, version, state)
        return state

    def keep(self, key_id: str, version: int, state: KeyState) -> None:
        """Remember what was just written or read."""
        self._latest[key_id] = (version, state)

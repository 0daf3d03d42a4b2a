"""Remembers what `status` saw last time, to notice a store that has forgotten.

A Redis that was flushed, or that lost its last writes in a failover, answers as if nothing had happened. An account's
generation never falls, and within one generation no pair is ever forgotten, so a fall of either shows lost writes.
"""

import json
from pathlib import Path
from typing import cast

import platformdirs

from cyara_auth.errors import CyaraAuthError
from cyara_auth.providers.private_file import read_private, write_private
from cyara_auth.strikes.state import KeyState

_MAX_BYTES = 1 << 20


def seen_path() -> Path:
    """Return where it is remembered: beside the default store. It holds fingerprints and counts only."""
    return platformdirs.user_state_path("cyara", appauthor=False) / "seen.json"


def has_forgotten(store: str, key: str, state: KeyState, *, path: Path) -> bool:
    """Compare a state with the one seen last, and remember the greater of both.

    Args:
        store: The store, in words.
        key: The key's fingerprint.
        state: What the store says now.
        path: Where to remember. When that cannot be read or written, nothing is noticed.
    """
    memory = _read(path)
    name = f"{store} {key}"
    now = [state.generation, len(state.pairs)]
    before = memory.get(name, now)
    if now > before or name not in memory:
        memory[name] = now
        _write(path, memory)
    return now < before


def _read(path: Path) -> dict[str, list[int]]:
    try:
        data = read_private(path, max_bytes=_MAX_BYTES)
        content: object = json.loads(data or b"{}")
    except (OSError, ValueError, CyaraAuthError):
        return {}
    return cast("dict[str, list[int]]", content) if isinstance(content, dict) else {}


def _write(path: Path, memory: dict[str, list[int]]) -> None:
    try:
        write_private(path, json.dumps(memory, indent=1, sort_keys=True))
    except (OSError, CyaraAuthError):
        return

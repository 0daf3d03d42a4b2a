"""Remembers how far `status` saw each key of a store get, to notice a store that was rolled back.

A Redis that was flushed, or that lost its last writes in a failover, answers as if nothing had happened.
"""

import json
from pathlib import Path
from typing import cast

from cyara_auth._platform.folders import Folder, user_folder
from cyara_auth.errors import CyaraAuthError
from cyara_auth.providers.private_file import read_private, write_private
from cyara_auth.strikes.state import KeyState

_MAX_BYTES = 1 << 20


def high_water_path() -> Path | None:
    """Return where it is remembered: beside the default store, or nowhere. It holds fingerprints and counts only."""
    folder = user_folder(Folder.STATE)
    return None if folder is None else folder / "high-water-marks.json"


def was_rolled_back(store: str, key: str, state: KeyState, *, path: Path | None) -> bool:
    """Compare a state with the highest that was seen, and remember the greater of both.

    Args:
        store: The store, in words.
        key: The key's fingerprint.
        state: What the store says now.
        path: Where to remember. When that is nowhere, or cannot be read or written, nothing is noticed.
    """
    if path is None:
        return False
    memory = _read(path)
    name = f"{store} {key}"
    # The generation of a key never falls, and within one no pair is ever forgotten: lists compare as time does.
    reached = [state.generation, len(state.pairs)]
    high_water_mark = memory.get(name, reached)
    if reached > high_water_mark or name not in memory:
        memory[name] = reached
        _write(path, memory)
    return reached < high_water_mark


def _read(path: Path) -> dict[str, list[int]]:
    try:
        data = read_private(path, max_bytes=_MAX_BYTES)
        content: object = json.loads(data or b"{}")
    except (OSError, ValueError, CyaraAuthError):
        # It is a second opinion only, and must not end a command that would work without it.
        return {}
    return cast("dict[str, list[int]]", content) if isinstance(content, dict) else {}


def _write(path: Path, memory: dict[str, list[int]]) -> None:
    try:
        write_private(path, json.dumps(memory, indent=1, sort_keys=True))
    except (OSError, CyaraAuthError):
        return

"""Something that is made once for all processes of a test session: what a campaign lists, and its run."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

_PAUSE: Final = 0.05


def once(folder: Path, make: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return what the first process that came here made, as JSON values; later ones wait for it.

    Args:
        folder: of this one thing; it is made if it is not there.
        make: makes it. It is called again if it raised, or if the process that called it was killed: whatever must not
            happen twice has to be noted in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "made.json"
    with exclusive(folder / "lock"):
        if made.exists():
            found: dict[str, Any] = json.loads(made.read_text(encoding="utf-8"))
            return found
        value = make(folder)
        # Renamed, so that a process that is killed while it writes leaves no half of it.
        fresh = made.with_suffix(".new")
        fresh.write_text(json.dumps(value), encoding="utf-8")
        fresh.replace(made)
        return value


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Hold a lock that no other process of this machine holds; the system lets go of it when its holder dies."""
    # SQLite's lock is the one of the standard library that every system has.
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        while True:
            try:
                database.execute("BEGIN EXCLUSIVE")
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
            # Here and not by SQLite's own time-out, which Ctrl-C does not end.
            time.sleep(_PAUSE)
        yield

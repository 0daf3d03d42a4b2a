"""Stores for the tests of this folder, closed at the end, and a way to run code as a user who is not root."""

import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cyara_auth.stores.sqlite import SqliteStrikeStore

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "strikes.sqlite3"


@pytest.fixture
def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteStrikeStore]:
    monkeypatch.setattr("cyara_auth.stores.sqlite_file.LOCK_TIMEOUT", 0.3)
    made = SqliteStrikeStore(path)
    yield made
    made.close()


@pytest.fixture
def in_child() -> Callable[..., None]:
    """Run a function in a forked child, as an ordinary user if asked, and fail if it fails there."""
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")

    def run(function: Callable[[], None], *, as_nobody: bool = False) -> None:
        child = os.fork()
        if child == 0:
            try:
                if as_nobody and os.geteuid() == 0:
                    os.setresuid(NOBODY, NOBODY, NOBODY)
                function()
            except BaseException:  # noqa: BLE001 - the child must never return into pytest
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0

    return run

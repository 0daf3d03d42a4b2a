from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cyara_auth.stores.registry import reset_stores
from cyara_tools.portal import LocalPortal

from .program import Program


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    yield Program(tmp_path, monkeypatch, capsys)
    reset_stores()


@pytest.fixture
def at(program: Program) -> Iterator[Callable[..., LocalPortal]]:
    """Start a portal with the options given, and let the program speak to it."""
    started: list[LocalPortal] = []

    def start(**options: object) -> LocalPortal:
        portal = LocalPortal(**{"speed": 100, **options}).start()
        started.append(portal)
        program.use(portal)
        return portal

    yield start
    for portal in started:
        portal.stop()


@pytest.fixture
def portal(at: Callable[..., LocalPortal]) -> LocalPortal:
    """Every call of this one is good."""
    return at(outcomes="success")


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `--detach` look for runs for a moment only: at a portal whose clock stands still they are not listed."""
    monkeypatch.setattr("cyara_tools.run.detach.LISTED_WITHIN", 0.1)

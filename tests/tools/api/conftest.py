from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .typing_person import Person


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def person(tmp_path: Path, portal: LocalPortal, monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(tmp_path, portal, monkeypatch)

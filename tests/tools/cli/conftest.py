from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def program(tmp_path: Path, portal: LocalPortal) -> Program:
    (tmp_path / "state").mkdir(mode=0o700)
    return Program(tmp_path, portal)

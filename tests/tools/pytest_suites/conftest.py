from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cyara_tools.portal import LocalPortal

from .project import Project

Start = Callable[..., Project]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a portal with these settings, and make a project for it."""
    with ExitStack() as portals:

        def make(**settings: Any) -> Project:
            portal = portals.enter_context(LocalPortal(**{"speed": 400, "outcomes": "success", **settings}))
            (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
            return Project(tmp_path, portal, portal.credential)

        yield make

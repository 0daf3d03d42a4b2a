"""The hooks by which pytest comes to suite files; registered only where they are wanted."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cyara_tools.pytest_suites.nodes import CalledAndFailedError, GateItem, NotCalledError, Result, SuiteFile, new_node

if TYPE_CHECKING:
    from collections.abc import Generator

_SHARED = "cyara_session_folder"


class SuitePlugin:
    """Collects suite files, and gives all workers of pytest-xdist one folder, so that each campaign runs once."""

    def __init__(self, config: pytest.Config) -> None:
        # Only workers have it.
        given: dict[str, Any] = getattr(config, "workerinput", {})
        self._is_owner = _SHARED not in given
        self._folder = None if self._is_owner else Path(given[_SHARED])
        config.addinivalue_line("markers", "cyara: results and gates of campaigns, from suite files")

    def folder(self) -> Path:
        """Return the folder of this session, which is private to the user."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="cyara-pytest-"))
        return self._folder

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist the folder."""
        node.workerinput[_SHARED] = str(self.folder())

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take what ends like a suite file."""
        if not file_path.name.endswith(".cyara.yaml"):
            return None
        return new_node(SuiteFile, parent, path=file_path, session_folder=self.folder)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the portal's duration in place of ours, and sentences in place of tracebacks."""
        report = yield
        if isinstance(item, (Result, GateItem)):
            # An item without a result never comes to its call.
            is_told = report.when == "call" or (report.when == "setup" and report.failed)
            report.duration = item.seconds if is_told else 0.0
            report.sections += item.sections() if is_told else []
            if call.excinfo is not None and isinstance(call.excinfo.value, (CalledAndFailedError, NotCalledError)):
                # A traceback of ours would tell nobody anything.
                report.longrepr = str(call.excinfo.value)
        return report

    def pytest_unconfigure(self) -> None:
        """Remove the folder."""
        if self._is_owner and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

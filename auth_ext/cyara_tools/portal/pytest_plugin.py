"""For suites of people who use this client: the fixtures `cyara_portal` and `vcr_config`, and campaigns as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cyara_tools.portal import cassettes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_tools.portal.local_portal import LocalPortal


@pytest.fixture
def cyara_portal() -> Iterator[LocalPortal]:
    """Run a local portal for one test. Needs the extra `testing`."""
    # Not at the top: pytest loads this module in every run where the package is installed, whether or not the run
    # starts a portal or has the extra.
    from cyara_tools.portal import LocalPortal

    with LocalPortal() as portal:
        yield portal


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer what turns suite files into tests; docs/pytest.md says how."""
    group = parser.getgroup("cyara", "Cyara campaigns as tests")
    group.addoption("--cyara", action="store_true", help="Collect suite files (*.cyara.yaml): run their campaigns.")
    parser.addini("cyara_suites", "Whether suite files (*.cyara.yaml) are collected without --cyara.", type="bool")
    parser.addini("cyara_reruns", "Whether pytest-rerunfailures may run campaigns again.", type="bool")
    parser.addini("cyara_interval", "How often a campaign that runs is asked for, such as 5s.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Offer the fixture `vcr_config`, and collect suite files where that is wanted."""
    # Among plugins the last one's fixture wins, and the recorders have an empty one: so not before all are loaded.
    config.pluginmanager.register(cassettes, "cyara-cassettes")
    if config.getoption("cyara") or config.getini("cyara_suites"):
        from cyara_tools.pytest_suites.plugin import SuitePlugin

        config.pluginmanager.register(SuitePlugin(config), "cyara-suites")

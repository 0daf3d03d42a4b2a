"""The fixtures `cyara_portal` and `vcr_config` for test suites of people who use this client."""

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


def pytest_configure(config: pytest.Config) -> None:
    """Offer the fixture `vcr_config`."""
    # Among plugins the last one's fixture wins, and the recorders have an empty one: so not before all are loaded.
    config.pluginmanager.register(cassettes, "cyara-cassettes")

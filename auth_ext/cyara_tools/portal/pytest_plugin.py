"""The fixture `cyara_portal` for test suites of people who use this client.

pytest loads this module in every run where the package is installed, so it imports the server only when the fixture
is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_tools.portal.local_portal import LocalPortal


@pytest.fixture
def cyara_portal() -> Iterator[LocalPortal]:
    """Run a local portal for one test. Needs the extra `testing`."""
    from cyara_tools.portal import LocalPortal  # noqa: PLC0415 - see the module's docstring

    with LocalPortal() as portal:
        yield portal

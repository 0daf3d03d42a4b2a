from collections.abc import Iterator

import pytest

from cyara_tools.portal import LocalPortal


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal(speed=400, outcomes="success") as running:
        yield running

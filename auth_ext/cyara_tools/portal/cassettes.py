"""The fixture `vcr_config`, which the recorders pytest-recording and pytest-vcr ask for."""

import pytest


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, object]:
    """Keep the pair out of cassettes; a suite's own fixture replaces this one."""
    return {"filter_headers": ["authorization"]}

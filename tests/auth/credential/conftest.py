import base64
import secrets
from collections.abc import Callable

import pytest


def _fresh_pair() -> tuple[str, str]:
    return secrets.token_hex(16), base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def fresh_pair() -> Callable[[], tuple[str, str]]:
    """Key and token of the observed shape, random at each call."""
    return _fresh_pair


@pytest.fixture
def pair() -> tuple[str, str]:
    return _fresh_pair()

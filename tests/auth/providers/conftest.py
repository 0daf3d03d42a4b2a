import base64
import secrets
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest


def _fresh() -> str:
    return f"{secrets.token_hex(16)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


@pytest.fixture
def fresh() -> Callable[[], str]:
    """A new pair of the observed shape, at each call."""
    return _fresh


@pytest.fixture
def pair() -> str:
    return _fresh()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder for profiles that belongs to this test alone."""
    folder = tmp_path / "config"
    (folder / "profiles").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    return folder


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the keyring of the person who runs it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)

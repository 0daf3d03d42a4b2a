"""Row 30: a keyring that is absent, locked, broken or silent. The keyrings here are real back ends, only in memory."""

import threading
import time
from collections.abc import Callable

import keyring
import keyring.backend
import keyring.errors
import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialOriginError, CredentialSourceError, MissingExtraError
from cyara_auth.origin import BaseUrl
from cyara_auth.providers import KeyringProvider
from cyara_auth.providers.stored import write_stored

PORTAL = "https://cyaraportal.us/cyarawebapi"


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own, without annotations
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class FailingKeyring(MemoryKeyring):
    def __init__(self, failure: Callable[[], None]) -> None:
        super().__init__()
        self.failure = failure

    def get_password(self, service: str, username: str) -> str | None:
        self.failure()
        return super().get_password(service, username)


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.fixture
def memory() -> MemoryKeyring:
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    return ring


@pytest.fixture
def failing(memory: MemoryKeyring) -> Callable[[Callable[[], None]], None]:
    del memory
    return lambda failure: keyring.set_keyring(FailingKeyring(failure))


def test_row_30_absent_entry(memory: MemoryKeyring) -> None:
    assert memory.entries == {}
    assert KeyringProvider(entry="portal")() is None


def test_row_30_no_keyring_is_absent(failing: Callable[[Callable[[], None]], None]) -> None:
    failing(raising(keyring.errors.NoKeyringError("none")))
    assert KeyringProvider(entry="portal")() is None


def test_row_30_package_not_installed_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "keyring" else name)
    assert KeyringProvider(entry="portal")() is None
    KeyringProvider(entry="portal").delete()
    with pytest.raises(MissingExtraError, match=r"pip install 'cyara-client\[keyring\]'"):
        KeyringProvider(entry="portal").write("text")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (keyring.errors.KeyringLocked("SECRET"), "is locked"),
        (keyring.errors.KeyringError("SECRET"), r"failed \(KeyringError\)"),
        (OSError("SECRET"), r"failed \(OSError\)"),
    ],
)
def test_row_30_locked_or_broken_is_an_error(
    failing: Callable[[Callable[[], None]], None], error: Exception, what: str
) -> None:
    failing(raising(error))
    with pytest.raises(CredentialSourceError, match=what) as caught:
        KeyringProvider(entry="portal")()
    assert "SECRET" not in str(caught.value)
    with pytest.raises(CredentialSourceError, match=what):
        KeyringProvider(entry="portal").delete()


def test_row_30_hanging_keyring_has_a_limit(failing: Callable[[Callable[[], None]], None]) -> None:
    release = threading.Event()

    def wait() -> None:
        release.wait(30)

    failing(wait)
    began = time.monotonic()
    try:
        with pytest.raises(CredentialSourceError, match=r"did not answer within 0\.2 s"):
            KeyringProvider(entry="portal", timeout=0.2)()
        assert time.monotonic() - began < 5
    finally:
        release.set()
    assert KeyringProvider(entry="portal").timeout == 10


def test_write_read_delete(memory: MemoryKeyring, pair: str) -> None:
    provider = KeyringProvider(entry="portal", origin=BaseUrl.parse(PORTAL).origin)
    text = write_stored(ApiCredential.parse(pair), base_url=PORTAL, unusual_shape=False)
    assert provider.write(text)
    found = provider()
    assert found is not None
    assert found.pair_text() == pair
    assert found.source == "keyring entry portal"
    assert list(memory.entries) == [("cyara-client", "portal")]
    with pytest.raises(CredentialOriginError):
        KeyringProvider(entry="portal", origin=BaseUrl.parse("https://other.example").origin)()
    provider.delete()
    provider.delete()
    assert provider() is None


def test_a_keyring_that_keeps_nothing_is_noticed() -> None:
    assert KeyringProvider(entry="portal").write("text") is False

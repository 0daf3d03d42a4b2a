"""Rows 11, 13, 23, 28 and 29: profile files, and everything that may be wrong with them."""

import json
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    ConfigurationError,
    CredentialFormatError,
    CredentialOriginError,
    CredentialPermissionsError,
    CredentialSourceError,
)
from cyara_auth.origin import BaseUrl
from cyara_auth.providers import ProfileProvider, Variables
from cyara_auth.providers.private_file import read_private, write_private
from cyara_auth.providers.profile import check_profile_name, default_profile, profile_folder
from cyara_auth.providers.stored import write_stored

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes, owners or FIFOs")
PORTAL = "https://cyaraportal.us/cyarawebapi"
ORIGIN = BaseUrl.parse(PORTAL).origin


@pytest.fixture
def path(config: Path) -> Path:
    return config / "profiles" / "portal.json"


def put(path: Path, data: bytes, mode: int = 0o600) -> None:
    path.write_bytes(data)
    path.chmod(mode)


def test_no_file_is_absent(path: Path) -> None:
    assert ProfileProvider(path=path)() is None


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b"Authorization: ApiKey "])
def test_row_11_bare_text_with_mark_and_line_end(path: Path, pair: str, prefix: bytes) -> None:
    put(path, prefix + pair.encode() + b"\r\n")
    found = ProfileProvider(path=path, origin=ORIGIN)()
    assert found is not None
    assert found.pair_text() == pair
    assert found.source == f"profile file {path}"


def test_written_and_read_back(path: Path, pair: str) -> None:
    text = write_stored(ApiCredential.parse(pair), base_url=PORTAL, unusual_shape=False)
    write_private(path, text)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = ProfileProvider(path=path, origin=ORIGIN)()
    assert found is not None
    assert found.pair_text() == pair


@posix_only
def test_new_folder_is_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "profiles" / "x.json"
    write_private(path, "text")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_fields_of_json(path: Path, pair: str) -> None:
    key, token = pair.split(":")
    put(path, json.dumps({"key": key, "token": token, "expires_at": "2030-01-31T00:00:00Z"}).encode())
    found = ProfileProvider(path=path)()
    assert found is not None
    assert found.expires_at is not None
    assert found.expires_at.isoformat() == "2030-01-31T00:00:00+00:00"
    text = write_stored(found, base_url=None, unusual_shape=False)
    assert json.loads(text) == {"credential": pair, "expires_at": "2030-01-31T00:00:00+00:00"}


def test_unusual_shape_is_remembered(path: Path, pair: str) -> None:
    unusual = ApiCredential.parse(pair.upper(), allow_unusual_shape=True)
    put(path, write_stored(unusual, base_url=PORTAL, unusual_shape=True).encode())
    assert ProfileProvider(path=path)() == unusual


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"credential": "SECRET', "begins like JSON"),
        (b'{"a":' * 800, "begins like JSON"),
        (b"{}", "no text field"),
        (b'{"credential": 7}', "no text field"),
        (b'{"credential": ["SECRET"]}', "no text field"),
        (b'{"key": "SECRET"}', "no text field"),
        (b'{"credential": "SECRET", "base_url": 7}', "base_url"),
        (b'{"credential": "SECRET", "expires_at": "soon"}', "expires_at"),
        (b'{"credential": "SECRET", "expires_at": 1}', "expires_at"),
        (b'{"credential": "SECRET", "expires_at": "2030-01-31T00:00:00"}', "expires_at"),
        (b"x" * 4097, "larger than 4096 bytes"),
    ],
)
def test_damaged_content_is_named_and_not_shown(path: Path, data: bytes, what: str) -> None:
    put(path, data)
    with pytest.raises(CredentialSourceError, match=what) as caught:
        ProfileProvider(path=path)()
    assert "SECRET" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"\n", "empty"), (b"{{ secrets.X }}", "unexpanded"), (b'{"credential": ""}', "empty")],
)
def test_present_but_malformed(path: Path, data: bytes, reason: str) -> None:
    put(path, data)
    with pytest.raises(CredentialFormatError) as caught:
        ProfileProvider(path=path)()
    assert caught.value.reason == reason
    assert str(path) in str(caught.value)


def test_row_23_file_with_two_pairs(path: Path, fresh: Callable[[], str]) -> None:
    put(path, f"{fresh()}\n{fresh()}\n".encode())
    with pytest.raises(CredentialFormatError) as caught:
        ProfileProvider(path=path)()
    assert caught.value.reason == "several_lines"


def test_another_portal(path: Path, pair: str) -> None:
    put(path, write_stored(ApiCredential.parse(pair), base_url=PORTAL, unusual_shape=False).encode())
    other = BaseUrl.parse("https://other.example").origin
    with pytest.raises(CredentialOriginError, match=r"belongs to .*, not to https://other"):
        ProfileProvider(path=path, origin=other)()
    assert ProfileProvider(path=path)() is not None


def test_binding_that_is_no_address(path: Path, pair: str) -> None:
    put(path, json.dumps({"credential": pair, "base_url": "ftp://portal.example"}).encode())
    with pytest.raises(CredentialSourceError, match="unusable base URL"):
        ProfileProvider(path=path, origin=ORIGIN)()


def test_binding_to_a_portal_without_tls(path: Path, pair: str) -> None:
    put(path, json.dumps({"credential": pair, "base_url": "http://portal.example"}).encode())
    with pytest.raises(CredentialOriginError, match=r"belongs to http://portal\.example, not to https://"):
        ProfileProvider(path=path, origin=ORIGIN)()
    allowed = BaseUrl.parse("http://portal.example", plain_http="portal.example").origin
    assert ProfileProvider(path=path, origin=allowed)() is not None


def refused(path: Path, what: str) -> str:
    with pytest.raises(CredentialPermissionsError, match=what) as caught:
        ProfileProvider(path=path)()
    assert "Nothing was sent" in str(caught.value)
    return str(caught.value)


@posix_only
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_row_28_readable_by_others(path: Path, pair: str, mode: int) -> None:
    put(path, pair.encode(), mode)
    assert f"chmod 600 {path}" in refused(path, f"mode 0{mode:o}")


@posix_only
def test_row_28_folder_writable_by_others(path: Path, pair: str) -> None:
    put(path, pair.encode())
    path.parent.chmod(0o770)
    assert f"chmod 700 {path.parent}" in refused(path, "can be written by others")
    with pytest.raises(CredentialPermissionsError):
        write_private(path, "text")


@posix_only
def test_row_28_other_owner(path: Path, pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, pair.encode())
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    refused(path, "belongs to another user")


@posix_only
def test_row_28_folder_of_another_owner(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(CredentialPermissionsError, match="belongs to another user"):
        write_private(path, "text")


def test_row_28_symbolic_link(path: Path, pair: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    put(target, pair.encode())
    path.symlink_to(target)
    refused(path, "is a symbolic link")


@posix_only
def test_row_28_fifo_does_not_wait_for_a_writer(path: Path) -> None:
    os.mkfifo(path, 0o600)
    refused(path, "not a regular file")


def test_row_28_directory(path: Path) -> None:
    path.mkdir(mode=0o700)
    refused(path, "not a regular file|cannot be opened")


@posix_only
def test_row_28_file_below_something_that_is_no_folder(path: Path, pair: str) -> None:
    put(path, pair.encode())
    refused(path / "x", "cannot be opened")


def test_row_29_replaced_while_being_read(path: Path, fresh: Callable[[], str]) -> None:
    """Readers beside a writer that replaces the file without end see one of the pairs, never a mixture."""
    pairs = [fresh() for _ in range(4)]
    write_private(path, pairs[0])
    stop = threading.Event()

    def write() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            write_private(path, pairs[count % 4])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {read_private(path, max_bytes=4096) for _ in range(2000)}
    finally:
        stop.set()
        writer.join()
    assert seen <= {pair.encode() for pair in pairs}


def test_row_29_short_read_is_refused(path: Path, pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that truncates and writes in place can be caught half-way: size and content disagree."""
    put(path, pair.encode())
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: real(descriptor, min(size, 20)))
    with pytest.raises(CredentialSourceError, match="changed while it was read"):
        ProfileProvider(path=path)()


def test_row_29_failed_write_leaves_the_old_file_alone(path: Path, pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_private(path, pair)

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device", descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, "other")
    assert path.read_text() == pair
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_version_follows_the_file(path: Path, fresh: Callable[[], str]) -> None:
    provider = ProfileProvider(path=path)
    assert provider.version() is None
    write_private(path, fresh())
    first = provider.version()
    assert first == provider.version()
    write_private(path, fresh())
    assert provider.version() != first


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://cyaraportal.us", "cyaraportal.us"),
        ("https://cyaraportal.us:8443", "cyaraportal.us_8443"),
        ("http://127.0.0.1:8000", "127.0.0.1_8000"),
        ("http://[::1]:80", "ip--1_80"),
    ],
)
def test_each_portal_has_its_own_default_profile(base_url: str, name: str) -> None:
    assert default_profile(BaseUrl.parse(base_url).origin) == name
    assert check_profile_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a b", "x" * 200, "\u00e4"])
def test_names_stay_within_the_folder(name: str) -> None:
    with pytest.raises(ConfigurationError, match="letters, digits"):
        check_profile_name(name)


def test_folder_of_the_profiles(tmp_path: Path) -> None:
    assert profile_folder(Variables({"CYARA_CONFIG_DIR": str(tmp_path)})) == tmp_path / "profiles"
    assert profile_folder(Variables({})).name == "profiles"

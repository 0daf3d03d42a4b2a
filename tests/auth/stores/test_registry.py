"""Which store is opened, that it is opened once, and when strikes may be counted in memory."""

import os
import re
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cyara_auth._platform.system import this_system
from cyara_auth.errors import (
    ConfigurationError,
    MissingExtraError,
    PrivateStoreWarning,
    SharedStoreRequiredError,
    StrikeStoreUnavailableError,
    ThrowAwayStoreWarning,
)
from cyara_auth.machine import Disk, FileSystem
from cyara_auth.stores import registry
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.stores.registry import default_path, open_store, reset_stores
from cyara_auth.stores.sqlite import SqliteStrikeStore

from .events import admit, verify


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a state directory of its own, and a registry that knows no store."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    reset_stores()
    yield tmp_path
    reset_stores()


def test_the_default_is_a_file_in_the_users_state_directory(state_home: Path) -> None:
    store = open_store(environ={})
    assert isinstance(store, SqliteStrikeStore)
    assert default_path().is_relative_to(state_home)
    assert str(default_path()) in store.describe()
    verify(store)


def test_ten_clients_share_one_store() -> None:
    assert len({id(open_store(environ={})) for _ in range(10)}) == 1
    assert len({id(open_store("memory:", environ={})) for _ in range(10)}) == 1
    assert open_store("memory:", environ={}) is not open_store(environ={})


def test_a_store_of_ones_own_is_taken_as_it_is() -> None:
    mine = MemoryStrikeStore()
    assert open_store(mine, environ={"CYARA_STRIKE_STORE": "redis://elsewhere"}) is mine


def test_the_argument_comes_before_the_environment(tmp_path: Path) -> None:
    environ = {"CYARA_STRIKE_STORE": "memory:"}
    assert isinstance(open_store(environ=environ), MemoryStrikeStore)
    named = (tmp_path / "a b" / "s.db").as_uri().replace("file:", "sqlite:", 1)
    store = open_store(named, environ=environ)
    assert store.describe().endswith(str(tmp_path / "a b" / "s.db"))


def test_an_empty_variable_means_the_default() -> None:
    assert open_store(environ={"CYARA_STRIKE_STORE": ""}) is open_store(environ={})


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:canary@host:6380/1",
        "rediss://:canary@host",
        "unix:///s?password=canary",
        "unix:///run/user@1/s",
        "redis://host/0?password=can@ary",
    ],
)
def test_redis_is_named_by_its_address(url: str) -> None:
    store = open_store(url, environ={})
    assert store.describe().startswith("Redis ")
    assert "canary" not in store.describe()


@pytest.mark.parametrize("url", ["s3://bucket", "az://container/a/b", "gs://my.bucket_1-x/cyara"])
def test_a_bucket_is_named_by_its_address_and_not_yet_asked(url: str) -> None:
    store = open_store(url + "/", environ={})
    assert store.describe() == f"bucket {url}"
    store.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://user:canary@host/db", "'mysql' is not known. Use redis://HOST"),
        ("/var/lib/a b.sqlite3", "not by a path. Use sqlite:///var/lib/a%20b.sqlite3."),
        ("C:\\ci\\a b.sqlite3", "not by a path. Use sqlite:///C:/ci/a%20b.sqlite3."),
        ("c:/ci/strikes.sqlite3", "not by a path. Use sqlite:///c:/ci/strikes.sqlite3."),
        ("strikes.sqlite3", "is named by a URL. Use redis://HOST"),
        ("//:canary@host/0", "is named by a URL. Use redis://HOST"),
        ("c://:canary@host", "'c' is not known. Use redis://HOST"),
        ("sqlite://host/x", "is absolute"),
        ("sqlite:", "is absolute"),
        ("redis://host:port:canary", "address of the Redis strike store is not valid"),
        ("redis://host/0?canary=1", "address of the Redis strike store is not valid"),
        ("redis://:12/canary@host:6379/0", "no letter or digit percent-encoded"),
        ("redis://:12#canary@host:6379/0", "no letter or digit percent-encoded"),
        ("redis://user:12?canary@host:6379/0", "no letter or digit percent-encoded"),
        ("s3://", "a bucket is not valid. It names the bucket and a prefix, such as s3://BUCKET/cyara"),
        ("s3://id:canary@bucket/cyara", "credentials are taken from the environment"),
        ("az://container/cyara?sig=canary", "credentials are taken from the environment"),
        ("gs://bucket/cyara#canary", "credentials are taken from the environment"),
        ("redis://:[canary@host:6379/0", "address of the strike store is not valid"),
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(sentence)) as caught:
        open_store(url, environ={})
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.skipif(sys.platform == "win32", reason="a path there begins with a drive")
def test_the_url_that_is_suggested_for_a_path_opens_that_path(tmp_path: Path) -> None:
    path = tmp_path / "a b#c?d%e.sqlite3"
    with pytest.raises(ConfigurationError) as caught:
        open_store(str(path), environ={})
    suggested = str(caught.value).partition(" Use ")[2].removesuffix(".")
    assert open_store(suggested, environ={}).describe().endswith(str(path))


@pytest.mark.parametrize(
    ("library", "extra", "url"), [("redis", "redis", "redis://host"), ("obstore", "bucket", "s3://bucket")]
)
def test_a_store_without_its_library_says_what_to_install(library: str, extra: str, url: str) -> None:
    text = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from cyara_auth.stores.registry import open_store\n"
        f"try:\n    open_store({url!r}, environ={{}})\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    answer = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout
    assert answer.startswith(MissingExtraError.__name__)
    assert f"cyara-client[{extra}]" in answer


@pytest.mark.parametrize(("module", "url"), [("redis", "redis://host"), ("bucket", "gs://bucket")])
def test_a_store_without_its_library_in_this_process(monkeypatch: pytest.MonkeyPatch, module: str, url: str) -> None:
    monkeypatch.setitem(sys.modules, f"cyara_auth.stores.{module}", None)
    with pytest.raises(MissingExtraError, match="pip install"):
        open_store(url, environ={})


@pytest.mark.skipif(sys.platform == "win32", reason="an unwritable home is arranged by modes")
def test_row_83_where_nothing_can_be_written_strikes_are_counted_in_memory_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.warns(PrivateStoreWarning, match="cannot be created") as caught:
        store = open_store(environ={})
    assert isinstance(store, MemoryStrikeStore)
    assert not store.shared
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert open_store(environ={}) is store  # and no second warning: pytest would make it an error


def test_a_folder_of_ours_that_is_closed_is_no_reason_to_forget_what_may_be_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cyara_auth.stores.sqlite_file.create_private", closed)
    monkeypatch.setattr(
        Path, "lstat", closed
    )  # root may look everywhere; another user: tests/tools/cli/test_no_home.py
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "cyara").mkdir()
    with pytest.raises(StrikeStoreUnavailableError, match="Permission denied"):
        open_store(environ={}).key_ids()
    reset_stores()
    (tmp_path / "cyara").rmdir()
    with pytest.warns(PrivateStoreWarning, match="cannot be created: Permission denied"):
        assert isinstance(open_store(environ={}), MemoryStrikeStore)


def test_row_83_without_a_home_strikes_are_counted_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    # As older releases of platformdirs have it; newer ones raise: tests/tools/cli/test_no_home.py.
    monkeypatch.setattr("platformdirs.user_state_path", lambda *_, **__: Path("~/.local/state/cyara"))
    with pytest.warns(PrivateStoreWarning, match="no home directory"):
        assert isinstance(open_store(environ={}), MemoryStrikeStore)


def test_on_an_unknown_file_system_strikes_are_counted_in_memory_with_one_warning_that_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = FileSystem("fuse.newfs", Disk.UNKNOWN)
    monkeypatch.setattr(type(this_system()), "file_system", lambda _self, _folder: found)
    with pytest.warns(PrivateStoreWarning, match=r"fuse\.newfs") as caught:
        assert isinstance(open_store(environ={}), MemoryStrikeStore)
    assert len(caught) == 1
    url = str(caught[0].message).partition("CYARA_STRIKE_STORE=")[2].partition(".sqlite3?")[0] + ".sqlite3"
    verify(open_store(f"{url}?unsafe_filesystem=1", environ={}))
    with pytest.raises(StrikeStoreUnavailableError, match=r"set CYARA_STRIKE_STORE=.*\?unsafe_filesystem=1"):
        verify(open_store(url, environ={}))


@pytest.mark.parametrize("query", ["?unsafe_filesystem=0", "?unsafe_filesystem=1&x=2", "?mode=ro", "#part"])
def test_no_other_option_of_a_file_is_taken_for_granted(tmp_path: Path, query: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no option but \?unsafe_filesystem=1.*write \? as %3F"):
        open_store(f"{(tmp_path / 'x').as_uri().replace('file', 'sqlite', 1)}{query}", environ={})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_default_file_that_is_not_safe_is_no_reason_to_forget_it() -> None:
    verify(open_store(environ={}))
    reset_stores()
    default_path().chmod(0o644)
    with pytest.raises(StrikeStoreUnavailableError, match="chmod 600"):
        admit(open_store(environ={}))


def test_a_default_file_that_cannot_be_written_any_more_is_no_reason_to_forget_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verify(open_store(environ={}))
    reset_stores()

    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("cyara_auth.stores.sqlite_file.create_strike_file", read_only)
    assert isinstance(open_store(environ={}), SqliteStrikeStore)


def test_row_76_a_child_opens_stores_though_another_thread_was_opening_one(in_child: Callable[..., None]) -> None:
    with registry._lock:  # noqa: SLF001  # held by this thread, as by any other, during the fork
        in_child(open_in_time)


def open_in_time() -> None:
    threading.Timer(20.0, os._exit, [3]).start()
    open_store("memory:", environ={})


CI = {"CI": "true"}


def sqlite_url(folder: Path) -> str:
    return (folder / "state" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1)


@pytest.mark.parametrize("kind", ["default", "sqlite", "memory"])
def test_in_ci_a_store_that_was_just_made_gets_one_warning(kind: str, tmp_path: Path) -> None:
    url = {"default": None, "sqlite": sqlite_url(tmp_path), "memory": "memory:"}[kind]
    with pytest.warns(ThrowAwayStoreWarning) as caught:
        store = open_store(url, environ=CI)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    text = str(caught[0].message)
    assert store.describe() in text
    for way in ("redis://", "s3://", "az://", "gs://", "docs/ci.md"):
        assert way in text
    assert open_store(url, environ=CI) is store  # and no second warning: pytest would make it an error
    with pytest.raises(SharedStoreRequiredError, match="was made just now") as refused:
        open_store(url, environ=CI, require_shared=True)
    assert "Nothing was sent. Next: name a store that all jobs share" in str(refused.value)


@pytest.mark.parametrize("value", [None, "", "0", "false", " False "])
def test_outside_of_ci_a_new_store_is_what_it_always_was(value: str | None, tmp_path: Path) -> None:
    environ = {} if value is None else {"CI": value}
    for url in (None, sqlite_url(tmp_path), "memory:"):
        assert open_store(url, environ=environ, require_shared=True)


@pytest.mark.parametrize("kind", ["default", "sqlite"])
def test_in_ci_a_file_that_was_kept_is_trusted(kind: str, tmp_path: Path) -> None:
    url = {"default": None, "sqlite": sqlite_url(tmp_path)}[kind]
    verify(open_store(url, environ={}))
    reset_stores()
    verify(open_store(url, environ=CI, require_shared=True))


def test_in_ci_a_refused_store_is_no_memory_for_the_next_process(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(SharedStoreRequiredError):
            open_store(environ=CI, require_shared=True)
        assert default_path().exists()
        reset_stores()


def test_in_ci_a_file_that_cannot_be_looked_at_is_left_to_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert open_store(sqlite_url(tmp_path / "file"), environ=CI)


def test_in_ci_a_shared_store_is_shared() -> None:
    assert open_store("redis://127.0.0.1:1", environ=CI, require_shared=True)

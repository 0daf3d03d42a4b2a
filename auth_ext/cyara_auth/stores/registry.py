"""Which store to use, and one object per process and address, so that ten clients in a row share what they learnt.

By rank: the `store` argument, `CYARA_STRIKE_STORE`, the SQLite file in the user's state directory. Strikes are counted
in memory only when asked for (`memory:`), or with one warning where no file can be created at all, as in a container
with a read-only disk.
"""

import os
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from cyara_auth._platform.files import UnknownFileSystemError, UnsafePathError
from cyara_auth._platform.folders import Folder, user_folder
from cyara_auth._platform.fork import ModuleLock
from cyara_auth.errors import ConfigurationError, MissingExtraError, PrivateStoreWarning
from cyara_auth.stores.base import StrikeStore
from cyara_auth.stores.ci import is_thrown_away, refuse_throw_away, warn_of_throw_away

VARIABLE: Final = "CYARA_STRIKE_STORE"

_FORMS: Final = (
    "redis://HOST, rediss://HOST, unix:///SOCKET, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://BUCKET/PREFIX, "
    "sqlite:///PATH or memory:"
)
_UNSAFE: Final = "unsafe_filesystem=1"
_SPELLING = f"Use {_FORMS}, with every character of user and password that is no letter or digit percent-encoded."
# One object per address, so that ten clients in a row share its connections and what it has read.
_stores: Final[dict[str, StrikeStore]] = {}
_lock = ModuleLock()


def open_store(
    store: str | StrikeStore | None = None, *, environ: Mapping[str, str], require_shared: bool = False
) -> StrikeStore:
    """Return the store that the argument, the environment or the default names.

    Args:
        store: A URL, or a store of one's own, which is returned as it is.
        environ: Where `CYARA_STRIKE_STORE` and `CI` are looked up.
        require_shared: Whether to refuse a store that, as far as can be told, goes with a machine of the CI.

    Raises:
        SharedStoreRequiredError: such a store, where a shared one is required.
        ConfigurationError: not a store's URL.
        MissingExtraError: a Redis or bucket URL without the client library.
    """
    if store is not None and not isinstance(store, str):
        return store
    url = store or environ.get(VARIABLE) or ""
    with _lock:
        opened = _stores.get(url)
        found = opened or _stores.setdefault(url, _open_url(url) if url else _open_default(default_path()))
    if is_thrown_away(found, environ):
        if require_shared:
            raise refuse_throw_away(found)
        if opened is None:
            warn_of_throw_away(found)
    return found


def default_path() -> Path | None:
    """Return where the strikes of this user on this machine are kept; None where no home directory is known."""
    folder = user_folder(Folder.STATE)
    return None if folder is None else folder / "strikes.sqlite3"


def reset_stores() -> None:
    """Close and forget every store of this process; for tests, which want to begin with none."""
    with _lock:
        while _stores:
            _stores.popitem()[1].close()


def _open_url(url: str) -> StrikeStore:
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        # A bracket where none belongs, perhaps in a password: the text must not be repeated.
        raise ConfigurationError(f"The address of the strike store is not valid. {_SPELLING}") from None
    opener = _OPENERS.get(scheme)
    if opener is None:
        raise ConfigurationError(_not_a_url(url, scheme))
    return opener(url)


def _not_a_url(text: str, scheme: str) -> str:
    """Say what to use instead. Only a plain path is repeated, since anything else may hold a password."""
    path = PureWindowsPath(text) if len(scheme) == 1 else PurePosixPath(text)
    if path.is_absolute() and "//" not in text:
        url = f"sqlite:///{quote(os.fsencode(path.as_posix().lstrip('/')), safe='/:')}"
        return f"A strike store is named by a URL, not by a path. Use {url}."
    known = f"A strike store of the kind {scheme!r} is not known" if scheme else "A strike store is named by a URL"
    return f"{known}. Use {_FORMS}."


def _open_memory(_: str = "") -> StrikeStore:
    from cyara_auth.stores.memory import MemoryStrikeStore

    return MemoryStrikeStore()


def _open_sqlite(url: str) -> StrikeStore:
    parts = urlsplit(url)
    path = Path(url2pathname(parts.path))
    if parts.netloc or not path.is_absolute():
        raise ConfigurationError("The path of a SQLite strike store is absolute: sqlite:///var/lib/ci/strikes.sqlite3")
    if parts.fragment or parts.query not in ("", _UNSAFE):
        raise ConfigurationError(
            f"A SQLite strike store has no option but ?{_UNSAFE}. In a path write ? as %3F and # as %23."
        )
    from cyara_auth.stores.sqlite import SqliteStrikeStore

    return SqliteStrikeStore(path, unsafe_filesystem=parts.query == _UNSAFE)


def _open_redis(url: str) -> StrikeStore:
    # The library's own message may repeat the URL, and with it the password.
    with _opening("A Redis strike store", "redis", f"The address of the Redis strike store is not valid. {_SPELLING}"):
        from cyara_auth.stores.redis import RedisStrikeStore

        return RedisStrikeStore(url)


def _open_bucket(url: str) -> StrikeStore:
    # The text is not repeated: it may hold what belongs into the environment.
    invalid = (
        "The address of the strike store in a bucket is not valid. It names the bucket and a prefix, such as "
        "s3://BUCKET/cyara; account, endpoint and credentials are taken from the environment (AWS_..., AZURE_..., "
        "GOOGLE_...)."
    )
    with _opening("A strike store in a bucket", "bucket", invalid):
        from cyara_auth.stores.bucket import BucketStrikeStore

        return BucketStrikeStore(url)


@contextmanager
def _opening(what: str, extra: str, invalid: str) -> Generator[None]:
    """Say what is missing where the client library is, and what is wrong with an address that it does not take."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"{what} needs the client library. Run: pip install 'cyara-client[{extra}]'") from error
    # It must not follow as a cause either.
    except (ValueError, TypeError):
        raise ConfigurationError(invalid) from None


def _open_default(path: Path | None) -> StrikeStore:
    if path is None:
        return _private_store("no home directory is known here")
    # Late, as all stores are: who names another one need not load this.
    import sqlite3

    from cyara_auth.stores.sqlite import SqliteStrikeStore
    from cyara_auth.stores.sqlite_file import create_strike_file

    try:
        create_strike_file(path)
    except UnknownFileSystemError as error:
        return _private_store(str(error))
    except (UnsafePathError, sqlite3.Error):
        pass  # the store itself says so at the first call, and refuses
    except OSError as error:
        # A file that exists but cannot be used is no reason to forget what is in it: the store will refuse.
        if not _may_exist(path):
            return _private_store(f"{path} cannot be created: {error.strerror}")
    return SqliteStrikeStore(path)


def _may_exist(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # In a folder of ours that is closed to this user there may be one. Where not even the folder can be seen, as in
        # root's home, this user never had one.
        return os.path.lexists(path.parent)
    return True


def _private_store(reason: str) -> StrikeStore:
    message = (
        f"Strikes are counted in this process only, since {reason}. Other processes may spend strikes of their own; "
        f"name a store with {VARIABLE}: {_FORMS}."
    )
    warnings.warn(message, PrivateStoreWarning, stacklevel=4)
    return _open_memory()


_OPENERS: Final[dict[str, Callable[[str], StrikeStore]]] = {
    "memory": _open_memory,
    "sqlite": _open_sqlite,
    **dict.fromkeys(("redis", "rediss", "unix"), _open_redis),
    **dict.fromkeys(("s3", "az", "gs"), _open_bucket),
}

"""The client library's part of the bucket store: one object read or written, the library's faults as one sentence."""

import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import obstore
from obstore import exceptions
from obstore.store import AzureStore, GCSStore, S3Store

from cyara_auth.errors import StrikeStoreUnavailableError

_KINDS: Final[dict[str, Callable[..., Any]]] = {"s3": S3Store, "az": AzureStore, "gs": GCSStore}
_BACKOFF: Final = {"init_backoff": timedelta(seconds=0.05), "max_backoff": timedelta(seconds=1), "base": 2}
_NO_BUCKET: Final = "NoSuchBucket|ContainerNotFound|bucket does not exist"
_REASONS: Final = {
    _NO_BUCKET: "does not exist: create the bucket",
    "BadScheme": "has an endpoint without TLS: set AWS_ALLOW_HTTP=true (AZURE_, GOOGLE_) if nobody can listen there",
    "TimedOut|timed out": "did not answer in time",
    "kind: Connect": "cannot be reached: look at its endpoint in the environment, and at its certificate",
    # Where a virtual machine of the provider would ask for them.
    r"169\.254\.169\.254|Missing AccessKeyId": "needs credentials, and the environment holds none",
}
"""What the library's text has in it, and what that means."""
# Its threads do not live on in a child, which would wait for them for ever, and a child that touches the connections
# takes the parent down with it: the process that first used the library is the only one that may.
_used_by: int | None = None
_kept: Final[list[object]] = []  # never dropped, since the last reference could go in a child


@attrs.frozen(kw_only=True)
class Found:
    """An object as it was read."""

    body: bytes
    tag: Any
    """What a conditional write has to name."""
    modified: float
    """By the service's clock, in whole seconds."""


class BucketClient:
    """A client that is made at the first call, so that a process may fork before."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """Remember the address.

        Raises:
            ValueError: it has more in it than a bucket and a prefix, or no bucket.
        """
        parts = urlsplit(url)
        if not re.fullmatch(r"[\w.-]+", parts.netloc) or parts.query or parts.fragment:
            raise ValueError("neither a bucket alone nor a bucket and a prefix")
        self.address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._kind, self._bucket, self._prefix = parts.scheme, parts.netloc, parts.path.strip("/")
        self._timeout = timeout
        self._store: Any = None

    def get(self, path: str) -> Found | None:
        """Return an object, None if there is none."""
        try:
            result = obstore.get(self._open(), path)
            return Found(body=bytes(result.bytes()), tag=_tag(result.meta), modified=_modified(result.meta))
        except FileNotFoundError as error:
            # A bucket that does not exist must not look like one that is empty.
            if re.search(_NO_BUCKET, str(error)):
                raise
            return None

    def put(self, path: str, body: bytes, *, mode: Any) -> None:
        """Write an object: `"overwrite"`, `"create"`, or over the one with a tag."""
        obstore.put(self._open(), path, body, mode=mode)

    def modified(self, path: str) -> float:
        """Return when an object was written, by the service's clock."""
        return _modified(obstore.head(self._open(), path))

    def names(self, folder: str) -> list[str]:
        """Return the names of the objects below `folder`."""
        found: list[str] = []
        pages = obstore.list(self._open(), folder)  # pyright: ignore[reportUnknownMemberType] - pyarrow's are unknown
        for page in pages:
            found += [meta["path"].rpartition("/")[2] for meta in page]
        return found

    @contextmanager
    def errors_translated(self) -> Generator[None]:
        """Put every failure of the service, the network or the library in one sentence."""
        # ValueError, KeyError and TypeError: somebody else's object under one of our names.
        try:
            yield
        except (exceptions.BaseError, OSError, ValueError, KeyError, TypeError) as error:
            raise self._unavailable(_reason(error)) from None
        except BaseException as error:
            # What the library's Rust code did not expect is not even an `Exception`.
            if type(error).__name__ != "PanicException":
                raise
            raise self._unavailable("cannot be used: a setting in the environment is not valid") from None

    def _unavailable(self, reason: str) -> StrikeStoreUnavailableError:
        return StrikeStoreUnavailableError(detail=f"{self.address} {reason}")

    def _open(self) -> Any:
        global _used_by  # noqa: PLW0603 - the library's threads are one per process, too
        if _used_by not in (None, os.getpid()):
            raise self._unavailable(
                "cannot be used in this process: it was forked from one that had used the library for buckets, which "
                "does not survive that. Make the first call after the fork, or start processes by 'spawn'"
            )
        _used_by = os.getpid()
        if self._store is None:
            if self._kind == "s3" and (name := _unusable_setting()):
                raise self._unavailable(f"cannot be used: {name} in the environment is not valid")
            # By `config`: `client_options` would put out of force what the environment says of the client.
            half = self._timeout / 2
            config = {"timeout": f"{half} s", "connect_timeout": f"{half} s"}
            retries = {"max_retries": 2, "retry_timeout": timedelta(seconds=half), "backoff": _BACKOFF}
            prefix = self._prefix or None
            self._store = _KINDS[self._kind](self._bucket, prefix=prefix, config=config, retry_config=retries)
            _kept.append(self._store)
        return self._store


def _unusable_setting() -> str | None:
    """Return the name of a variable over which the library would end with a page of Rust's on standard error."""
    # A secret that was pasted with its line break is the usual one.
    for name, value in os.environ.items():
        if name.startswith("AWS_") and not value.isprintable():
            return name
        if name.startswith("AWS_ENDPOINT") and not re.match(r"https?://(\w|\[[\da-fA-F:]+\])", value):
            return name
    return None


def _tag(meta: Any) -> Any:
    # Amazon and Microsoft compare the ETag, Google the version.
    return {name: meta[name] for name in ("e_tag", "version") if meta[name] is not None}


def _modified(meta: Any) -> float:
    return float(meta["last_modified"].timestamp())


def _reason(error: Exception) -> str:
    """Say in words what happened; the library's own text is a page long and may hold a signed address."""
    text = str(error)
    code = re.search(r"<Code>(\w+)</Code>", text)
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return f"refused the credentials{f' ({code[1]})' if code else ''}: they need to get, put and list objects"
    for pattern, reason in _REASONS.items():
        if re.search(pattern, text):
            return reason
    first = re.sub(r"\?\S*", "", text.partition("\n")[0].partition("<")[0])
    return f"cannot be used: {code[1] if code else first[:200].rstrip(' .:')}"

"""Files from the portal to the disk: streamed, checked, and in place only when they are complete."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from . import _response
from ._body import for_async
from ._http import httpx
from .errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from ._endpoint import Endpoint
    from .client import ApiClient

    OnProgress = Callable[[int, int | None], None]


_LONGEST_LENGTH = 18
"""Digits of a length; more than that no file has."""


class _Sink:
    """A temporary file beside the target, that becomes the target or disappears."""

    def __init__(self, path: Path, progress: OnProgress | None, max_bytes: int | None, sha256: str | None) -> None:
        self._path = path
        self._progress = progress
        self._max_bytes = max_bytes
        self._wanted = sha256
        self._total: int | None = None
        self._size = 0
        self._digest = None if sha256 is None else hashlib.sha256()
        # A name of its own length: the target's may leave no room for more. In the target's folder, because a rename
        # replaces a file in one step only on one file system. Opened like any file, so the umask holds.
        self._name = path.with_name(f".cyara-{uuid4().hex}.part")
        self._file = self._name.open("xb")

    def expect(self, headers: Any) -> None:
        """Take in how long the file says it is, and refuse it at once if that is too long."""
        # The length is that of the encoded body; of a compressed one nothing is known.
        length = headers.get("content-length", "")
        encoded = headers.get("content-encoding", "identity") != "identity"
        # `isdigit` alone takes the digits of every script.
        is_length = length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH
        self._total = int(length) if is_length and not encoded else None
        self._check(self._total or 0)

    def write(self, chunk: bytes) -> None:
        """Add a chunk.

        Raises:
            DownloadError: the file is larger than allowed.
        """
        self._size += len(chunk)
        self._check(self._size)
        if self._digest is not None:
            self._digest.update(chunk)
        self._file.write(chunk)
        if self._progress is not None:
            self._progress(self._size, self._total)

    def _check(self, size: int) -> None:
        if self._max_bytes is not None and size > self._max_bytes:
            raise DownloadError(f"the file is larger than {self._max_bytes} bytes; nothing was kept")

    @contextmanager
    def receiving(self) -> Generator[None]:
        """Say how far the file came when the connection breaks off under it.

        Raises:
            DownloadError: it did; the transport's own error is the cause.
        """
        try:
            yield
        except httpx.RequestError as error:
            total = "" if self._total is None else f" of {self._total}"
            raise DownloadError(
                f"the connection broke off after {self._size}{total} bytes ({type(error).__name__}); nothing was kept"
            ) from error

    def finish(self) -> None:
        """Put the file in its place.

        Raises:
            DownloadError: the file is shorter than announced, or not the one expected.
        """
        if self._total is not None and self._size != self._total:
            raise DownloadError(f"{self._size} of {self._total} bytes arrived; nothing was kept")
        if self._digest is not None and self._digest.hexdigest() != str(self._wanted).lower():
            raise DownloadError("the file's SHA-256 is not the one expected; nothing was kept")
        # Safely on the disk before it gets its name, or a power failure could leave an empty file of that name.
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        # A file that is replaced keeps its permissions.
        with suppress(FileNotFoundError):
            shutil.copymode(self._path, self._name)
        self._name.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        with suppress(FileNotFoundError):
            self._name.unlink()


def _target(path: str | Path) -> Path:
    """Return where the file shall be, before anything is sent for it.

    Raises:
        DownloadError: a folder stands there, or there is no folder to put it in.
    """
    # What a symbolic link points to is replaced, not the link.
    target = Path(path).resolve()
    if target.is_dir():
        raise DownloadError(f"{path} is a folder; nothing was sent. Give the name of a file in it.")
    if target.exists() and not target.is_file():
        raise DownloadError(f"{path} is a device or a pipe, no file; nothing was sent. Give the name of a file.")
    if not target.parent.is_dir():
        raise DownloadError(f"the folder {target.parent} does not exist; nothing was sent. Make it first.")
    return target


def _require_file(endpoint: Endpoint[Any], response: httpx.Response) -> None:
    """Refuse a page or a JSON body where the document knows of neither.

    Raises:
        DownloadError: it is one.
    """
    documented = endpoint.operation.response_media_types
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A gateway's login page or a problem description with status 200 is somebody's message, not the file.
    is_json = media_type.endswith(("/json", "+json"))
    is_message = is_json or media_type in {"text/html", "application/xhtml+xml"}
    if (
        is_message
        and documented
        and not any(kind == media_type or "*" in kind or (is_json and "json" in kind) for kind in documented)
    ):
        raise DownloadError(f"{media_type} came instead of {' or '.join(documented)}; nothing was kept")


@contextmanager
def _reading_refusal(response: httpx.Response) -> Generator[None]:
    """Say what was refused when the words about it cannot be read: cut off, or not compressed as announced.

    Raises:
        DownloadError: they cannot; the transport's own error is the cause.
    """
    try:
        yield
    except httpx.RequestError as error:
        raise DownloadError(
            f"the portal answered {response.status_code}, and what it says about it cannot be read "
            f"({type(error).__name__}); nothing was kept"
        ) from error


@contextmanager
def _streamed(endpoint: Endpoint[Any], client: ApiClient, arguments: dict[str, Any]) -> Generator[httpx.Response]:
    http = client.get_httpx_client()
    endpoint.check(http)
    endpoint.warn()
    with http.stream(**arguments) as response:
        if _response.success_of(endpoint.successes, response.status_code) is None:
            with _reading_refusal(response):
                response.read()
            raise _response.api_error(endpoint.operation, response)
        _require_file(endpoint, response)
        yield response


@asynccontextmanager
async def _astreamed(
    endpoint: Endpoint[Any], client: ApiClient, arguments: dict[str, Any]
) -> AsyncGenerator[httpx.Response]:
    http = client.get_async_httpx_client()
    if (checking := endpoint.check(http)) is not None:
        await checking
    endpoint.warn()
    async with http.stream(**for_async(arguments)) as response:
        if _response.success_of(endpoint.successes, response.status_code) is None:
            with _reading_refusal(response):
                await response.aread()
            raise _response.api_error(endpoint.operation, response)
        _require_file(endpoint, response)
        yield response


def download(  # noqa: PLR0913 - what a caller may choose, each by name
    endpoint: Endpoint[Any],
    client: ApiClient,
    arguments: dict[str, Any],
    path: str | Path,
    *,
    progress: OnProgress | None = None,
    max_bytes: int | None = None,
    sha256: str | None = None,
) -> Path:
    """Stream an answer to a file and return its path.

    Args:
        endpoint: the operation.
        client: where httpx clients come from.
        arguments: the request, as `Endpoint.request` returns it.
        path: where the file shall be; replaced in one step, only when everything has arrived.
        progress: called with bytes so far and bytes in all (None when the portal does not say).
        max_bytes: largest size accepted.
        sha256: expected hash in hexadecimal.

    Raises:
        ApiError: the portal answered with a status other than success.
        DownloadError: too large, cut off, or not the file expected; or no file can be made at `path`.
    """
    target = _target(path)
    with _streamed(endpoint, client, arguments) as response:
        sink = _Sink(target, progress, max_bytes, sha256)
        try:
            sink.expect(response.headers)
            with sink.receiving():
                for chunk in response.iter_bytes():
                    sink.write(chunk)
            sink.finish()
        finally:
            sink.discard()
    return Path(path)


async def adownload(  # noqa: PLR0913 - what a caller may choose, each by name
    endpoint: Endpoint[Any],
    client: ApiClient,
    arguments: dict[str, Any],
    path: str | Path,
    *,
    progress: OnProgress | None = None,
    max_bytes: int | None = None,
    sha256: str | None = None,
) -> Path:
    """Stream an answer to a file in an event loop. Arguments and errors are those of `download`."""
    target = _target(path)
    async with _astreamed(endpoint, client, arguments) as response:
        sink = _Sink(target, progress, max_bytes, sha256)
        try:
            sink.expect(response.headers)
            with sink.receiving():
                async for chunk in response.aiter_bytes():
                    sink.write(chunk)
            sink.finish()
        finally:
            sink.discard()
    return Path(path)

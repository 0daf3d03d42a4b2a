"""Small types that appear in signatures: what was left out, files, and raw answers."""

from __future__ import annotations

from enum import Enum
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Generic, Literal, TypeVar, overload

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .errors import ApiError

T = TypeVar("T")
D = TypeVar("D")


class Unset(Enum):
    """Type of `UNSET`. One member, so that `value is UNSET` narrows in mypy and pyright."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """Nothing was given: false, as None is."""
        return False

    def __repr__(self) -> str:
        """Keep dumps of models short."""
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Not given and not sent; different from None, which is sent as null."""


@overload
def value_of(value: T | Unset | None) -> T | None: ...
@overload
def value_of(value: list[T] | Unset | None, default: list[T]) -> list[T]: ...
@overload
def value_of(value: T | Unset | None, default: D) -> T | D: ...
def value_of(value: object, default: object = None) -> object:
    """Return the value of a field, or the default where it was absent or null.

    Nearly every field of an answer may be both; type checkers know of the value that it is there, or of the default's
    type: `sum(value_of(plan.concurrency, 0) for plan in plans)`.
    """
    return default if value is None or isinstance(value, Unset) else value


def _size(payload: object) -> str:
    return f"<{len(payload)} bytes>" if isinstance(payload, bytes) else f"<{type(payload).__name__}>"


@attrs.define(kw_only=False)
class File:
    """A file to upload.

    `payload` is an open binary file or the bytes themselves. It is sent from where it stands, in chunks, so an upload
    needs no memory of its own. `file_name` and `mime_type` go into the part's header.
    """

    payload: BinaryIO | bytes = attrs.field(repr=_size)
    file_name: str | None = None
    mime_type: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a path in place of the content."""
        # It would be sent as if it were the content.
        if isinstance(self.payload, (str, PathLike)):
            raise TypeError("File takes bytes or an open binary file, not a path; pass File.from_path(path).")

    @classmethod
    def from_path(cls, path: str | Path, *, mime_type: str | None = None) -> File:
        """Open a file of the disk for upload, named as it is there. The caller closes `payload`."""
        location = Path(path)
        return cls(location.open("rb"), location.name, mime_type)

    def stream(self) -> BinaryIO:
        """Return the content as a readable binary stream."""
        return BytesIO(self.payload) if isinstance(self.payload, bytes) else self.payload


@attrs.define(kw_only=True)
class Response(Generic[T]):
    """What came back, whatever the status.

    `parsed` is the typed answer of a success and None otherwise; then `error` says what `sync` would have raised.
    """

    # Not HTTPStatus: portals and gateways send numbers that no registry knows (499, 520).
    status_code: int
    content: bytes = attrs.field(repr=_size)
    headers: Mapping[str, str] = attrs.field(repr=False)
    parsed: T | None
    error: ApiError | None = None


__all__ = ["UNSET", "File", "Response", "Unset", "value_of"]

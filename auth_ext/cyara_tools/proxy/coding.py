"""Content codings of answers: opened to find links, and closed again the same way."""

from __future__ import annotations

import gzip
import zlib
from typing import Final

READABLE: Final = frozenset({"gzip", "x-gzip", "deflate", "identity"})

_GZIP: Final = 16 + zlib.MAX_WBITS


def decode(data: bytes, coding: str, *, limit: int) -> bytes | None:
    """Return the content, or None where it cannot be read or is longer than `limit` bytes."""
    if coding in {"", "identity"}:
        return data if len(data) <= limit else None
    if coding not in READABLE:
        return None
    # Some servers call a bare deflate stream `deflate`, against RFC 9110.
    for bits in (_GZIP,) if "gzip" in coding else (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        opened = zlib.decompressobj(bits)
        try:
            # Bounded, since a small answer can hold a very large one.
            content = opened.decompress(data, limit + 1)
        except zlib.error:
            continue
        # What follows the first member would be lost.
        complete = opened.eof and not opened.unused_data
        return content if complete and len(content) <= limit else None
    return None


def encode(content: bytes, coding: str) -> bytes:
    """Return the content in a coding that `decode` reads."""
    if coding in {"", "identity"}:
        return content
    # Without the time, equal answers have equal bytes, and their tags stay true.
    return gzip.compress(content, mtime=0) if "gzip" in coding else zlib.compress(content)

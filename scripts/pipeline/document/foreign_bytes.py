"""What a file is that is no text: told by its first bytes, so that the refusal can say more than "no text"."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from pipeline.document.refusal import SAVE_AGAIN, SAVE_IT

if TYPE_CHECKING:
    from pipeline.document.refusal import Reason

_UNPACK = "Unpack it, and name the document that lies in it."
_OFFICE = (b"word/", b"xl/", b"ppt/", b"[Content_Types].xml")
_ARCHIVES: dict[bytes, str] = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
}
_OTHERS: dict[bytes, str] = {
    b"%PDF": "a PDF",
    b"{\\rtf": "an RTF text, as word processors write it",
    b"\xd0\xcf\x11\xe0": "an Office document (Word or Excel)",
    b"bplist00": "a web archive, as Safari saves a page",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
}
_HEAD = 4096

# What packed text or a document looks like once it is unpacked: an object, gzip, or the first word of YAML.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_=\s-]{40,}")
_PACKED = (b"{", b"\x1f\x8b", b"openapi", b"swagger", b"\xef\xbb\xbf{")


def foreign_bytes(content: bytes) -> Reason | None:
    """Return what a file is whose bytes are those of no text, or None where they do not tell."""
    head = content[:_HEAD]
    if not content.strip(b" \t\r\n\xef\xbb\xbf\x00"):
        return "is empty", SAVE_AGAIN
    if head.startswith(b"PK\x03\x04"):
        office = any(part in head for part in _OFFICE)
        return ("is an Office document (Word or Excel)", SAVE_IT) if office else ("is a zip archive", _UNPACK)
    for magic, what in _ARCHIVES.items():
        if head.startswith(magic):
            return f"is packed by {what}", _UNPACK
    if head[257:262] == b"ustar":
        return "is a tar archive", _UNPACK
    other = next((what for magic, what in _OTHERS.items() if head.startswith(magic)), None)
    return (f"is {other}", SAVE_IT) if other else _base64(content)


def _base64(content: bytes) -> Reason | None:
    if not _BASE64.fullmatch(content[:_HEAD]):
        return None
    # Whole groups of four letters, so that the beginning can be read alone.
    letters = b"".join(content[:_HEAD].split())[:120]
    try:
        plain = base64.b64decode(letters[: len(letters) // 4 * 4], altchars=b"-_" if b"-" in letters else None)
    except (ValueError, binascii.Error):
        return None
    if not plain.lstrip().startswith(_PACKED):
        return None
    return "is a document in base64", "Decode it with `python -m base64 -d FILE > swagger.json`, and name that file."

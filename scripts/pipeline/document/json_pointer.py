"""JSON pointers (RFC 6901): how a place in a document is written, in references and in reports."""

from __future__ import annotations


def escaped(part: str) -> str:
    """Return a key as a JSON pointer writes it."""
    # The tilde first: it is what the slash is escaped with.
    return part.replace("~", "~0").replace("/", "~1")


def unescaped(part: str) -> str:
    """Return the key that a part of a JSON pointer names."""
    # The tilde last: `~01` is the key `~1`, not a slash.
    return part.replace("~1", "/").replace("~0", "~")


def pointer(*parts: object) -> str:
    """Return a JSON pointer from keys and positions."""
    return "".join("/" + escaped(str(part)) for part in parts)

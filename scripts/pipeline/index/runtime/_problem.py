"""What a portal says about its refusal, as one short line: no markup, no line break, nothing that looks like a secret.

Read are ASP.NET's ProblemDetails and validation errors, the answers of older Web APIs, OData, ABP and OAuth, and plain
text. A line is for people: programs find the whole answer in `ApiError.problem` and `content`.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, Any

from ._json import is_array, is_object, loads
from ._text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LONGEST = 300
"""Characters of the line."""

_LOOKED_AT = 4_000
_WORDS = 3
_REMARKS = 3
_DEEPEST = 3
REPLACEMENT = "[redacted]"

# In the order in which people want to read them: what it is about, then what exactly.
_SAYS = (
    "title",
    "error",
    "detail",
    "message",
    "error_description",
    "errormessage",
    "description",
    "reason",
    "exceptionmessage",
    "details",
)
_BY_FIELD = ("errors", "modelstate", "validationerrors", "validation_errors")
_MARKUP = re.compile(
    r"<(?:!doctype|!--|\?xml|/?(?:html|head|body|script|style|title|meta|div|span|p|br|h[1-6]|a|b|i|pre|table|center)\b)",
    re.IGNORECASE,
)
_NAMES = r"[\w.-]*(?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|signature|cookie|authorization)[\w.-]*"
_SECRETS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # The header's value: behind its scheme, and by the shape of a pair.
        (
            r"(api[-_ ]?key[\"']?(?:\s|%20|\+|[:=])+[\"']?)(?:[^\s\"',;]{16,}|[^\s\"',;]+:[^\s\"',;]+)",
            rf"\1{REPLACEMENT}",
        ),
        (r"\b[0-9a-f]{32}(?::|%3A)[^\s\"',;]+", REPLACEMENT),
        (r"\b((?:bearer|basic|digest|negotiate)\s+)(?=\S*\d)[^\s\"',;]{8,}", rf"\1{REPLACEMENT}"),
        (r"\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}", REPLACEMENT),
        (rf"({_NAMES}[\"']?\s*=\s*[\"']?)[^\s&;,\"')]+", rf"\1{REPLACEMENT}"),
        # A sentence may follow a colon; what has a digit in it is hardly one.
        (rf"({_NAMES}[\"']?\s*:\s*[\"']?)(?=\S*\d)[^\s&;,\"')]+", rf"\1{REPLACEMENT}"),
        (r"(://)[^/\s@]+@", rf"\1{REPLACEMENT}@"),
        # A key alone is to be treated as a password; the ids of traces have hyphens around them.
        (r"(?<![\w-])[0-9a-f]{32}(?![\w-])", REPLACEMENT),
    )
)
_LONG_WORD = re.compile(r"(?<![\w/+-])[\w/+-]{40,}={0,2}")


def parsed_problem(content: bytes, media_type: str) -> Any:
    """Return the JSON value of an error's body, None where it is none."""
    begins = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    # Gateways send JSON as text, or say nothing of its type.
    if not media_type.endswith(("/json", "+json")) and begins not in {b"{", b"["}:
        return None
    try:
        return loads(content)
    except (ValueError, RecursionError):
        return None


def explanation(value: Any, content: bytes, content_type: str, redact: Callable[[str], str] = str) -> str:
    """Return the portal's words, at most `LONGEST` characters; empty where there are none for people to read.

    Args:
        value: the body as JSON value, None where it is no JSON.
        content: the body.
        content_type: its media type with parameters, as received.
        redact: takes secrets that somebody knows out of a text; what looks like one goes anyway.
    """
    words = _Words(redact)
    if value is None:
        plain = content_type.partition(";")[0].strip().lower() in {"", "text/plain"} and b"\x00" not in content
        line = words.line(text_of(content[: 4 * _LOOKED_AT], content_type)) if plain else ""
    else:
        line = words.said_by(value[0] if is_array(value) and value else value)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3].rstrip()}..."


def scrubbed(text: str) -> str:
    """Return a text without what looks like a secret, whosever it is."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return _LONG_WORD.sub(lambda found: REPLACEMENT if _is_random(found[0]) else found[0], text)


def _is_random(word: str) -> bool:
    """Say whether a long word is rather a token than a path or a name."""
    kinds = (str.isdigit, str.islower, str.isupper)
    return all(any(kind(char) for char in word) for kind in kinds) and word.count("/") < len(word) // 8


class _Words:
    """Reads the words of a portal for people."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def line(self, text: str) -> str:
        """Return a text as one line, empty if it is markup."""
        if len(text) > _LOOKED_AT:
            # Not within a word: half a secret has not the shape of one.
            text = text[:_LOOKED_AT].rpartition(" ")[0]
        if _MARKUP.search(text):
            return ""
        # What cannot be seen could hide a secret's shape, or turn the direction of what follows.
        seen = (char for char in text if unicodedata.category(char) != "Cf")
        line = " ".join("".join(char if char.isprintable() else " " for char in seen).split())
        return scrubbed(self._redact(line))

    def said_by(self, value: Any, depth: int = 0) -> str:
        """Return what a JSON value says."""
        if not is_object(value) or depth > _DEEPEST:
            return self.line(value) if isinstance(value, str) else ""
        fields = {str(key).lower(): inner for key, inner in value.items()}
        if is_object(fields.get("error")):
            return self.said_by(fields["error"], depth + 1)
        words: list[str] = []
        for name in _SAYS:
            said = self.line(text) if isinstance(text := fields.get(name), str) else ""
            if said and not any(said.casefold() in earlier.casefold() for earlier in words):
                words.append(said)
        *before, last = words[:_WORDS] or [""]
        line = ": ".join([*(word.rstrip(".:") for word in before), last])
        remarks = list(islice(self._remarks(fields, depth + 1), _REMARKS))
        if not remarks:
            return line
        listed = "; ".join(remarks)
        return f"{line.rstrip('.')} ({listed})" if line else listed

    def _remarks(self, fields: Mapping[str, Any], depth: int) -> Iterator[str]:
        """Yield what is said about single fields of the request."""
        for name in _BY_FIELD:
            found = fields.get(name)
            if is_object(found):
                for field, texts in found.items():
                    for text in texts if is_array(texts) else [texts]:
                        if isinstance(text, str) and (said := self.line(text)):
                            yield f"{self.line(field)}: {said}" if field else said
            elif is_array(found):
                yield from filter(None, (self.said_by(entry, depth) for entry in found))

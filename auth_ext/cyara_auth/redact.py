"""Takes the secret out of what other code writes: log records, and exceptions on their way to the caller.

The credential itself shows nothing (see `credential`), and the header leaves the request after it was sent. What
remains is what libraries below do with the bytes in between: an h11 error quotes the value it refuses,
`UnicodeEncodeError` keeps the whole text, and a traceback that prints locals shows the frames of the HTTP stack,
header list included. Two tools:

* `RedactingFilter` for `logging`: put it on handlers (`handler.addFilter(RedactingFilter())`), because a filter on a
  logger does not see what its children log.
* `scrub`, which the guarded transport calls on every exception that passes through it.
"""

import base64
import itertools
import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any, cast, final

from cyara_auth.credential import ApiCredential

REPLACEMENT = "[redacted]"

_HEADER = re.compile(r"(apikey(?:[ \t]+|%20|\+))[^\s'\",\\]+", re.IGNORECASE)
_PAIR = re.compile(r"[0-9a-f]{32}(?::|%3A)[A-Za-z0-9+/%]{43,}(?:=|%3D)", re.IGNORECASE)


@final
class Redactor:
    """Replaces secrets in a text: whatever follows the scheme or looks like a pair, and the credentials it was given.

    Args:
        credentials: Pairs to be found in every spelling, also alone: key, token, URL-encoded, with the escapes of JSON
            and HTML, in other case, wrapped, in hexadecimal, base64, the key as a GUID.
            The key counts as a secret too: the vendor says that it is to be treated as a password.
    """

    __slots__ = ("_replace_known",)

    def __init__(self, *credentials: ApiCredential) -> None:
        # Longest first: the pair must go before its halves, or its colon would tell where they were.
        forms = sorted({form for one in credentials for form in _spellings(one.pair_text())}, key=len, reverse=True)
        known = re.compile("|".join(map(_pattern, forms))) if forms else None

        # Behind a closure like the pair itself, so that no dump of this object shows it.
        def replace_known(text: str) -> str:
            return text if known is None else known.sub(REPLACEMENT, text)

        self._replace_known = replace_known

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        return _PAIR.sub(REPLACEMENT, _HEADER.sub(rf"\g<1>{REPLACEMENT}", self._replace_known(text)))


def holds_pair(text: str) -> bool:
    """Say whether a text has something of the observed shape of a pair in it."""
    return _PAIR.search(text) is not None


_HEADER_BLOCK = "Encoded header block to %s"
"""How hpack 4.2 logs a block of HTTP/2 headers at DEBUG: the secret in it is only Huffman-coded, so it can be read."""


class RedactingFilter(logging.Filter):
    """Lets every record pass, without secrets in message, arguments, exception text and extra fields.

    Args:
        credentials: As for `Redactor`; without any, pairs are found by scheme and shape.
    """

    def __init__(self, *credentials: ApiCredential) -> None:
        super().__init__()
        self._redact = Redactor(*credentials)

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean the record in place and let it pass."""
        if record.msg == _HEADER_BLOCK:
            record.args = (REPLACEMENT,)
        self._clean_message(record)
        if record.exc_info:
            text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            if (clean := self._redact(text)) != text:
                # The exception object would be printed again, by handlers that format it themselves.
                record.exc_info, record.exc_text = None, clean
        # Extra fields are attributes of the record, and formatters for JSON print them all.
        for name, value in vars(record).items():
            if isinstance(value, str):
                vars(record)[name] = self._redact(value)
        return True

    def _clean_message(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001  # whatever a __str__ of the caller's raises
            # Arguments that do not fit the message: logging would print them all to stderr.
            message = f"{record.msg!r} {record.args!r}"
            record.msg, record.args = self._redact(message), ()
            return
        if (clean := self._redact(message)) != message:
            record.msg, record.args = clean, ()


def scrub(error: BaseException, *credentials: ApiCredential) -> None:
    """Take the secret out of an exception and of everything that hangs on it, in place.

    Texts in arguments, notes and attributes are cleaned, and the local variables of frames that have ended are
    released: line numbers stay, values go.
    """
    redact = Redactor(*credentials)
    for link in _chain(error):
        # Frames that still run cannot be cleared; they are the caller's own.
        traceback.clear_frames(link.__traceback__)
        link.args = tuple(_clean(argument, redact) for argument in link.args)
        # These keep the whole text in a C field, which `vars` does not show.
        if isinstance(link, UnicodeEncodeError | UnicodeDecodeError):
            link.object = cast("Any", _clean(link.object, redact))
        for name, value in list(vars(link).items()):
            vars(link)[name] = _clean(value, redact)


def _chain(error: BaseException) -> list[BaseException]:
    """Return the exception, its causes and contexts and the members of groups, each once."""
    links = [error]
    # It grows while it is walked.
    for link in links:
        near = [link.__cause__, link.__context__]
        if isinstance(link, BaseExceptionGroup):
            near += cast("BaseExceptionGroup[BaseException]", link).exceptions
        # By identity: contexts may form a circle, and an exception can compare as it likes.
        for one in near:
            if one is not None and not any(one is known for known in links):
                links.append(one)
    return links


def _clean(value: object, redact: Redactor) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bytes):
        return redact(value.decode("latin-1")).encode("latin-1")
    if isinstance(value, list):
        return [_clean(item, redact) for item in cast("list[object]", value)]
    return value


def _spellings(pair: str) -> Iterator[str]:
    key, _, token = pair.partition(":")
    for text in (pair, token, key):
        yield text
        yield base64.b64encode(text.encode()).decode()
        yield text.encode().hex()
    # .NET prints a Guid with hyphens, whatever it was given.
    yield "-".join(key[start:end] for start, end in itertools.pairwise((0, 8, 12, 16, 20, 32)))


def _pattern(text: str) -> str:
    """Return what finds a text in any spelling: URL-encoded, with the escapes of JSON and HTML, wrapped or spaced."""
    # Few, and not any number: a long row of blanks would be looked through once for each of them.
    return r"\s{0,2}".join(_ESCAPED.get(char) or _either_case(char) for char in text)


def _either_case(char: str) -> str:
    return f"[{char.lower()}{char.upper()}]" if char.isalpha() else re.escape(char)


def _escaped(char: str, *others: str) -> str:
    code = f"{ord(char):02x}"
    forms = (
        re.escape(char),
        rf"\\{{1,4}}{re.escape(char)}",
        f"%{code}",
        rf"\\{{1,4}}u00{code}",
        f"&#x{code};",
        f"&#{ord(char)};",
    )
    return f"(?i:{'|'.join((*forms, *others))})"


# A form that is read twice has a blank for the plus; one that forgets the filling reads as well without it. Base64 for
# URLs has other signs for two.
_ESCAPED = {"+": _escaped("+", r"\s", "-"), "/": _escaped("/", "_"), ":": _escaped(":"), "=": f"(?:{_escaped('=')})?"}

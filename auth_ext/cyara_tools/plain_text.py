"""Text of the portal's made fit for a file or a terminal: characters that every reader takes, and not without end."""

import re
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

# All that is no character of XML 1.0: control characters, lone surrogates, the two non-characters. C1 controls and the
# delete character are allowed there, but a terminal may take them for commands; so may it a change of the direction.
_UNFIT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_LINE_END: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def plain(text: str, *, most: int) -> str:
    """Return a text with characters of XML 1.0 only, one kind of line ends, and at most about `most` characters.

    What is left out is counted at its end.
    """
    left_out = len(text) - most
    # A little is not worth a note that is as long.
    note = f" [{left_out} more characters]" if left_out > 0 else ""
    fit = _UNFIT.sub(REPLACEMENT, _LINE_END.sub("\n", text[:most]))
    return f"{fit}{note}"


def one_line(text: str, *, most: int) -> str:
    """Return a text as `plain` does, on one line."""
    return plain(text, most=most).replace("\n", " ").replace("\t", " ")

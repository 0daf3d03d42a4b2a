"""What is wrong with a text that was meant to be JSON, said so that a person can mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.document.refusal import SAVE_AGAIN
from pipeline.errors import quoted

if TYPE_CHECKING:
    import json

    from pipeline.document.refusal import Reason

_MEND = "Mend it there, or save the file again."
_LITERAL = re.compile(r"[\w.+-]*\s*")


def json_fault(text: str, error: ValueError) -> Reason:
    """Return what an error of ``json.loads`` comes from, and the next step."""
    position = getattr(error, "pos", None)
    if position is None:
        # Ours: a key twice, or a constant that JSON does not have.
        twice = "twice" in str(error)
        step = "Keep one of the two." if twice else "Write a number or null there."
        return f"is not valid JSON: {quoted(error)}", step
    return _positioned(text, position, error)


def _positioned(text: str, position: int, error: ValueError | json.JSONDecodeError) -> Reason:
    message = str(getattr(error, "msg", error))
    rest = text[position:].lstrip()
    line = text[:position].count("\n") + 1
    where = f"in line {line}, column {position - text.rfind(chr(10), 0, position)}"
    # Half of a literal (`tru`) is where a file ends, too.
    if message.startswith("Unterminated string") or _LITERAL.fullmatch(rest) or _cut_escape(message, rest):
        last = text.rstrip().count("\n") + 1
        return f"was cut off: it ends in line {last}, before its last brace", SAVE_AGAIN
    if rest.startswith(("//", "/*", "#")):
        return f"has a comment {where}, and JSON has none", "Remove the comments."
    if _comma(text, position):
        return f"has a comma too much {where}, before a bracket", "Remove it."
    if rest.startswith("'"):
        return f"has single quotes {where}, and JSON has double ones", "Write it with `json.dump`, not with `print`."
    if message.startswith("Extra data"):
        return f"is not valid JSON: it goes on after its last brace, {where}", "Keep the first part, the document."
    return f"is not valid JSON: {quoted(error)}", _MEND


def _cut_escape(message: str, rest: str) -> bool:
    return message.startswith("Invalid \\") and '"' not in rest


def _comma(text: str, position: int) -> bool:
    # Newer versions of Python point at the comma, older ones at the bracket.
    after = text[position:].lstrip()
    if after.startswith(","):
        return after[1:].lstrip()[:1] in {"}", "]"}
    return after[:1] in {"}", "]"} and text[:position].rstrip().endswith(",")

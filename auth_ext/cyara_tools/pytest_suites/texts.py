"""What items say of results: names and reasons of the portal, fit for pytest, terminals and the logs of CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cyara_tools.plain_text import one_line, plain
from cyara_tools.reports.ci_commands import no_command

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_IN_A_NAME: Final = 200
_MOST: Final = 20_000
_NO_BRACKETS: Final = str.maketrans("[]", "()")


def name_of(text: str) -> str:
    """Return a name of the portal as the name of an item: `::` stands between names."""
    return no_command(one_line(text, most=_MOST_IN_A_NAME)).replace("::", ":").strip() or "no name"


def class_name_of(text: str) -> str:
    """Return a name as that of a class, after which pytest's JUnit looks for brackets of parameters."""
    return name_of(text).translate(_NO_BRACKETS)


def fit(text: str) -> str:
    """Return text without what terminals and the logs of CI take for commands."""
    return no_command(plain(text, most=_MOST))


def is_same(name: str | None, case: str) -> bool:
    """Return whether a result's name is that of a test case; portals spell it in both places as they like."""
    return (name or "").strip().lower() == case.strip().lower()


def meaning_of(result: dict[str, Any]) -> str:
    """Return what a result of the JSON report means: `passed`, `failed` or `not_called`."""
    return str(result["meaning"])


def is_bad(result: dict[str, Any]) -> bool:
    """Return whether a result speaks against the gate."""
    return meaning_of(result) != "passed" or bool(result["too_long"])


def told(results: Iterable[dict[str, Any]]) -> str:
    """Return results with their reasons, a line each."""
    pairs = [(result["result"] or "no result", result["reason"]) for result in results]
    return "\n".join(fit(": ".join(filter(None, pair))) for pair in pairs)

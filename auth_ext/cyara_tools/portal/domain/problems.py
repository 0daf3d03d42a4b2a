"""How the simulated account refuses a request: by a problem (RFC 9457) with a status."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class ProblemError(Exception):
    """Answered as a problem with this status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def not_found(what: str, number: object) -> ProblemError:
    """Return the error for a thing that does not exist."""
    return ProblemError(404, f"There is no {what} {number}.")


def existing(found: T | None, what: str, number: object) -> T:
    """Return what was found.

    Raises:
        ProblemError: nothing was found.
    """
    if found is None:
        raise not_found(what, number)
    return found

"""How the life behind the document says no."""

from __future__ import annotations


class ProblemError(Exception):
    """Answered as a problem with this status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def not_found(what: str, number: object) -> ProblemError:
    """Say that there is no such thing."""
    return ProblemError(404, f"There is no {what} {number}.")

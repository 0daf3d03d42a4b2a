"""How the life behind the document says no."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer to the caller, not an error of the portal
    """Answered as a problem with this status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def missing(what: str, number: object) -> Refusal:
    """Say that there is no such thing."""
    return Refusal(404, f"There is no {what} {number}.")

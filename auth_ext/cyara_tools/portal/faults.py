"""Faults to order: what can go wrong between a caller and a portal, said in one value each.

A fault strikes either before the portal looks at the credential, so that nothing is charged, or after it, so that a
charge stands although the caller never hears of it. That difference is what a client's bookkeeping is tested by.
"""

from __future__ import annotations

import enum
import threading
from typing import Final

import attrs

LOGIN_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>Log in</title></head><body><form action='/login'></form></body></html>"
)


class Stage(enum.StrEnum):
    """When a fault strikes."""

    BEFORE_EVALUATION = "before"
    AFTER_EVALUATION = "after"


@attrs.frozen(kw_only=True)
class Fault:
    """One disturbance. Build it with the functions below."""

    stage: Stage = Stage.AFTER_EVALUATION
    status: int | None = None
    """Answer this status in place of the real answer."""
    body: str = ""
    media_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    """Seconds to wait first."""
    drop: bool = False
    """Close the connection without a byte."""
    cut: int | None = None
    """Close the connection after this many bytes of the answer, its head included."""
    pace: float = 0.0
    """Seconds to wait between pieces of the answer's body, of one kibibyte each."""
    times: int | None = 1
    """How many requests it strikes; None for all."""
    skip: int = 0
    """How many fitting requests pass before the first one is struck."""
    path: str = ""
    """Strikes only requests whose path contains this text."""


@attrs.define
class FaultPlan:
    """Faults in the order they were ordered; a request is struck by the first that fits it and is not used up."""

    _pending: list[Fault] = attrs.field(factory=list[Fault], init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def inject(self, *faults: Fault) -> None:
        """Add faults behind those still pending."""
        with self._lock:
            self._pending += faults

    def clear(self) -> None:
        """Forget all that is pending."""
        with self._lock:
            self._pending.clear()

    @property
    def pending(self) -> int:
        """How many orders are not used up."""
        return len(self._pending)

    def take(self, path: str) -> Fault | None:
        """Return the fault that strikes this request, if any, and count it."""
        if not self._pending:
            return None
        with self._lock:
            for index, fault in enumerate(self._pending):
                if fault.path not in path:
                    continue
                if fault.skip:
                    self._pending[index] = attrs.evolve(fault, skip=fault.skip - 1)
                    return None
                if fault.times is not None:
                    self._pending[index : index + 1] = (
                        [attrs.evolve(fault, times=fault.times - 1)] if fault.times > 1 else []
                    )
                return fault
        return None


def answer(
    status: int, body: str = "", *, media_type: str | None = None, stage: Stage = Stage.BEFORE_EVALUATION
) -> Fault:
    """Answer a status of one's own, by default before the credential is looked at (429, 503)."""
    return Fault(status=status, body=body, media_type=media_type, stage=stage)


def gateway(status: int = 504) -> Fault:
    """Let a gateway answer 502 or 504 after the portal has judged the credential behind it."""
    return Fault(status=status, body="<html><body>Bad gateway</body></html>", media_type="text/html")


def delay(seconds: float, *, stage: Stage = Stage.AFTER_EVALUATION) -> Fault:
    """Answer late."""
    return Fault(delay=seconds, stage=stage)


def drop(*, stage: Stage = Stage.AFTER_EVALUATION) -> Fault:
    """Close the connection without an answer."""
    return Fault(drop=True, stage=stage)


def cut(after: int) -> Fault:
    """Close the connection after so many bytes of the answer."""
    return Fault(cut=after)


def login_page() -> Fault:
    """Answer 200 with a page for people, as a session filter in front of a portal does."""
    return Fault(status=200, body=LOGIN_PAGE, media_type="text/html", stage=Stage.BEFORE_EVALUATION)


def redirect(location: str, *, status: int = 302) -> Fault:
    """Send the caller elsewhere."""
    return Fault(status=status, headers=(("location", location),), stage=Stage.BEFORE_EVALUATION)

"""Faults to inject: what can go wrong between a caller and a portal, each of them one value.

A fault happens either before the portal checks the credential, so that nothing is charged, or after it, so that a
charge stands although the caller never learns of it. A client has to tell the two apart.
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
    """When a fault happens."""

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
    chunk_delay: float = 0.0
    """Seconds to wait before each chunk of the answer's body, of one kibibyte."""
    times: int | None = 1
    """How many requests it hits; None for all."""
    skip: int = 0
    """How many matching requests pass before the first one is hit."""
    path: str = ""
    """Hits only requests whose path contains this text."""


@attrs.define
class FaultPlan:
    """Faults in the order of their injection; a request is hit by the first that matches it and is not used up."""

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
        """How many faults are not used up."""
        return len(self._pending)

    def take(self, path: str) -> Fault | None:
        """Return the fault that hits this request, if any, and count it."""
        # Nearly always nothing is pending, and then a request need not wait for the lock.
        if not self._pending:
            return None
        with self._lock:
            for index, fault in enumerate(self._pending):
                if fault.path not in path:
                    continue
                # A fault that skips a request also hides the faults behind it: one request counts for one fault.
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
    """Answer another status, by default before the credential is checked (429, 503)."""
    return Fault(status=status, body=body, media_type=media_type, stage=stage)


def gateway(status: int = 504) -> Fault:
    """Let a gateway answer 502 or 504 after the portal behind it has checked the credential."""
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

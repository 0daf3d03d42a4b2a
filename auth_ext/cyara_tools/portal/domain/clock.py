"""The portal's time: tests move it, demonstrations speed it up."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cyara_auth._platform.system import this_system

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Starts at the present and runs at `speed` seconds a second; `advance` jumps ahead."""

    def __init__(self, *, speed: float, monotonic: Callable[[], float] | None = None) -> None:
        # Not `time.monotonic`: a test that freezes the clock would wait for the end of a run for ever.
        self._monotonic = monotonic = this_system().uptime if monotonic is None else monotonic
        self._speed = speed
        # Whole seconds, so that what is there from the start has times that are easy to read.
        self._origin = datetime.now(UTC).replace(microsecond=0)
        self._started = monotonic()
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the portal's time, in UTC."""
        with self._lock:
            passed = (self._monotonic() - self._started) * self._speed + self._skipped
        return self._origin + timedelta(seconds=passed)

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        with self._lock:
            self._skipped += seconds


def format_time(moment: datetime | None) -> str | None:
    """Write a time as .NET does: UTC, seven fractional digits, `Z`."""
    if moment is None:
        return None
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def format_time_span(length: timedelta) -> str:
    """Write a time span as .NET does: `[d.]hh:mm:ss[.fffffff]`."""
    days, seconds = length.days, length.seconds
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    text += f".{length.microseconds:06}0" if length.microseconds else ""
    return f"{days}.{text}" if days else text

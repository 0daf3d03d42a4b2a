"""Defer Ctrl-C in the few moments that must not stop half-way: installing and cleaning up."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def defer_interrupt() -> Generator[None]:
    """Let Ctrl-C take effect only when the block is done."""
    # Python delivers signals to the main thread alone, and lets no other one set their handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
        # Once more, and now for the handler that was there before: the key is late, not lost.
        if pressed:
            signal.raise_signal(signal.SIGINT)

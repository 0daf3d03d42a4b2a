"""Keep Ctrl-C out of the few moments that must not stop half-way: installing and cleaning up.

The key is not lost: it takes effect as soon as the block is done.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def defer_interrupt() -> Generator[None]:
    """Hold back Ctrl-C while the block runs; outside of the main thread there is nothing to hold back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
        if pressed:
            signal.raise_signal(signal.SIGINT)

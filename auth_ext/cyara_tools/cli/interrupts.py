"""Ctrl-C that is not lost."""

from __future__ import annotations

import sys
from typing import Final

_LATER: Final = 0.01
"""Seconds."""


def keep_interrupts() -> None:
    """Send Ctrl-C again where it arrived while Python finalised an object: there it is reported, and nothing ends."""
    report = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            report(unraisable)
            return
        # Late: needed once in the life of a few programs.
        import _thread
        import threading

        # After this function, in which it would be lost once more.
        again = threading.Timer(_LATER, _thread.interrupt_main)
        again.daemon = True
        again.start()

    sys.unraisablehook = hook

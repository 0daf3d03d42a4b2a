"""Settling inside an event loop: a task must not stand still while a disk or a network answers."""

import asyncio
from collections.abc import Callable


def flush_soon(flush: Callable[[], None]) -> bool:
    """Run `flush` on a worker thread if this thread runs an event loop; return whether it took it.

    Losing it with the process costs an UNKNOWN, never safety: the reservation stays charged.
    """
    try:
        asyncio.get_running_loop().run_in_executor(None, flush)
    except RuntimeError:  # no loop here, or one that ends and takes no more work
        return False
    return True

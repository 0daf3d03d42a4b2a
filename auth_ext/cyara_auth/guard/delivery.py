"""Settling inside an event loop: a task must not stand still while a disk or a network answers."""

import sys
from collections.abc import Callable


def flush_soon(flush: Callable[[], None]) -> bool:
    """Run `flush` on a worker thread if this thread runs an event loop; return whether it took it.

    Losing it with the process costs an UNKNOWN, never safety: the reservation stays charged.
    """
    if "asyncio" not in sys.modules:  # then no loop runs, and threads are spared its import
        return False
    import asyncio  # noqa: PLC0415 - there already

    try:
        asyncio.get_running_loop().run_in_executor(None, flush)
    except RuntimeError:  # no loop here, or one that ends and takes no more work
        return False
    return True

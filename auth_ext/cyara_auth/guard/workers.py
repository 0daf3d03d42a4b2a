"""Threads of the guard's own, on which tasks ask the store.

asyncio's default executor is the application's: when all its threads wait for guarded calls, nothing would ever end.
These threads wait for nothing but the store.
"""

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")

_THREADS = 8


class Workers:
    """A few threads, started when the first task needs one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def run(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Run something that may wait for a store or a source; called from a task.

        Raises:
            RuntimeError: the interpreter ends and takes no more work.
        """
        # Late, here and below: threads do without asyncio.
        import asyncio

        return asyncio.get_running_loop().run_in_executor(self._pool(), work)

    def soon(self, work: Callable[[], object]) -> bool:
        """Run something later if this thread runs an event loop, which must not stand still; return whether it will."""
        # Without asyncio no loop runs, and threads are spared its import.
        if "asyncio" not in sys.modules:
            return False
        try:
            self.run(work)
        except RuntimeError:  # no loop here, or the interpreter ends
            return False
        return True

    def after_fork_in_child(self) -> None:
        """Start afresh: the threads stayed in the parent."""
        self._lock = threading.Lock()
        self._executor = None

    def _pool(self) -> "ThreadPoolExecutor":
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="cyara-guard")
            return self._executor

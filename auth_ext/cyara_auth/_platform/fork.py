"""Forks: locks and connections must not be carried into a child in the middle of something.

Python cannot unregister a fork handler, so there is one per process, and it walks those who are still alive.
"""

import itertools
import os
import threading
from contextlib import ExitStack
from typing import Final, Protocol
from weakref import WeakValueDictionary


class ForkAware(Protocol):
    """Something that has to start afresh in a forked child, and perhaps to stand still while the process forks."""

    def before_fork(self) -> None:
        """Stand still, where that is needed: called in the parent, by the forking thread."""
        return

    def after_fork_in_parent(self) -> None:
        """Go on."""
        return

    def after_fork_in_child(self) -> None:
        """Start afresh: only the forking thread exists here."""


class ModuleLock(ForkAware):
    """A plain lock, of which a child has a fresh one: another thread of the parent may have held the old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        watch_forks(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Take a fresh lock."""
        self._lock = threading.Lock()


# Weakly, or every client ever made would live as long as the process; by number, so that they keep their order.
_watched: Final[WeakValueDictionary[int, ForkAware]] = WeakValueDictionary()
_numbers: Final = itertools.count()


class _Forking(threading.local):
    """What the forking thread has stopped: another one may be forking, too, and starts its own again."""

    stopped: ExitStack | None = None


_forking: Final = _Forking()


def watch_forks(thing: ForkAware) -> None:
    """Tell `thing` about every fork from now on, for as long as somebody else keeps it alive."""
    _watched[next(_numbers)] = thing


def _alive() -> list[ForkAware]:
    # One step for other threads, unlike `values`, which they could interrupt by adding to it.
    return [thing for reference in _watched.valuerefs() if (thing := reference()) is not None]


def _before() -> None:
    # A stack, which goes on with the others when one of them raises, as at a Ctrl-C: a lock would stay locked.
    _forking.stopped = ExitStack()
    # The last first, and afterwards the first one first, as Python itself does it.
    for thing in reversed(_alive()):
        thing.before_fork()
        _forking.stopped.callback(thing.after_fork_in_parent)


def _in_parent() -> None:
    # Not whoever came in between: it was not told to stand still.
    stopped, _forking.stopped = _forking.stopped, None
    if stopped is not None:
        stopped.close()


def _in_child() -> None:
    _forking.stopped = None
    with ExitStack() as stack:
        for thing in reversed(_alive()):
            stack.callback(thing.after_fork_in_child)


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows does not fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)

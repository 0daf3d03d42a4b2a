"""Forks: locks and connections must not be carried into a child in the middle of something."""

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Something that has to stand still while the process forks, and to start afresh in the child."""

    def before_fork(self) -> None:
        """Stand still: called in the parent, by the forking thread."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Start afresh: only the forking thread exists here."""
        ...


def watch_forks(thing: ForkAware) -> None:
    """Tell `thing` about every fork from now on, for as long as somebody else keeps it alive."""
    if not hasattr(os, "register_at_fork"):
        return  # Windows does not fork
    # Python has no way to unregister; with a strong reference every client ever made would live as long as the process.
    reference = weakref.ref(thing)

    def before() -> None:
        if alive := reference():
            alive.before_fork()

    def in_parent() -> None:
        if alive := reference():
            alive.after_fork_in_parent()

    def in_child() -> None:
        if alive := reference():
            alive.after_fork_in_child()

    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)

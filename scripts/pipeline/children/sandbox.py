"""What a child that handles an untrusted document cannot do: write elsewhere, reach a host, start a program.

It guards against mistakes of the generator and its templates; it is no defence against native code.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FORBIDDEN = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.spawn",
        "os.posix_spawn",
        "os.fork",
        "os.forkpty",
        "os.startfile",
        "os.startfile/2",
        "pty.spawn",
        "ctypes.dlopen",
    }
)
_PATH_EVENTS = {
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "shutil.rmtree": 1,
}
_WATCHED = _FORBIDDEN | _PATH_EVENTS.keys() | {"open"}
_READING = frozenset("rbtU")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class EscapeError(RuntimeError):
    """A stage tried to leave its folder."""


def confine(*folders: Path, loopback_port: int | None = None) -> None:
    """Allow writing below ``folders`` only, and neither network nor other programs, for the rest of this process.

    The one exception is a server on ``loopback_port`` of this machine, when that is given.
    """
    roots = {os.path.realpath(folder) for folder in folders} | {os.devnull}
    prefixes = tuple(folder + os.sep for folder in roots)

    def is_inside(path: object) -> bool:
        # A descriptor: what is open already was judged when it was opened.
        if not isinstance(path, (str, bytes, os.PathLike)):
            return True
        # First without resolving links, which costs system calls for each file: no link inside leads out, because
        # os.symlink is judged too.
        full = os.path.abspath(os.fsdecode(os.fspath(path)))  # noqa: PTH100 - `Path.resolve` follows links
        return full.startswith(prefixes) or full in roots or os.path.realpath(full).startswith(prefixes)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        # Python raises thousands of other events, and each of them comes here.
        if event not in _WATCHED:
            return
        if event == "open":
            path, mode, flags = arguments
            if _writes(mode, flags) and not is_inside(path):
                raise EscapeError(f"{event} outside of the staging folder")
        elif event in _PATH_EVENTS:
            if not all(is_inside(path) for path in arguments[: _PATH_EVENTS[event]]):
                raise EscapeError(f"{event} outside of the staging folder")
        elif not _is_reachable(event, arguments, loopback_port):
            raise EscapeError(f"{event} is not allowed here")

    # An audit hook cannot be removed again, so code that a hostile document smuggles in cannot lift it.
    sys.addaudithook(hook)


def _is_reachable(event: str, arguments: tuple[object, ...], loopback_port: int | None) -> bool:
    # Both by number: a name would have to be looked up, and that reaches other hosts.
    asked = {"socket.connect": arguments[1:2], "socket.getaddrinfo": (arguments[:2],)}.get(event)
    return loopback_port is not None and asked == (("127.0.0.1", loopback_port),)


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return not _READING.issuperset(mode)
    return isinstance(flags, int) and bool(flags & _WRITING)

"""Which portals on this machine are local portals: each leaves a hint for its port, and says so itself when asked.

The hint decides nothing. It only says where one question may be asked that carries no credential, so that a server
without a hint, such as a tunnel to a real portal, hears nothing. The local portal writes the hint, the client reads it.
"""

import json
import os
import tempfile
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import attrs

from cyara_auth._platform.files import others_can_replace
from cyara_auth._platform.owner import current_owner, is_dead
from cyara_auth.machine import Owner

LOCAL_PORTAL: Final = "cyara-local-portal"
"""Header of a local portal's answers, in lower case: fingerprints of the keys that it issued, commas between."""

QUESTION: Final = "/.well-known/cyara-local-portal"
"""What a local portal answers to HEAD by an empty answer with its mark. It is no part of any API."""

_TIMEOUT: Final = 2.0
"""Seconds; the answer comes from this machine."""

ports_here: Final[set[int]] = set()
"""Of the portals that this process runs, or has a child run: known also where no file can be written."""


def leave_hint(port: int) -> None:
    """Say that this process serves a local portal at a port. Where no file can be written, only this process knows."""
    ports_here.add(port)
    with suppress(OSError):
        path = _hint(port)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # In a folder of somebody else the name could be a link to a file of ours.
        if not path.parent.is_symlink() and not others_can_replace(path.parent):
            path.write_text(json.dumps(attrs.asdict(current_owner())), "utf-8")


def remove_hint(port: int) -> None:
    """Take the hint back; the portal has ended."""
    ports_here.discard(port)
    with suppress(OSError):
        _hint(port).unlink(missing_ok=True)


def is_local_portal(host: str, port: int) -> bool:
    """Return whether a local portal listens at a loopback address: by its hint, and by its mark when asked.

    Blocks for as long as the answer takes. Without a hint, nothing is sent.
    """
    if port not in ports_here and not _has_hint(port):
        return False
    connection = HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.request("HEAD", QUESTION)
        return connection.getresponse().getheader(LOCAL_PORTAL) is not None
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _has_hint(port: int) -> bool:
    try:
        owner = Owner(**json.loads(_hint(port).read_text("utf-8")))
        # A portal that was killed leaves its hint, and its port may be a tunnel by now.
        return not is_dead(owner, one_machine=True)
    except (OSError, ValueError, TypeError):
        return False


def _hint(port: int) -> Path:
    # Beside the temporary files, since a portal and its callers may have different home directories. By user, because
    # nobody can replace a file of somebody else there.
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"cyara-local-portals-{user}" / f"{port}.json"

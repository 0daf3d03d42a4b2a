"""How a person at a shell reads and regenerates the credential of a portal that runs, to rehearse a rotation."""

from __future__ import annotations

import json
import shlex
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cyara_auth.transport.local_portals import QUESTION

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDENTIAL: Final = f"{QUESTION}/credential"
"""Where a running portal hands its credential out: GET as it is, POST a new one. It opens nothing but this portal."""
ASKED_BY: Final = "cyara-local-portal-shell"
"""Header without which nothing is handed out: no page of a browser can send it unasked."""
_TIMEOUT: Final = 10.0
_OK: Final = 200


def ask_portal(base_url: str, *, regenerate: bool) -> str:
    """Return the credential of a portal that runs on this machine, as `key:token`.

    Raises:
        OSError: Nothing answers there, or no local portal; the text says so.
    """
    parts = urlsplit(base_url)
    if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost"} or parts.port is None:
        raise OSError(f"{base_url} is no address of a local portal; it begins with http://127.0.0.1:PORT")
    connection = HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT)
    try:
        connection.request("POST" if regenerate else "GET", CREDENTIAL, headers={ASKED_BY: "1", "content-length": "0"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != _OK:
        raise OSError(f"no local portal answers at {base_url}; start one by python -m cyara_tools.portal")
    return str(json.loads(body)["credential"])


def export_lines(variables: Mapping[str, str]) -> str:
    """Return lines that a POSIX shell takes when they are pasted."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())

"""What a program of `cyara exec` is given: the proxy's address, and nothing of the credential."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Final

from cyara_auth.client.account import ACCOUNT_ID
from cyara_auth.client.binding import BASE_URL, PROXY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
"""As shells have both."""
_KILLED: Final = 128

_WITHHELD: Final = ("CYARA_API_", "CYARA_CREDENTIAL_COMMAND")
_AROUND: Final = "127.0.0.1"


def child_environment(environ: Mapping[str, str], base_url: str, account: str | None) -> dict[str, str]:
    """Return the environment for the program.

    Args:
        environ: The environment of `cyara exec`.
        base_url: The proxy's.
        account: The account that an option names.
    """
    kept = {name: value for name, value in environ.items() if not name.upper().startswith(_WITHHELD)}
    kept |= {BASE_URL: base_url, PROXY: "1"}
    if account is not None:
        kept[ACCOUNT_ID] = account
    # Programs read either name, and some the lower one first.
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in kept.get(name, "").split(",") if host.strip()]
        kept[name] = ",".join(hosts if _AROUND in hosts or "*" in hosts else [*hosts, _AROUND])
    return kept


def _outlive(_: int, __: FrameType | None) -> None:
    """Do nothing; a signal that is ignored in earnest would be ignored by the program, too."""


def run_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a program to its end, and return the exit code by which a shell would tell of it.

    Raises:
        FileNotFoundError: There is no such program.
        PermissionError: It cannot be executed.
    """
    # Windows starts `newman.cmd` by that name only.
    program = shutil.which(command[0], path=environ.get("PATH")) or command[0]
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        if not running:
            early.append(number)
        for process in running:
            process.send_signal(number)

    # Before the program starts, since it may end at once. A terminal sends Ctrl-C to the program as well, and this
    # process outlives it, to report its exit code.
    kept = {
        signal.SIGINT: signal.signal(signal.SIGINT, _outlive),
        signal.SIGTERM: signal.signal(signal.SIGTERM, forward),
    }
    try:
        with subprocess.Popen([program, *command[1:]], env=dict(environ)) as process:  # noqa: S603 - the user's own program
            running.append(process)
            # What came while the program was being started.
            for number in early:
                process.send_signal(number)
            code = process.wait()
    finally:
        for kind, handler in kept.items():
            signal.signal(kind, handler)
    return code if code >= 0 or os.name == "nt" else _KILLED - code

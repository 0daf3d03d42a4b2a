"""The credential from a program, such as the command line of a password manager or a vault.

The program is trusted, its surroundings are not: it is named by an absolute path, started without a shell, with a small
environment, no input, and its own process group, which is killed when it takes longer than 10 s or prints more than
8 KiB.
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import attrs

from cyara_auth.errors import ConfigurationError, CredentialSourceError
from cyara_auth.providers.stored import StoredProvider
from cyara_auth.providers.variables import Variables

if TYPE_CHECKING:
    import subprocess

COMMAND = "CYARA_CREDENTIAL_COMMAND"
COMMAND_ENV = "CYARA_CREDENTIAL_COMMAND_ENV"
TIMEOUT_S = 10.0
MAX_OUTPUT = 8192

_PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "TERM"),
    *("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "GNUPGHOME"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "TEMP", "TMP", "COMSPEC"),
)
"""What programs need to find their own settings and agents; nothing that holds a secret by custom."""


def split_command(text: str) -> tuple[str, ...]:
    """Split the value of `CYARA_CREDENTIAL_COMMAND` into program and arguments.

    A JSON array of texts is taken as it is; anything else is split as a POSIX shell would, but nothing is expanded. On
    Windows, where backslashes are part of paths, anything else is one program without arguments.

    Raises:
        ConfigurationError: It is empty, or cannot be split.
    """
    parts: object = None
    # The errors of both readers quote the text, which may hold a secret as an argument, so they are not passed on.
    with contextlib.suppress(ValueError):
        if text.lstrip().startswith("["):
            parts = json.loads(text)
        # shlex would read each backslash of a path as an escape.
        elif sys.platform == "win32":
            parts = [text.strip()]
        else:
            parts = shlex.split(text)
    words = cast("list[object]", parts) if isinstance(parts, list) else []
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigurationError(
            f"{COMMAND} is neither a command line nor a JSON array of texts. Nothing was sent. "
            f"""Next: set it to, for example, '["/usr/bin/pass", "show", "cyara"]'"""
        )
    return tuple(str(word) for word in words)


@attrs.frozen(kw_only=True)
class CommandProvider(StoredProvider):
    """Runs one program and reads the credential from its output, bare or as JSON (see `stored`).

    The credential is never absent: who names a command wants what it prints. Beside what every source raises, a program
    that is not named by an absolute path is a ConfigurationError.

    Attributes:
        argv: Absolute path of the program, and its arguments. They are never shown: arguments may name secrets.
        pass_on: Names of further environment variables that the program needs.
        variables: Where the program's environment is taken from.
        timeout: Seconds that the program may take.
    """

    argv: tuple[str, ...] = attrs.field(repr=False)
    pass_on: tuple[str, ...] = ()
    variables: Variables = attrs.field(factory=Variables)
    timeout: float = TIMEOUT_S

    def describe(self) -> str:
        """Name the source."""
        return f"command {self.argv[0]}"

    def _read(self) -> bytes:
        program = self.argv[0]
        # A folder early in PATH could hold another program of the same name.
        if not Path(program).is_absolute():
            raise ConfigurationError(
                "The credential command is not named by an absolute path. Nothing was sent. "
                f"Next: use {shutil.which(program) or 'its absolute path'}"
            )
        process = self._start()
        if isinstance(process, str):
            raise self._failed(f"cannot be started ({process})")
        output = _Output(process)
        try:
            code = output.wait(self.timeout)
        except BaseException:
            # Ctrl-C reaches our own process group only; the program would go on.
            _kill_group(process)
            raise
        if isinstance(code, str):
            _kill_group(process)
            raise self._failed(f"{code} and was killed")
        if code != 0:
            raise self._failed(f"ended with exit code {code}")
        return output.take()

    def _start(self) -> "subprocess.Popen[bytes] | str":
        """Start the program, or return why not."""
        # A slow import, needed only where a command is set.
        import subprocess

        try:
            return subprocess.Popen(  # noqa: S603  # argv, no shell, absolute path
                self.argv,
                # A program that asks for a password here would wait for ever.
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                # Such programs print secrets there, too.
                stderr=subprocess.DEVNULL,
                env=self.variables.subset((*_PASSED_ON, *self.pass_on)),
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            # Not raised: its traceback leads to frames that hold the environment.
            return error.strerror or type(error).__name__

    def _failed(self, what: str) -> CredentialSourceError:
        return CredentialSourceError(
            f"The credential {self.describe()} {what}; its output is not shown. Nothing was sent. "
            "Next: run it by hand in a terminal"
        )


class _Output:
    """Reads a process's output, and never more than the cap."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._data = bytearray()
        # A pipe can be read with a time limit on every system only by a thread.
        self._thread = threading.Thread(target=self._read, name="cyara-credential-command", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # opened as a pipe
        with self._process.stdout as pipe:
            # One chunk beyond the cap tells too much from just enough.
            while len(self._data) <= MAX_OUTPUT and (chunk := os.read(pipe.fileno(), MAX_OUTPUT)):
                self._data += chunk

    def wait(self, timeout: float) -> int | str:
        """Return the exit code, or say what is up: time or output."""
        import subprocess

        self._thread.join(timeout)
        if len(self._data) > MAX_OUTPUT:
            return f"printed more than {MAX_OUTPUT} bytes"
        # A program may close its output and still not end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            if not self._thread.is_alive():
                return self._process.wait(timeout)
        return f"did not end within {timeout:g} s"

    def take(self) -> bytes:
        """Hand the output out, and keep none of it."""
        data = bytes(self._data)
        self._data.clear()
        return data


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program and what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        # It has not been waited for, so its id cannot be another process's yet.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()

"""Runs the real program in a process of its own, in a home of its own, in a pipe or on a terminal."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs

from cyara_tools.portal import LocalPortal

_SETTINGS = re.compile(r"CYARA_|SSL_CERT_|(REQUESTS|CURL)_CA_BUNDLE|(?i:(https?|all|no)_proxy)")
"""Variables of whoever runs the tests that would change what the program does."""

_ON_TERMINAL = (
    "import fcntl, os, sys, termios;"
    "os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.executable, [sys.executable, '-m', 'cyara_tools.cli', *sys.argv[1:]])"
)


@attrs.frozen
class Result:
    """What one run left behind; on a terminal, `out` is everything that was to be seen."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        facts = json.loads(self.out)
        assert isinstance(facts, dict)
        assert facts["exit_code"] == self.code
        assert facts["ok"] == (self.code == 0)
        return facts


class Program:
    """`cyara auth ...`, or another group, with a configuration, state and portal of its own. It looks for secrets."""

    def __init__(self, home: Path, portal: LocalPortal) -> None:
        self.home = home
        self.portal = portal
        self.may_show = False
        self.group: tuple[str, ...] = ("auth",)
        self.secrets = set(portal.credential.split(":"))
        inherited = {name: value for name, value in os.environ.items() if not _SETTINGS.match(name)}
        self.environ = {
            **inherited,
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": str(portal.account_id),
            "CYARA_CONFIG_DIR": str(home / "config"),
            "CYARA_STRIKE_STORE": f"sqlite://{home}/state/strikes.sqlite3",
            "XDG_STATE_HOME": str(home / "state-home"),
            "HOME": str(home),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONWARNINGS": "",
        }

    @property
    def profile(self) -> Path:
        host = self.portal.origin.partition("://")[2].replace(":", "_")
        return self.home / "config" / "profiles" / f"{host}.json"

    def __call__(self, *arguments: str, text: str = "", **variables: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "cyara_tools.cli", *self.group, *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=50,
            env={**self.environ, **variables},
            check=False,
        )
        return self.checked(Result(done.returncode, done.stdout, done.stderr))

    def on_terminal(self, *arguments: str, typed: str = "", **variables: str) -> Result:
        """Run on a pseudo-terminal that is the program's controlling one, and type when it asks."""
        import pty  # Windows has none

        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *self.group, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**self.environ, "TERM": "xterm", "COLUMNS": "200", **variables},
        )
        os.close(theirs)
        seen = b""
        deadline = time.monotonic() + 50
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not part:
                break
            seen += part
            if typed and seen.endswith(b": "):
                os.write(ours, typed.encode() + b"\n")
                typed = ""
        os.close(ours)
        code = process.wait(timeout=10)
        return self.checked(Result(code, seen.decode(), ""))

    def interrupted(self, *arguments: str, after: str) -> Result:
        """Run, and send Ctrl-C once `after` holds a line of the store's state."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cyara_tools.cli", *self.group, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self.environ,
        )
        deadline = time.monotonic() + 30
        while after not in self("status", "--json").out and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        return self.checked(Result(process.returncode, out, err))

    def checked(self, result: Result) -> Result:
        assert "Traceback" not in result.err + result.out
        if not self.may_show:
            assert not any(secret in result.out + result.err for secret in self.secrets), "a secret was printed"
        return result

    def log_in(self, credential: str | None = None) -> None:
        assert self("login", text=credential or self.portal.credential).code == 0

    def regenerate(self) -> str:
        """Let the portal make a new token, and watch for it too."""
        new = self.portal.regenerate_token()
        self.secrets |= set(new.split(":"))
        return new

"""Runs the program against a local portal: in this process where that will do, as a real one, and on a terminal."""

import os
import re
import select
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import attrs
from typer.testing import CliRunner

from cyara_tools.cli.app import app
from cyara_tools.portal import LocalPortal

_SETTINGS = re.compile(r"CYARA_|SSL_CERT_|(REQUESTS|CURL)_CA_BUNDLE|(?i:(https?|all|no)_proxy)")
PROGRAM = (sys.executable, "-m", "cyara_tools.cli")
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

    def lines(self) -> list[str]:
        assert self.code == 0, self.err
        return self.out.removesuffix("\n").split("\n") if self.out else []


class Shell:
    """`cyara ...` with a configuration and a store of its own. It checks every output for secrets."""

    def __init__(self, home: Path, portal: LocalPortal) -> None:
        (home / "state").mkdir(mode=0o700)
        self.portal = portal
        self.secrets = portal.credential.split(":")
        inherited = {name: value for name, value in os.environ.items() if not _SETTINGS.match(name)}
        self.own = {
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": str(portal.account_id),
            "CYARA_API_CREDENTIAL": portal.credential,
            "CYARA_CONFIG_DIR": str(home / "config"),
            "CYARA_STRIKE_STORE": f"sqlite://{home}/state/strikes.sqlite3",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        self.environ = {**inherited, **self.own, "HOME": str(home), "PYTHONWARNINGS": ""}

    def __call__(self, *arguments: str, text: str | bytes | None = None, **variables: str | None) -> Result:
        """Run in this process."""
        done = CliRunner().invoke(app, arguments, input=text, env={**self.own, **variables}, prog_name="cyara")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return self.checked(Result(done.exit_code, done.stdout_bytes.decode(), done.stderr_bytes.decode()))

    def process(self, *arguments: str, **variables: str) -> Result:
        """Run as a process of its own, in pipes; `out` has its line ends as they came."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=50,
            env={**self.environ, **variables},
            check=False,
        )
        return self.checked(Result(done.returncode, done.stdout.decode(), done.stderr.decode()))

    def terminal(self, *arguments: str, typed: str = "", **variables: str) -> Result:
        """Run on a pseudo-terminal that is the program's controlling one, and type when it asks."""
        import pty  # Windows has none

        ours, theirs = pty.openpty()
        environ = self.environ | {"TERM": "xterm", "COLUMNS": "100"} | variables
        process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environ
        )
        os.close(theirs)
        seen, deadline = b"", time.monotonic() + 50
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(ours, 65_536)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not part:
                break
            seen += part
            if typed and seen.endswith(b": "):
                os.write(ours, typed.encode() + b"\n")
                typed = ""
        os.close(ours)
        return self.checked(Result(process.wait(timeout=10), seen.decode().replace("\r\n", "\n"), ""))

    def checked(self, result: Result) -> Result:
        assert "Traceback" not in result.err + result.out
        assert not any(secret in result.out + result.err for secret in self.secrets), "a secret was printed"
        return result

    def answer(self, fault: Any) -> None:
        """Let the next request meet a fault, in place of the portal's own answer."""
        self.portal.inject(fault)


class PlainServer:
    """A server on loopback that is no local portal: it says yes to everything, and keeps what it was asked."""

    def __enter__(self) -> Self:
        calls: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                # Who looks for a local portal's mark does not call the API.
                if self.path.startswith("/cyarawebapi"):
                    calls.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.answer)
        self.calls = calls
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

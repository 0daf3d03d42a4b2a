"""`cyara export results` in a process of its own, with a home of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs

from cyara_tools.portal import LocalPortal

LIMITED = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2);"
    "from cyara_tools.cli import main; main()"
)
WITHOUT = (
    "import sys; sys.modules[sys.argv.pop(1)] = None;"
    "import importlib.util as u; find = u.find_spec;"
    "u.find_spec = lambda name, *a: None if name in sys.modules and sys.modules[name] is None else find(name, *a);"
    "from cyara_tools.cli import main; main()"
)
"""As if a package were not installed."""


@attrs.frozen
class Result:
    code: int
    out: str
    err: str


class Exporting:
    """Runs the command in `folder` against a portal, and sees to it that no text has a secret or a traceback."""

    def __init__(self, folder: Path, portal: LocalPortal) -> None:
        (folder / "state").mkdir(mode=0o700, exist_ok=True)
        self.folder = folder
        self._secrets = portal.credential.split(":")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CYARA_")}
        self.environ = {
            **kept,
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": str(portal.account_id),
            "CYARA_API_CREDENTIAL": portal.credential,
            "CYARA_STRIKE_STORE": f"sqlite://{folder}/state/strikes.sqlite3",
            "PYTHONWARNINGS": "",
        }

    def start(self, *arguments: str, code: str = "from cyara_tools.cli import main; main()", first: str = ""):
        command = [sys.executable, "-c", code, *([first] if first else []), "export", "results", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self, process: subprocess.Popen[bytes]) -> Result:
        out, err = (part.decode() for part in process.communicate(timeout=50))
        assert "Traceback" not in err, err
        assert not any(secret in out + err for secret in self._secrets)
        return Result(process.returncode, out, err)

    def __call__(self, *arguments: str, **how: str) -> Result:
        return self.end(self.start(*arguments, **how))

    def stopped(self, *arguments: str, when: str, by: signal.Signals) -> Result:
        """Run, and send a signal once the journal of the export has so many lines that tell of a whole run."""
        name = arguments[arguments.index("--to") + 1]
        process = self.start(*arguments)
        journal = self.folder / f"{name}.journal"
        deadline = time.monotonic() + 40
        while not (journal.exists() and when in journal.read_text("utf-8")) and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(by)
        return self.end(process)

"""A machine of a CI that is thrown away after the job: it has what a recipe calls, and nothing of ours is installed.

What is replaced: `pip install` reads what it is given, and installs nothing, since `cyara` is on the path already;
`python3 -m venv` makes a folder with that `pip` and that `cyara`. All else is the real thing: the shell, the command,
the store, the reports, the portal. Each machine has a home, a boot id and a time line of its own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import attrs

from cyara_tools.portal import LocalPortal

STRIKES = ".local/state/cyara/strikes.sqlite3"

_ANOTHER_MACHINE = """
import os
from cyara_auth._platform import system

answers = type(system.this_system())
answers.boot = answers.pid_namespace = lambda self: os.environ["TEST_MACHINE"]
"""

# A requirement that names no package or extra of ours is refused, and so is a secret that it could read.
_PIP = """#!{python}
import importlib.metadata, os, sys
from packaging.requirements import Requirement

options, (what,) = [a for a in sys.argv[2:] if a.startswith("-")], [a for a in sys.argv[2:] if not a.startswith("-")]
assert sys.argv[1] == "install" and options in ([], ["--no-cache-dir"]), sys.argv
wanted = Requirement(what)
assert wanted.name == "cyara-client", what
assert wanted.extras <= set(importlib.metadata.metadata("cyara-client").get_all("Provides-Extra")), what
assert "CYARA_API_CREDENTIAL" not in os.environ, "pip could read the secret"
print("pip would install", what)
"""

_PYTHON3 = """#!/bin/sh
[ "$1" = -m ] && [ "$2" = venv ] || exec "{python}" "$@"
mkdir -p "$3/bin" && ln -sf "{tools}/pip" "{scripts}/cyara" "$3/bin/"
"""


@attrs.define
class Machine:
    """A fresh machine: an empty home, an empty workspace, and the tools that a recipe calls.

    Attributes:
        credential: what the vendor's secret holds.
        number: which machine it is; no two have the same.
        printed: everything that was printed.
        failed: whether the job has failed.
        exit_codes: of each part that was run, in order.
        reports: what the vendor was given of reports, by the name of the file.
    """

    root: Path
    portal: LocalPortal
    credential: str
    number: int = 1
    printed: str = ""
    failed: bool = False
    exit_codes: list[int] = attrs.field(factory=list[int])
    reports: dict[str, bytes] = attrs.field(factory=dict[str, bytes])

    def __attrs_post_init__(self) -> None:
        for folder in ("home", "workspace", "tools"):
            (self.root / folder).mkdir(parents=True)
        facts = {"python": sys.executable, "tools": self.tools, "scripts": Path(sys.executable).parent}
        for name, text in {"pip": _PIP, "python3": _PYTHON3}.items():
            (self.tools / name).write_text(text.format(**facts), encoding="utf-8")
            (self.tools / name).chmod(0o700)
        (self.tools / "sitecustomize.py").write_text(_ANOTHER_MACHINE, encoding="utf-8")

    @property
    def tools(self) -> Path:
        return self.root / "tools"

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def strikes(self) -> Path:
        return self.root / "home" / STRIKES

    def environ(self, given: dict[str, str]) -> dict[str, str]:
        ours = ("CYARA_", "XDG_", "PYTHON", "GITHUB_", "TF_BUILD", "GITLAB_", "PYTEST_")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "CI": "true",
            "HOME": str(self.root / "home"),
            "PATH": f"{self.tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.tools),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "TEST_MACHINE": f"machine {self.number}",
            **given,
        }

    def run(self, script: str, given: dict[str, str], by: tuple[str, ...] = ("bash", "-e", "-o", "pipefail")) -> bool:
        """Run a part of a recipe with the variables that it is given; return whether it succeeded."""
        done = subprocess.run(
            [*by, "-c", script],
            cwd=self.workspace,
            capture_output=True,
            text=True,
            timeout=50,
            env=self.environ(given),
            check=False,
        )
        self.printed += done.stdout + done.stderr
        self.exit_codes.append(done.returncode)
        assert "Traceback" not in self.printed, self.printed
        for secret in (self.credential, self.portal.credential):
            assert not any(part and part in self.printed for part in secret.split(":")), "a secret was printed"
        return done.returncode == 0

    def restore(self, data: bytes, path: Path | None = None, mode: int = 0o600) -> None:
        """Put a file there that the vendor kept, by default the strikes."""
        path = path or self.strikes
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)

    def hand_in(self, folder: Path) -> None:
        """Take the reports of a folder, as the vendor's step does, if there are any."""
        for path in folder.glob("*") if folder.is_dir() else ():
            self.reports[path.name] = path.read_bytes()

    def forget_home(self) -> None:
        shutil.rmtree(self.root / "home")

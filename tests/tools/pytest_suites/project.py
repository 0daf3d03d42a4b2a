"""A project of somebody else's: a folder with a suite file and a test, on which the real pytest is run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import junitparser

from cyara_tools.portal import LocalPortal

# Only what a session needs: every other plugin that happens to be installed costs time.
PLUGINS = ("cyara_tools.portal.pytest_plugin", "xdist", "pytest_rerunfailures", "pytest_timeout")


@attrs.frozen
class Result:
    """What one session left behind."""

    code: int
    out: str
    junit: Path

    @property
    def cases(self) -> dict[str, Any]:
        """The cases of pytest's own JUnit file, as `class::name`."""
        suites = junitparser.JUnitXml.fromfile(str(self.junit))
        return {f"{case.classname}::{case.name}": case for suite in suites for case in suite}

    @property
    def outcomes(self) -> dict[str, str]:
        """What became of each item: `passed`, `failure`, `error` or `skipped`."""
        return {
            name.partition("cyara.yaml.")[2] or name: type(case.result[0]).__name__.lower() if case.result else "passed"
            for name, case in self.cases.items()
        }


@attrs.frozen
class Project:
    """The project, at a portal."""

    root: Path
    portal: LocalPortal
    credential: str

    def suite(self, text: str, name: str = "nightly.cyara.yaml") -> None:
        (self.root / name).write_text(f"version: 1\n{text}", encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        plugins = [part for name in PLUGINS for part in ("-p", name)]
        own = ["--rootdir", str(self.root), "-p", "no:cacheprovider", "--junit-xml", str(self.root / "junit.xml")]
        interval = ["-o", "cyara_interval=50ms"]
        return [sys.executable, "-m", "pytest", *plugins, *own, *interval, *arguments]

    def environ(self, **variables: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CYARA_", "PYTEST_"))}
        return {
            **inherited,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "CYARA_BASE_URL": self.portal.base_url,
            "CYARA_ACCOUNT_ID": str(self.portal.account_id),
            "CYARA_API_CREDENTIAL": self.credential,
            "CYARA_STRIKE_STORE": f"sqlite://{self.root}/strikes.sqlite3",
            "XDG_STATE_HOME": str(self.root / "state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **variables,
        }

    def pytest(self, *arguments: str, **variables: str) -> Result:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environ(**variables),
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
        return self.checked(Result(done.returncode, done.stdout + done.stderr, self.root / "junit.xml"))

    def checked(self, result: Result) -> Result:
        assert not any(part in result.out for part in self.credential.split(":")), "a secret was printed"
        assert "Traceback" not in result.out, result.out
        return result

    @property
    def started(self) -> list[int]:
        """The campaigns that were asked to start, in order."""
        asked = [visit.path.split("/") for visit in self.portal.requests if visit.path.endswith("/execute")]
        return [int(parts[-2]) for parts in asked]

"""Run a part of the tests with the lowest release of each dependency that `pyproject.toml` allows.

A lower bound that nobody installs is a guess: `typer` once promised a release that could not print its help beside
today's `click`. What we name ourselves is installed at its bound, and what comes along with it at its newest, which is
what a user gets whose other packages hold ours back. Standard library only, since it makes an environment of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENT = Path(sys.prefix) / "lowest"
TOOLS: Final = ("anyio", "hypothesis", "pytest", "pytest-timeout", "trustme")
"""What the tests below need beside the package; these may be of any release."""
TESTS: Final = ("tests/end_to_end/test_first_steps.py", "tests/contract/test_contract.py")
_LOWER_BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?>=(?P<version>[\w.]+)")


def lowest_releases(project: dict[str, Any]) -> list[str]:
    """Return the lower bound of each dependency and of each package of an extra, as `name==version`.

    Raises:
        ValueError: one of them has none.
    """
    extras: dict[str, list[str]] = project["project"]["optional-dependencies"]
    wanted: list[str] = [*project["project"]["dependencies"], *(name for extra in extras.values() for name in extra)]
    found: list[str] = []
    for requirement in wanted:
        bound = _LOWER_BOUND.match(requirement)
        if bound is None:
            raise ValueError(f"{requirement} in pyproject.toml has no lower bound")
        found.append(f"{bound['name']}=={bound['version']}")
    return found


def main() -> int:
    """Make the environment, run the tests in it, and return pytest's exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = ",".join(project["project"]["optional-dependencies"])
    venv.EnvBuilder(clear=True).create(ENVIRONMENT)
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "lowest.txt"
        constraints.write_text("\n".join(lowest_releases(project)) + "\n", encoding="utf-8")
        install = ("-m", "pip", "--python", str(python), "install", "-q", "--disable-pip-version-check")
        command = [sys.executable, *install, "--constraint", str(constraints), f"{ROOT}[{extras}]", *TOOLS]
        done = subprocess.run(command, check=False)  # noqa: S603 - our own interpreter
    if done.returncode:
        return done.returncode
    # Not from the repository's folders: what is tested is what was installed.
    command = [str(python), "-m", "pytest", "-q", "-o", "pythonpath=scripts tests/house", *TESTS]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - as above


if __name__ == "__main__":
    raise SystemExit(main())

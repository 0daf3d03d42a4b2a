"""The pinned tools: another version writes other bytes, so another version is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.children.child import clean_environment
from pipeline.errors import GeneratorWarningError, ToolVersionError, quoted

GENERATOR = ("openapi-python-client", "0.29.1")
RUFF = ("ruff", "0.17.6")
PINNED: dict[str, str] = dict((GENERATOR, RUFF))

_LINE_LENGTH = "120"
_TARGET = "py311"


def require_pinned_tools() -> None:
    """Make sure that the generator and ruff are installed in the pinned versions.

    Raises:
        ToolVersionError: one is missing or has another version.
    """
    for name, pinned in PINNED.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "none"
        if found != pinned:
            raise ToolVersionError(
                f"{name} {pinned} is needed and {found} is installed. Nothing was changed. "
                "Run `python3 scripts/dev.py regenerate build`, which installs the pinned tools."
            )


def tidy(package: Path) -> None:
    """Sort imports, drop unused ones and format a generated package, with LF line ends on every system.

    Raises:
        GeneratorWarningError: ruff failed, which means that a template wrote no valid Python.
    """
    # Without the settings of any project: the package looks the same whatever lies around on the machine.
    own = ["--isolated", "--no-cache", "--quiet"]
    python = ["--config", f"line-length={_LINE_LENGTH}", "--target-version", _TARGET]
    _ruff(["check", *own, *python, "--fix-only", "--select=E,F,I", "."], package)
    _ruff(["format", *own, *python, "--config", 'format.line-ending="lf"', "."], package)


def _ruff(arguments: list[str], package: Path) -> None:
    name = "ruff.exe" if sys.platform == "win32" else "ruff"
    # Beside the running interpreter, never from PATH, where another version may come first.
    program = Path(sysconfig.get_path("scripts")) / name
    done = subprocess.run(  # noqa: S603 - the pinned ruff beside our interpreter, with arguments of ours
        [str(program), *arguments], cwd=package, env=clean_environment(os.environ), capture_output=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise GeneratorWarningError(f"ruff {arguments[0]} failed on the generated package: {quoted(said)}.")

"""mypy over a package just built, for those who ask: what verification proves at run time, said before it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from pipeline.children.child import clean_environment
from pipeline.errors import VerificationError, listed, quoted

if TYPE_CHECKING:
    from pathlib import Path


def require_types(package: Path, *, work: Path) -> None:
    """Check the types of a package strictly, without the settings of any project and with a cache that is thrown away.

    Raises:
        VerificationError: mypy found something, or cannot run.
    """
    options = [
        "--strict",
        "--config-file=",
        f"--cache-dir={work / 'mypy'}",
        "--no-error-summary",
        "--hide-error-context",
    ]
    done = subprocess.run(  # noqa: S603 - mypy of our own interpreter, with arguments of ours
        [sys.executable, "-m", "mypy", *options, "-p", package.name],
        cwd=package.parent,
        env={**clean_environment(os.environ), "MYPYPATH": str(package.parent)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout or done.stderr).decode("utf-8", "replace").strip().splitlines()
        shown = listed([quoted(line) for line in said], limit=5)
        raise VerificationError(
            f"mypy found {len(said)} thing(s) in the generated package: {shown}. "
            "Nothing was installed. Build without --types to go on, and report it."
        )

"""Run a module of the pipeline in a child process that sees nothing of the machine.

The child gets a clean environment (no PATH, no PYTHON* settings, a fixed hash seed, UTF-8), its arguments as one JSON
file, and answers with another. It ends by itself when its parent is gone, so that a killed build leaves no process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import GeneratorWarningError, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR")
_SCRIPTS = Path(__file__).resolve().parents[1]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a child needs to start, and those that make its output the same everywhere."""
    kept = {name: environ[name] for name in _KEPT if name in environ}
    return kept | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}


def run_child(module: str, arguments: dict[str, Any], *, work: Path, timeout: float) -> dict[str, Any]:
    """Run ``module`` (its ``run(arguments)`` returns JSON data) in a child process and return its answer.

    ``timeout`` is in seconds.

    Raises:
        GeneratorWarningError: it failed or did not end in time; the end of its output is in the text.
    """
    name = module.rpartition(".")[2]
    request, answer, log = (work / f"{name}.{kind}" for kind in ("request.json", "answer.json", "log"))
    request.write_text(json.dumps(arguments), encoding="utf-8")
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-s", "-P", "-W", "error", str(_SCRIPTS / "pipeline" / "child_main.py")]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the arguments are file names of ours
            [*command, module, str(request), str(answer)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=work,
            env=clean_environment(os.environ),
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise GeneratorWarningError(
                f"The stage {name} did not end within {timeout:.0f} s and was stopped."
            ) from None
        finally:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
    if status != 0 or not answer.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no output"]
        raise GeneratorWarningError(f"The stage {name} failed with status {status}: {quoted(lines[-1])}.")
    result: dict[str, Any] = json.loads(answer.read_bytes())
    return result

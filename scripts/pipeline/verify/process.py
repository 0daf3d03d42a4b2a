"""Run the child of verification: in time, and gone when it is not wanted any more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.child import clean_environment
from pipeline.errors import VerificationError, quoted

_SCRIPTS = Path(__file__).resolve().parents[2]


def run_bounded(arguments: dict[str, Any], folder: Path, *, timeout: float) -> dict[str, Any]:
    """Run `pipeline.verify.child` over the arguments and return its answer.

    Raises:
        VerificationError: it failed, or did not end within `timeout` seconds.
    """
    request, answer, log = folder / "request.json", folder / "answer.json", folder / "log"
    request.write_text(json.dumps(arguments), encoding="utf-8")
    command = [sys.executable, "-s", "-P", str(_SCRIPTS / "pipeline" / "child_main.py")]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the arguments are file names of ours
            [*command, "pipeline.verify.child", str(request), str(answer)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=clean_environment(os.environ),
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise VerificationError(f"Verification did not end within {timeout:.0f} s and was stopped.") from None
        finally:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
    if status != 0 or not answer.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no output"]
        raise VerificationError(f"Verification failed with status {status}: {quoted(lines[-1])}.")
    result: dict[str, Any] = json.loads(answer.read_bytes())
    return result

"""Run a module of the pipeline in a child process that sees nothing of the machine.

The child gets a clean environment (no PATH, no PYTHON* settings, a fixed hash seed, UTF-8), its arguments as one JSON
file, and answers with another. It ends by itself when its parent is gone. A child may be started before its arguments
are known: it imports its module meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs

from pipeline.errors import GeneratorWarningError, quoted

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

# Without these Windows starts no interpreter; the others say where temporary files go.
_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR")
_MAIN = Path(__file__).resolve().with_name("child_main.py")


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a child needs to start, and those that make its output the same everywhere."""
    kept = {name: environ[name] for name in _KEPT if name in environ}
    return kept | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}


@attrs.frozen(kw_only=True)
class Child:
    """A child process that waits for its arguments."""

    name: str
    process: subprocess.Popen[bytes]
    work: Path

    def run(self, arguments: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        """Give the child its arguments, once, and return its answer. ``timeout`` is in seconds.

        Raises:
            GeneratorWarningError: it failed or did not end in time; the end of its output is in the text.
        """
        self.path("request.json").write_text(json.dumps(arguments), encoding="utf-8")
        timed_out = threading.Event()
        timer = threading.Timer(timeout, self._stop, [timed_out])
        timer.daemon = True
        timer.start()
        try:
            self._go()
            # Without `timeout=`: a wait with a timeout polls, and would notice the end up to 50 ms late.
            status = self.process.wait()
        finally:
            timer.cancel()
        if timed_out.is_set():
            raise GeneratorWarningError(f"The stage {self.name} did not end within {timeout:.0f} s and was stopped.")
        if status != 0:
            text = self.path("log").read_text(encoding="utf-8", errors="replace").strip()
            last = text.splitlines()[-1] if text else "no output"
            raise GeneratorWarningError(f"The stage {self.name} failed with status {status}: {quoted(last)}.")
        result: dict[str, Any] = json.loads(self.path("answer.json").read_bytes())
        return result

    def path(self, kind: str) -> Path:
        """Return the child's file of a kind: ``request.json``, ``answer.json`` or ``log``."""
        return self.work / f"{self.name}.{kind}"

    def _go(self) -> None:
        stdin = self.process.stdin
        if stdin:
            try:
                stdin.write(b"\n")
                stdin.flush()
            # It died while it started; its status and output say why.
            except BrokenPipeError:
                pass

    def _stop(self, timed_out: threading.Event) -> None:
        # Before the kill: the waiting thread looks at it as soon as the process has ended.
        timed_out.set()
        self.process.kill()


@contextmanager
def started(module: str, *, work: Path) -> Generator[Child]:
    """Start a child for ``module``, whose ``run(arguments)`` returns JSON data; it is gone when the block ends."""
    name = module.rpartition(".")[2]
    work.mkdir(parents=True, exist_ok=True)
    with (work / f"{name}.log").open("wb") as output:
        process = _start(module, work / name, output)
    try:
        yield Child(name=name, process=process, work=work)
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


def _start(module: str, stem: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    files = [f"{stem}.request.json", f"{stem}.answer.json"]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module; the arguments are file names of ours
        # -s and -P: no packages of the user, and no module that lies beside the script. A warning is a failure.
        [sys.executable, "-s", "-P", "-W", "error", str(_MAIN), module, *files],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=stem.parent,
        env=clean_environment(os.environ),
    )

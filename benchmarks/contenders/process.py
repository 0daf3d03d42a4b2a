"""The asking side of `worker.py`: a contender in its own process, measured in turn with the others."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenders.build import Contender

WORKER = Path(__file__).with_name("worker.py")


@attrs.frozen(kw_only=True)
class Target:
    """Where a contender calls, and with what; its strikes, if it counts any, go to the folder `home`."""

    base_url: str
    pair: str
    account_id: int
    home: str


@attrs.frozen
class Running:
    """A contender that answers."""

    import_seconds: float
    import_megabytes: float
    _process: subprocess.Popen[str]

    def ask(self, question: str, *arguments: object) -> Any:  # each question has its own answer
        """Ask and wait for the answer.

        Raises:
            RuntimeError: the contender's process ended instead; what it wrote on its way out is on standard error.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([question, *arguments]) + "\n")
        self._process.stdin.flush()
        return _line(self._process)


@contextmanager
def running(contender: Contender, target: Target) -> Iterator[Running]:
    """Start a contender's process, and end it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CYARA_", "PYTHON"))}
    homes = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), target.home)
    environment = {**kept, **homes, "PYTHONPATH": contender.root}
    command = [contender.python, str(WORKER), contender.module, target.base_url, target.pair, str(target.account_id)]
    with subprocess.Popen(  # noqa: S603 - our own worker
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            seconds, megabytes = _line(process)
            yield Running(seconds, megabytes, process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=60)


def _line(process: subprocess.Popen[str]) -> Any:  # each question has its own answer
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a contender ended without an answer: {process.args}")
    return json.loads(line)

"""One run of one campaign by `cyara run`, in a process of its own: it keeps its journal and its way with Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REPORT: Final = "report.json"
_SAID: Final = "said.txt"
_STARTED: Final = "started"
# Seconds for which a process that was interrupted may write its report; and how long for it to notice by itself.
_LAST_WORDS: Final = 30.0
_NOTICES: Final = 3.0
_PAUSE: Final = 0.1
_LOST: Final = (
    "`cyara run` was ended before it could say what came of the campaign. If it was started, it goes on at the portal; "
    "it is not started again. Next: cyara run --resume"
)


@attrs.frozen
class Execution:
    """What came of `cyara run`.

    Attributes:
        exit_code: its exit code; None where nobody is left who could know it.
        campaign: the campaign in its report; None where it wrote none.
        said: everything that it printed.
    """

    exit_code: int | None
    campaign: dict[str, Any] | None
    said: str

    @property
    def verdict(self) -> str:
        """The word of the report; `error` where there is none."""
        return "error" if self.campaign is None else str(self.campaign["verdict"])

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results, in the order of the portal's list."""
        return [] if self.campaign is None else self.campaign["results"]

    @property
    def why(self) -> str:
        """Why the verdict is not `passed`, as sentences."""
        campaign = self.campaign or {}
        texts = [campaign.get("error"), *campaign.get("reasons", ()), *campaign.get("problems", ())]
        found = dict.fromkeys(str(text) for text in texts if text)
        if self.campaign is None:
            # What a command says when it refuses to begin is all there is to say; codes below 0 are signals.
            refused = self.exit_code is not None and self.exit_code > 0
            found = dict.fromkeys(filter(None, ("" if refused else _LOST, self.said.strip())))
        return "\n".join(found) or f"`cyara run` ended with exit code {self.exit_code}."


def execute(folder: Path, suite: dict[str, Any], options: Sequence[str]) -> dict[str, Any]:
    """Run a suite of one campaign, unless it was started before.

    Args:
        folder: of this run: all processes of the session know it, and one at a time comes here.
        suite: what the suite file says.
        options: more options of `cyara run`.

    Returns:
        The arguments of an `Execution`, as JSON values.
    """
    if (folder / _STARTED).exists():
        return _left_behind(folder)
    path = folder / "one.cyara.yaml"
    # JSON is YAML.
    path.write_text(json.dumps(suite), encoding="utf-8")
    command = [sys.executable, "-m", "cyara_tools.cli", "run", "--suite", str(path), "--json", str(folder / _REPORT)]
    (folder / _STARTED).touch()
    with (folder / _SAID).open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program, with arguments that are a list
            [*command, *options], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        (folder / _STARTED).write_text(_name_of(process), encoding="utf-8")
        code = process.wait()
    except KeyboardInterrupt:
        _stop(process)
        # Its last words, which say how to go on.
        raise KeyboardInterrupt(_outcome(folder, None)["said"]) from None
    except BaseException:
        _stop(process)
        raise
    return _outcome(folder, code)


def _left_behind(folder: Path) -> dict[str, Any]:
    """Wait for a run whose worker was killed: what it started goes on and writes its report."""
    while not (folder / _REPORT).exists() and not _is_over((folder / _STARTED).read_text(encoding="utf-8")):
        time.sleep(_PAUSE)
    return _outcome(folder, None)


def _outcome(folder: Path, code: int | None) -> dict[str, Any]:
    report = folder / _REPORT
    campaigns: list[Any] = json.loads(report.read_text(encoding="utf-8"))["campaigns"] if report.exists() else []
    said = (folder / _SAID).read_text(encoding="utf-8", errors="replace") if (folder / _SAID).exists() else ""
    return {"exit_code": code, "campaign": campaigns[0] if campaigns else None, "said": said}


def _name_of(process: subprocess.Popen[bytes]) -> str:
    from cyara_auth._platform.owner import identify
    from cyara_auth._platform.system import this_system

    try:
        return json.dumps(attrs.asdict(identify(process.pid, system=this_system())))
    except ProcessLookupError:
        return ""


def _is_over(name: str) -> bool:
    from cyara_auth._platform import is_dead
    from cyara_auth.machine import Owner

    return not name or is_dead(Owner(**json.loads(name)), one_machine=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the process say its last words: Ctrl-C on a terminal reaches it, too, and a signal to us alone does not."""
    try:
        process.wait(timeout=_NOTICES)
    except subprocess.TimeoutExpired:
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=_LAST_WORDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

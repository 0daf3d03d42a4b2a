"""Set up the project and run its tasks: `python3 scripts/dev.py demo` and `python3 scripts/dev.py test`.

Only the standard library is imported here, because this file runs before anything is installed. The first
task makes `.venv` beside `pyproject.toml` and installs the locked tools (with uv where it is present, with pip
otherwise); later ones start at once, until the lock or `pyproject.toml` changes.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements" / "dev.txt"
STAMP = ENVIRONMENT / "installed-from.sha256"
OLDEST_PYTHON = (3, 11)
PATIENCE = 30.0
"""Seconds that a step gets to end by itself after Ctrl-C."""
# Files stay whole, so that what a module sets up is set up once.
IN_PARALLEL = ("-n", "2", "--dist", "loadfile")
# What decides about strikes has every branch tested; pyproject.toml lists those modules under tool.coverage.report.
FULLY_COVERED_BY = tuple(f"tests/auth/{part}" for part in ("credential", "strikes", "guard", "stores"))
COVERAGE = ("--cov=cyara_auth", "--cov-branch", "--cov-report=term:skip-covered", "--cov-fail-under=100")


class Step(NamedTuple):
    """One command of a task: what it is called in the output, its arguments, and where it runs."""

    name: str
    command: list[str]
    in_callers_folder: bool = False
    """Else it runs in the repository."""


def fail(sentence: str) -> None:
    """Print one sentence and stop; used for what a person can put right."""
    sys.stderr.write(f"dev.py: {sentence}\n")
    raise SystemExit(2)


def wanted_stamp() -> str:
    """Return a hash of everything that decides what the environment has to contain."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for path in (LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(command: Sequence[str | Path]) -> None:
    """Run one set-up command, and say which one failed if it does."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)  # noqa: S603 - fixed commands, no shell
    if done.returncode:
        fail(
            f"`{' '.join(map(str, command))}` ended with exit code {done.returncode}; nothing after it was run. "
            "Once its cause, shown above, is gone, run the same command again."
        )


def is_whole(uv: str | None) -> bool:
    """Return whether `.venv` can be installed into: Ctrl-C in the middle of making it leaves a Python without pip."""
    if not PYTHON.exists() or uv:
        return PYTHON.exists()
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0  # noqa: S603 - as above


def set_up() -> None:
    """Make `.venv` and install the locked tools and this project, if that is not already done."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        fail(f"this is Python {found}, and 3.11 or newer is needed; run the same command with a newer `python3`.")
    wanted = wanted_stamp()
    if STAMP.exists() and PYTHON.exists() and STAMP.read_text(encoding="ascii") == wanted:
        return
    sys.stderr.write("Setting up .venv (once; later tasks start at once)\n")
    uv = shutil.which("uv")
    if not is_whole(uv):
        # Debian splits `ensurepip` off; then uv, which brings its own, is the way out.
        if uv:
            run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT])
        else:
            try:
                venv.create(ENVIRONMENT, with_pip=True, clear=True)
            except (subprocess.CalledProcessError, OSError):
                fail("`python -m venv` does not work here; install your system's python3-venv package, or uv.")
    install = [uv, "pip", "install", "--quiet", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "install", "-q"]
    if not uv:
        install.append("--disable-pip-version-check")
    # The lock is whole, so nothing is resolved: pip before 23.3 prefers a release newer than the locked one where a
    # package is wanted with an extra, and then refuses it for having no hash.
    run([*install, "--no-deps", "--require-hashes", "-r", LOCK])
    run([*install, "--no-deps", "--no-build-isolation", "-e", ROOT])
    STAMP.write_text(wanted, encoding="ascii")


def python(*arguments: str) -> list[str]:
    """Return a command line for the environment's own Python."""
    return [str(PYTHON), *arguments]


def child_environment() -> dict[str, str]:
    """Return the environment for tasks: tools of `.venv` first, UTF-8 everywhere, nothing of the caller's Python."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
        "PYTHONUTF8": "1",
        "VIRTUAL_ENV": str(ENVIRONMENT),
    }


def run_step(step: Step) -> int:
    """Run one step and return its exit code; Ctrl-C reaches it too, and it gets the time to leave nothing behind."""
    where = None if step.in_callers_folder else ROOT
    with subprocess.Popen(step.command, cwd=where, env=child_environment()) as process:  # noqa: S603 - as above
        try:
            return process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.terminate()
            raise


def run_steps(steps: Sequence[Step]) -> int:
    """Run the steps in order, stop at the first that fails, and say how long each took."""
    for step in steps:
        if len(steps) > 1:
            sys.stdout.write(f"== {step.name}\n")
            sys.stdout.flush()
        began = time.monotonic()
        code = run_step(step)
        if len(steps) > 1:
            verdict = "ok" if code == 0 else f"failed with exit code {code}"
            sys.stdout.write(f"== {step.name}: {verdict} in {time.monotonic() - began:.0f} s\n")
            sys.stdout.flush()
        if code:
            return code
    return 0


def lint_steps() -> list[Step]:
    """Return the commands that judge style."""
    return [
        Step("lint", python("-m", "ruff", "check", ".")),
        Step("format", python("-m", "ruff", "format", "--check", ".")),
    ]


def types_steps() -> list[Step]:
    """Return the commands that judge types; basedpyright is pyright from wheels, so that no Node has to be there."""
    return [
        Step(
            "types (mypy)",
            python("-m", "mypy", "-p", "cyara_auth", "-p", "cyara_tools", "-p", "cyara_client", "-p", "pipeline"),
        ),
        Step("types (pyright)", python("-m", "basedpyright")),
    ]


def regenerate_steps(arguments: Sequence[str]) -> list[Step]:
    """Return the regeneration script with the caller's arguments; the files that they name are the caller's."""
    script = str(ROOT / "scripts" / "regenerate.py")
    return [Step("regenerate", python(script, *arguments), in_callers_folder=True)]


def test_steps(arguments: Sequence[str]) -> list[Step]:
    """Return everything that has to be green, cheapest first; with arguments, only pytest with those."""
    if arguments:
        return [Step("tests", python("-m", "pytest", *arguments))]
    pytest = ("-m", "pytest", "-q", *IN_PARALLEL)
    # Without a Redis server the tests of its store are skipped, and other systems have other branches.
    coverage = COVERAGE if sys.platform == "linux" and shutil.which("redis-server") else ()
    return [
        *lint_steps(),
        *types_steps(),
        Step("generated code", python("scripts/regenerate.py", "check", "--full")),
        Step("tests of what decides about strikes", python(*pytest, *FULLY_COVERED_BY, *coverage)),
        Step("all other tests", python(*pytest, *(f"--ignore={folder}" for folder in FULLY_COVERED_BY))),
    ]


TASKS: dict[str, tuple[str, Callable[[Sequence[str]], list[Step]]]] = {
    "demo": (
        "rebuild the client, run a campaign against the local portal",
        lambda arguments: [Step("demo", python("scripts/demo.py", *arguments))],
    ),
    "test": ("lint, types, generated code, and all tests (arguments go to pytest)", test_steps),
    "regenerate": ("run scripts/regenerate.py (arguments are passed on)", regenerate_steps),
    "lint": ("judge style", lambda _arguments: lint_steps()),
    "types": ("judge types", lambda _arguments: types_steps()),
    "bench": (
        "measure every speed claim again",
        lambda arguments: [Step("bench", python("benchmarks/run.py", *arguments))],
    ),
    "setup": ("only make .venv", lambda _arguments: []),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the task, set up, run it, and return its exit code."""
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up the project and run its tasks.")
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    for name, (meaning, _steps) in TASKS.items():
        tasks.add_parser(name, help=meaning, description=meaning, add_help=False)
    chosen, passed_on = parser.parse_known_args(arguments)
    try:
        set_up()
        return run_steps(TASKS[chosen.task][1](passed_on))
    except KeyboardInterrupt:
        sys.stderr.write("dev.py: stopped by Ctrl-C; the same command can be run again.\n")
        return 130


if __name__ == "__main__":
    raise SystemExit(main())

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
import tempfile
import time
import venv
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements" / "dev.txt"
BENCH_LOCK = ROOT / "requirements" / "bench.txt"
STAMP = ENVIRONMENT / "installed-from.sha256"
OLDEST_PYTHON = (3, 11)
SECONDS_TO_END = 30.0
"""What a step gets to end by itself after Ctrl-C."""
# Files stay whole, so that what a module sets up is set up once.
IN_PARALLEL = ("-n", "2", "--dist", "loadfile")
# Loading every installed plugin takes longer than most test files. The options want `timeout`, any test may want the
# portal's fixture, and `anyio` runs the tests that it marks.
QUICK_PLUGINS = ("-p", "timeout", "-p", "cyara")
ASYNC_PLUGIN = ("-p", "anyio")
# What decides about strikes has every branch tested; pyproject.toml lists those modules under tool.coverage.report.
FULLY_COVERED_BY = tuple(f"tests/auth/{part}" for part in ("credential", "strikes", "guard", "stores"))
# Millions of decisions: counting their branches would take longer than all else, and adds no branch.
MODEL = "tests/auth/strikes/model"
# What speaks to the HTTP library itself, or judges what it raises.
ON_BOTH_LIBRARIES = (*(f"tests/auth/{part}" for part in ("transport", "client", "guard", "redact")), "tests/contract")
COVERAGE = ("--cov=cyara_auth", "--cov-branch", "--cov-report=term:skip-covered", "--cov-fail-under=100")


class Step(NamedTuple):
    """One command of a task: what it is called in the output, its arguments, and where it runs."""

    name: str
    command: list[str]
    in_callers_folder: bool = False
    """Else it runs in the repository."""
    beside_the_last: bool = False
    """It runs side by side with the step before it."""
    plugins_by_name: bool = False
    """pytest loads only the plugins that the command names."""
    http_library: str = ""
    """What client and guard run on; empty is what the caller's environment says, and httpx without."""


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
    run([*install(uv), "--require-hashes", "-r", str(LOCK)])
    run([*install(uv), "--no-build-isolation", "-e", str(ROOT)])
    STAMP.write_text(wanted, encoding="ascii")


def install(uv: str | None) -> list[str]:
    """Return how a command line begins that installs into `.venv`."""
    # A lock is whole, so nothing is resolved: pip before 23.3 prefers a release newer than the locked one where a
    # package is wanted with an extra, and then refuses it for having no hash.
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--no-deps"]
    return python("-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps")


def python(*arguments: str) -> list[str]:
    """Return a command line for the environment's own Python."""
    return [str(PYTHON), *arguments]


def child_environment(step: Step) -> dict[str, str]:
    """Return the environment for a step: tools of `.venv` first, UTF-8 everywhere, nothing of the caller's Python."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")]),
        "PYTHONUTF8": "1",
        "VIRTUAL_ENV": str(ENVIRONMENT),
        **({"CYARA_HTTP_LIBRARY": step.http_library} if step.http_library else {}),
        **({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if step.plugins_by_name else {}),
    }


def run_together(steps: Sequence[Step]) -> list[int]:
    """Run steps side by side and return their exit codes; what several say is shown one after the other, each whole.

    Ctrl-C reaches them too, and they get the time to leave nothing behind.
    """
    with contextlib.ExitStack() as opened:
        processes: list[tuple[subprocess.Popen[bytes], IO[bytes] | None]] = []
        for step in steps:
            said = opened.enter_context(tempfile.TemporaryFile()) if len(steps) > 1 else None
            process = subprocess.Popen(  # noqa: S603 - as above
                step.command,
                cwd=None if step.in_callers_folder else ROOT,
                env=child_environment(step),
                stdout=said,
                stderr=said,
            )
            processes.append((opened.enter_context(process), said))
        try:
            return [_ended(process, said) for process, said in processes]
        except KeyboardInterrupt:
            for process, _said in processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(SECONDS_TO_END)
                process.terminate()
            raise


def _ended(process: subprocess.Popen[bytes], said: IO[bytes] | None) -> int:
    code = process.wait()
    if said:
        said.seek(0)
        sys.stdout.write(said.read().decode("utf-8", "replace"))
    return code


def run_steps(steps: Sequence[Step]) -> int:
    """Run the steps in order, stop at the first that fails, and say how long each took."""
    groups: list[list[Step]] = []
    for step in steps:
        if step.beside_the_last:
            groups[-1].append(step)
        else:
            groups.append([step])
    for group in groups:
        name = ", ".join(step.name for step in group)
        if len(steps) > 1:
            sys.stdout.write(f"== {name}\n")
            sys.stdout.flush()
        began = time.monotonic()
        codes = run_together(group)
        if len(steps) > 1:
            took = f"in {time.monotonic() - began:.0f} s"
            for step, code in zip(group, codes, strict=True):
                verdict = "ok" if code == 0 else f"failed with exit code {code}"
                sys.stdout.write(f"== {step.name}: {verdict} {took}\n")
            sys.stdout.flush()
        if any(codes):
            return next(filter(None, codes))
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
        Step("types (pyright)", python("-m", "basedpyright"), beside_the_last=True),
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
        Step("tests of what decides about strikes", python(*pytest, *FULLY_COVERED_BY, f"--ignore={MODEL}", *coverage)),
        # Its worlds share nothing, so both workers take of them.
        Step("the exhaustive model", python("-m", "pytest", "-q", "-n", "2", MODEL)),
        Step("the same on httpx2", python(*pytest, *ON_BOTH_LIBRARIES), http_library="httpx2"),
        Step("all other tests", python(*pytest, *(f"--ignore={folder}" for folder in FULLY_COVERED_BY))),
    ]


def quick_steps(arguments: Sequence[str]) -> list[Step]:
    """Return pytest with the plugins that a single file needs, and with the options that every run has."""
    arguments = arguments or ["tests"]
    named = [ROOT / argument.partition("::")[0] for argument in arguments]
    files = [file for path in named for file in ([path] if path.is_file() else path.rglob("test_*.py"))]
    # Half of what a small file takes would be the import of anyio.
    marked = any("mark.anyio" in file.read_text("utf-8") for file in files)
    plugins = (*QUICK_PLUGINS, *(ASYNC_PLUGIN if marked else ()))
    return [Step("quick", python("-m", "pytest", "-q", *plugins, *arguments), plugins_by_name=True)]


def bench_steps(arguments: Sequence[str]) -> list[Step]:
    """Return what installs the peers that only benchmarks import, and the benchmarks."""
    return [
        Step("peers", [*install(shutil.which("uv")), "--require-hashes", "-r", str(BENCH_LOCK)]),
        Step("bench", python("benchmarks/run.py", *arguments)),
    ]


TASKS: dict[str, tuple[str, Callable[[Sequence[str]], list[Step]]]] = {
    "demo": (
        "rebuild the client, run a campaign against the local portal",
        lambda arguments: [Step("demo", python("scripts/demo.py", *arguments))],
    ),
    "test": ("lint, types, generated code, and all tests (arguments go to pytest)", test_steps),
    "quick": ("run one file of tests (arguments go to pytest)", quick_steps),
    "regenerate": ("run scripts/regenerate.py (arguments are passed on)", regenerate_steps),
    "lint": ("judge style", lambda _arguments: lint_steps()),
    "types": ("judge types", lambda _arguments: types_steps()),
    "bench": ("measure every speed claim again (arguments name benchmarks)", bench_steps),
    "lowest": (
        "run a part of the tests with the lowest releases that pyproject.toml allows",
        lambda _arguments: [Step("lowest releases", python("scripts/lowest.py"))],
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

"""Child processes: confined, clean, and gone when their parent is."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped] # has no types of its own
import pytest
from pipeline.children.child import clean_environment, started
from pipeline.errors import GeneratorWarningError
from pipeline.generate import GeneratedEndpoint
from pipeline.imports import failing_imports

if TYPE_CHECKING:
    from pathlib import Path

ESCAPES = {
    "write": "open({outside!r}, 'w')",
    "append": "open({outside!r}, 'a')",
    "descriptor": "import os; os.open({outside!r}, os.O_CREAT | os.O_WRONLY)",
    "folder": "import os; os.mkdir({outside!r})",
    "rename": "import os; open('in', 'w').close(); os.rename('in', {outside!r})",
    "remove": "import os; os.remove({witness!r})",
    "link": "import os; os.symlink('/etc/passwd', {outside!r})",
    "program": "import subprocess; subprocess.run(['true'])",
    "shell": "import os; os.system('true')",
    "connect": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "resolve": "import socket; socket.getaddrinfo('localhost', 80)",
}


def endpoints(names: dict[str, str], package: Path) -> list[GeneratedEndpoint]:
    folder = package / "api" / "t"
    folder.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name, code in names.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return [GeneratedEndpoint(method="GET", path="/", tag="t", module=f"t.{name}") for name in names]


def test_code_that_tries_to_leave_is_stopped(tmp_path: Path) -> None:
    outside, witness, work = tmp_path / "outside", tmp_path / "witness", tmp_path / "work"
    work.mkdir()
    witness.touch()
    codes = {name: code.format(outside=str(outside), witness=str(witness)) for name, code in ESCAPES.items()}
    package = work / "root" / "cyara_client"
    failures = failing_imports(package, endpoints(codes, package), work=work)
    assert {module.removeprefix("t.") for module in failures} == ESCAPES.keys()
    assert all(reason.startswith("EscapeError") for reason in failures.values()), failures
    assert not outside.exists()
    assert witness.exists()


def test_each_module_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    package = tmp_path / "root" / "cyara_client"
    codes = {"good": "x = 1\n", "bad": "x = y\n", "worse": "def (\n", "exits": "raise SystemExit(0)\n"}
    failures = failing_imports(package, endpoints(codes, package), work=tmp_path)
    assert failures.keys() == {"t.bad", "t.worse", "t.exits"}
    assert failures["t.bad"].startswith("NameError")


def test_the_environment_of_a_child_is_the_same_everywhere() -> None:
    environ = {
        "PATH": "/hostile",
        "PYTHONPATH": "/hostile",
        "PYTHONSTARTUP": "x",
        "RUFF_CONFIG": "x",
        "TMPDIR": "t",
    }
    kept = clean_environment(environ)
    assert kept["TMPDIR"] == "t"
    assert not {"PATH", "PYTHONPATH", "PYTHONSTARTUP", "RUFF_CONFIG"} & kept.keys()
    assert kept["PYTHONHASHSEED"] == "0"


def test_a_child_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    package = tmp_path / "root" / "cyara_client"
    endless = endpoints({"endless": "while True: pass\n"}, package)
    arguments = {"root": str(package.parent), "modules": [endless[0].module]}
    said = pytest.raises(GeneratorWarningError, match="did not end within 2 s")
    with started("pipeline.imports", work=tmp_path) as child, said:
        child.run(arguments, timeout=2)
    assert not children_of(tmp_path)


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    package = tmp_path / "root" / "cyara_client"
    [endpoint] = endpoints({"endless": "while True: __import__('time').sleep(0.01)\n"}, package)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from pipeline.children.child import started\n"
        "with started('pipeline.imports', work=Path(sys.argv[4])) as child:\n"
        "    child.run({'root': sys.argv[2], 'modules': [sys.argv[3]]}, timeout=60)"
    )
    scripts = str(next(path for path in sys.path if path.endswith("scripts")))
    command = [sys.executable, "-c", code, scripts, str(package.parent), endpoint.module, str(tmp_path)]
    with subprocess.Popen(command) as parent:
        wait_until(lambda: bool(children_of(tmp_path)))
        parent.kill()
    wait_until(lambda: not children_of(tmp_path))


def children_of(work: Path) -> list[int]:
    """Return the ids of the child processes that run for a work folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if str(work / "imports.request.json") in line:
            found.append(process.pid)
    return found


def wait_until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator] # a callable, spelled short
        assert time.monotonic() < deadline
        time.sleep(0.05)

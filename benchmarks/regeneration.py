"""What regeneration costs: the whole pipeline beside the bare generator on the same effective document.

The documents are made here, in the form in which Swashbuckle writes them: 250 and 1,000 operations, a model for every
two of them. The bare generator is the stock command line with its own templates and formatting hooks. Peak memory is
that of the whole process tree, on the largest of the documents beside the repository where they are, else on 1,000
operations.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from harness import Row, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "scripts" / "regenerate.py"
SPECS = ROOT.parent / "shared" / "specs"
ROUNDS = 3
MIB = 2**20


def document(operations: int) -> dict[str, Any]:
    """Return a document with this many operations, half of them reading, half writing."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Kind": {"type": "string", "enum": ["Alpha", "Beta", "Gamma"]}}
    for number in range(operations // 2):
        name = f"Thing{number}"
        schemas[name] = _model()
        model = {"$ref": f"#/components/schemas/{name}"}
        forms = ("text/plain", "application/json", "text/json")
        answer = {"200": {"description": "OK", "content": {form: {"schema": model} for form in forms}}}
        body = {
            "content": {form: {"schema": model} for form in ("application/json", "text/json", "application/*+json")}
        }
        path = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "format": "int64"}}
        query = [{"name": f"filter{index}", "in": "query", "schema": {"type": "string"}} for index in range(3)]
        tags = [f"Group{number % 25}"]
        paths[f"/api/v1/group{number % 25}/{name.lower()}/{{id}}"] = {
            "get": {"tags": tags, "operationId": f"Get{name}", "parameters": [path, *query], "responses": answer},
            "put": {
                "tags": tags,
                "operationId": f"Put{name}",
                "parameters": [path],
                "requestBody": body,
                "responses": answer,
            },
        }
    info = {"title": f"Benchmark of {operations}", "version": "v1"}
    return {"openapi": "3.0.1", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _model() -> dict[str, Any]:
    properties: dict[str, Any] = {f"text{index}": {"type": "string", "nullable": True} for index in range(6)}
    properties |= {f"number{index}": {"type": "integer", "format": "int32"} for index in range(4)}
    properties |= {
        "created": {"type": "string", "format": "date-time"},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "nullable": True},
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def ours(source: Path, folder: Path, *options: str) -> Callable[[], None]:
    """Return work that builds the client of a document from nothing, in a process of its own."""

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as target:
            _run([sys.executable, str(SCRIPT), "build", "--source", str(source), "--into", target, "--json", *options])

    return work


def bare(effective: Path, folder: Path) -> Callable[[], None]:
    """Return work that runs the stock generator as its users do."""

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as target:
            command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
            _run([*command, "--path", str(effective), "--output-path", str(Path(target) / "client")])

    return work


def repeated_command(folder: Path, *command: str) -> Callable[[], None]:
    """Return work that runs a command of the pipeline once more."""
    return lambda: _run([sys.executable, str(SCRIPT), *command], cwd=folder)


def peak(command: list[str]) -> float:
    """Return the peak memory of a command and all processes that it starts, in MiB, sampled every 20 ms."""
    # Sampled, since the operating system adds up no process tree; the pipeline's children do most of the work.
    highest = 0
    with psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            highest = max(highest, sum(_resident(one) for one in [process, *_children(process)]))
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"{command} failed")
    return highest / MIB


def measure() -> list[Row]:
    """Measure every bar."""
    with tempfile.TemporaryDirectory(prefix="cyara-bench-") as temporary:
        folder = Path(temporary)
        sources = {count: folder / f"{count}.json" for count in (250, 1000)}
        for count, path in sources.items():
            path.write_text(json.dumps(document(count)), encoding="utf-8")
        built = folder / "built"
        small = ["build", "--source", str(sources[250]), "--into", str(built), "--no-verify", "--json"]
        _run([sys.executable, str(SCRIPT), *small])
        stock = bare(built / "openapi" / "effective.json", folder)
        without, whole = ours(sources[250], folder, "--no-verify"), ours(sources[250], folder)
        name, command = _largest(sources[1000], folder)
        rows = [
            _ratio("pipeline without verification, 250 operations", without, stock, 1.5, "bare generator"),
            _ratio("pipeline with verification, 250 operations", whole, stock, 4.0, "bare generator"),
            _ratio("1,000 operations", ours(sources[1000], folder), whole, 4.4, "250 operations"),
            Row(claim="peak memory", figure=peak(command), unit="MB", bar=400, note=name),
            _seconds("regeneration with unchanged inputs", repeated_command(folder, *small)),
        ]
        # Somebody who tries a change measures too, and then the committed client is not what would be built.
        if subprocess.run([sys.executable, str(SCRIPT), "check"], capture_output=True, check=False).returncode == 0:  # noqa: S603 - our own script
            rows.append(_seconds("check of the committed client", repeated_command(folder, "check")))
    return rows


def _ratio(claim: str, subject: Callable[[], None], peer: Callable[[], None], bar: float, beside: str) -> Row:
    return Row(claim=claim, figure=in_turn(subject, peer, rounds=ROUNDS).ratio, bar=bar, peer=beside)


def _seconds(claim: str, work: Callable[[], None]) -> Row:
    pair = in_turn(work, lambda: None, rounds=ROUNDS)
    return Row(claim=claim, figure=min(pair.subject), unit="s", bar=1.0)


def _largest(otherwise: Path, folder: Path) -> tuple[str, list[str]]:
    found = sorted(SPECS.glob("*.json"), key=lambda path: path.stat().st_size) or [otherwise]
    target = str(folder / "largest")
    return found[-1].stem, [
        sys.executable,
        str(SCRIPT),
        "build",
        "--source",
        str(found[-1]),
        "--into",
        target,
        "--json",
    ]


def _run(command: list[str], cwd: Path | None = None) -> None:
    # The formatting hooks of the stock generator look for ruff on the PATH.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    environ = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


# A child may end between two looks at it.
def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0

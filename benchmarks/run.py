"""Measure every speed claim again: `python3 scripts/dev.py bench [NAME ...]`.

Runs each benchmark of this folder (or those named) in a process of its own, prints its table as it ends and, when
all of them ran, writes `docs/benchmarks.md` and `docs/benchmarks.svg`. Exit code 1 says that a bar was missed.
"""

from __future__ import annotations

import importlib
import json
import platform
import subprocess
import sys
from pathlib import Path

import attrs
from harness import Row, table
from plot import bars_svg

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"


def names() -> list[str]:
    """Return the benchmarks of this folder: the modules that have a `measure()`."""
    # Read as text: importing a benchmark only to ask would load all that it measures.
    modules = (path for path in HERE.glob("*.py") if path.name != Path(__file__).name)
    return sorted(path.stem for path in modules if "\ndef measure(" in path.read_text(encoding="utf-8"))


def measure_alone(name: str) -> list[Row]:
    """Run one benchmark in a fresh process, so that none warms another's caches."""
    done = subprocess.run(  # noqa: S603 - this file, our own interpreter
        [sys.executable, str(HERE / "run.py"), "--json", name], check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise SystemExit(f"benchmark {name} did not run to its end (exit code {done.returncode})")
    # The last line, since a library may print something of its own.
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def write_documents(results: dict[str, list[Row]]) -> None:
    """Write the table and the plot that the README shows."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    parts = [f"## {name}\n\n{table(rows)}" for name, rows in results.items()]
    head = (
        "# Benchmarks\n\n"
        "Written by `python3 scripts/dev.py bench`. Subject and peer run in turn; figures\n"
        "marked x are medians of the pairwise ratios. This run:\n"
        f"{python}, {platform.system()} {platform.machine()}.\n\n![Ratios against their bars](benchmarks.svg)\n\n"
    )
    (DOCS / "benchmarks.md").write_text(head + "\n".join(parts), encoding="utf-8", newline="\n")
    ratios = [row for rows in results.values() for row in rows if row.bar is not None and row.unit == "x"]
    (DOCS / "benchmarks.svg").write_text(bars_svg(ratios), encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Run what was asked for and say whether every bar was kept."""
    if arguments[:1] == ["--json"]:
        rows: list[Row] = importlib.import_module(arguments[1]).measure()
        print(json.dumps([attrs.asdict(row) for row in rows]))
        return 0
    unknown = sorted(set(arguments) - set(names()))
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    results: dict[str, list[Row]] = {}
    for name in arguments or names():
        results[name] = measure_alone(name)
        print(f"\n## {name}\n\n{table(results[name])}", flush=True)
    # Figures of different runs do not belong into one table.
    if not arguments:
        write_documents(results)
    return 0 if all(row.holds for rows in results.values() for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

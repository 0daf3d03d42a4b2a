"""Kill builds for real, and report after each kill what the next `check` found. Run as a script, POSIX only.

The build, its journal, its lock and `check` are the real ones; only the generator is replaced by a fast one that writes
a package of 40 files, so that many kills fit into a few seconds. Each build runs in a forked child.

Arguments: root folder of a tree, mode (`steps`, `random`, `interrupt`), number of kills, seed. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from pipeline import stages
from pipeline.build import build
from pipeline.check import check
from pipeline.errors import PipelineError
from pipeline.install.journal import install
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest, Job
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.prepare import Prepared

FILES = 40


def fast_package(job: Job, prepared: Prepared, _: object) -> None:
    """Write a package whose every file says which document it is from; the second document has other modules too."""
    package = job.staged.package
    title = prepared.received["info"]["title"]
    for number in range(FILES):
        path = (
            package / f"part_{number % 4}" / f"{title.lower()}_{number}.py"
            if number % 3
            else package / f"m_{number}.py"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"# Generated\nNAME = {title!r}\n".encode() * 50)


@contextmanager
def no_child(*_: object, **__: object) -> Iterator[None]:
    yield


def fast_verification(job: Job, _: Prepared) -> dict[str, str]:
    job.report.requests_valid = [1, 1]
    return {}


def run_build(root: Path, source: Path) -> None:
    tree = Layout(root=root)
    request = BuildRequest(repository=tree, target=tree, source=source)
    build(request, StageProgress(display=Silent()), BuildReport())


def state(root: Path) -> str:
    """Return what the next command finds: the title of the one document that the whole tree is from, or the problem."""
    tree = Layout(root=root)
    try:
        lock = check(tree, StageProgress(display=Silent()))
    except PipelineError as error:
        return f"{type(error).__name__}: {error}"
    titles = {path.read_text().split("'")[1] for path in tree.package.rglob("*.py")}
    titles.add(json.loads(tree.upstream().read_bytes())["info"]["title"])
    titles.add(json.loads((tree.openapi / "effective.json").read_bytes())["info"]["title"])
    left = sorted(path.name for path in root.glob(".regenerate*"))
    return lock.document["title"] if titles == {lock.document["title"]} and not left else f"mixture {titles} {left}"


def forked(action: partial[None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            action()
        except KeyboardInterrupt:
            os._exit(130)
        except PipelineError:
            os._exit(1)
        os._exit(0)
    return child


def killing_install(step: int, *arguments: object) -> None:
    seen = iter(range(10_000))

    def after_step(_: str) -> None:
        if next(seen) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    install(*arguments, after_step=after_step)  # type: ignore[arg-type] # handed on as the stages call it


def wait_for_journal(root: Path, child: int) -> None:
    """Wait until the child has decided to install, or has ended."""
    journal = root / ".regenerate" / "journal.json"
    while not journal.exists() and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        pass


def main() -> None:
    root, mode, kills, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    vars(stages).update(write_package=fast_package, verify_package=fast_verification, started=no_child)
    dice = random.Random(seed)  # noqa: S311 - moments of kills, no secret
    sources = [root / "sources" / "one.json", root / "sources" / "two.json"]
    run_build(root, sources[0])
    run_build(root, sources[1])
    started = time.monotonic()
    run_build(root, sources[0])
    duration = time.monotonic() - started
    outcomes: list[dict[str, object]] = []
    for number in range(kills):
        if mode == "steps":
            vars(stages).update(install=partial(killing_install, number))
        before = state(root)
        child = forked(partial(run_build, root, sources[1] if before == "One" else sources[0]))
        if mode != "steps":
            if number % 2:  # every other kill falls into the install, which is short
                wait_for_journal(root, child)
                time.sleep(dice.uniform(0, duration / 10))
            else:
                time.sleep(dice.uniform(0, duration * 1.2))
            os.kill(child, signal.SIGKILL if mode == "random" else signal.SIGINT)
        _, status = os.waitpid(child, 0)
        left = bool(list(root.glob(".regenerate*")))
        outcomes.append(
            {
                "before": before,
                "after": state(root),
                "killed": os.WIFSIGNALED(status),
                "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                "left": left,
            }
        )
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()

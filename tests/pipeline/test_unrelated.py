"""`build --source` of another API's document: asked on a terminal, refused elsewhere, and wanted with `--yes`."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.build import build
from pipeline.document.document import read_document
from pipeline.errors import PipelineError
from pipeline.install.layout import Layout
from pipeline.report import BuildReport
from pipeline.unrelated import other_api

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Document = dict[str, Any]
SENTENCE = (
    "The document 'lamps.json' ('Lamps', 1 operation) describes another API than the installed client "
    "('Pets', 3 operations): they share 0."
)


def lamps() -> Document:
    on = {"tags": ["lamps"], "operationId": "GetLamps", "responses": {"200": {"description": "ok"}}}
    return {"openapi": "3.0.3", "info": {"title": "Lamps", "version": "1"}, "paths": {"/lamps": {"get": on}}}


def moved(document: Document) -> None:
    document["paths"] = {f"/v2{path}": item for path, item in document["paths"].items()}


def moved_without_ids(document: Document) -> None:
    moved(document)
    for item in document["paths"].values():
        for operation in item.values():
            del operation["operationId"]


def odd_ids(document: Document) -> None:
    moved(document)
    for item in document["paths"].values():
        for operation in item.values():
            operation["operationId"] = ["no", "text"]


def with_many_more(document: Document) -> None:
    for number in range(40):
        document["paths"][f"/more/{number}"] = {"get": {"responses": {"200": {"description": "ok"}}}}


def one_left(document: Document) -> None:
    document["paths"] = {"/PETS/": {"get": document["paths"]["/pets"]["get"]}}


def mostly_others(document: Document) -> None:
    one_left(document)
    with_many_more(document)


@pytest.mark.parametrize(
    ("change", "other"),
    [
        (lambda document: document["info"].update(title="Renamed"), False),
        (moved, False),
        (with_many_more, False),
        (one_left, False),
        (mostly_others, False),
        (moved_without_ids, True),
        (odd_ids, True),
    ],
)
def test_what_is_another_api(
    built_tree: Layout, kit: Any, tmp_path: Path, change: Callable[[Document], object], *, other: bool
) -> None:
    document = kit.pets()
    change(document)
    source = kit.write_json(tmp_path / "new.json", document)
    found = other_api(kit.request(built_tree, source=source), read_document(source))
    assert (found is not None) == other


def test_it_replaces_the_client_only_if_that_is_wanted(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "lamps.json", lamps())
    before = kit.snapshot(built_tree.root)
    with pytest.raises(PipelineError) as refused:
        kit.built(built_tree, source=source)
    assert str(refused.value) == (
        f"{SENTENCE} Nothing was changed. Build it elsewhere with `--into DIR`, or say `--yes` to replace the client."
    )
    assert kit.snapshot(built_tree.root) == before
    kit.built(built_tree, target=Layout(root=tmp_path / "into"), source=source)
    assert kit.snapshot(built_tree.root) == before
    asked: list[str] = []
    request = kit.request(built_tree, source=source, confirm=lambda found: not asked.append(str(found)))
    build(request, kit.progress(), BuildReport())
    assert asked == [SENTENCE]
    assert built_tree.upstream().read_bytes() == source.read_bytes()
    # It is the installed one now, and what was there before is another API.
    kit.built(built_tree, source=source)
    assert len(asked) == 1


def test_where_nothing_is_installed_nothing_is_replaced(tree: Layout, kit: Any, tmp_path: Path) -> None:
    kit.built(tree, source=kit.write_json(tmp_path / "lamps.json", lamps()))
    assert (tree.package / "api" / "lamps").is_dir()


def test_without_a_terminal_it_wants_yes(built_clone: Path, kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "lamps.json", lamps())
    before = kit.snapshot(built_clone)
    line = [*command(built_clone), "--source", str(source)]
    # `yes` on a pipe is no person.
    done = subprocess.run(line, input="y\n", capture_output=True, check=False, text=True, encoding="utf-8")
    assert done.returncode == 1
    assert SENTENCE in done.stderr
    assert "[y/N]" not in done.stderr
    assert kit.snapshot(built_clone) == before
    done = subprocess.run([*line, "--yes"], capture_output=True, check=False, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert Layout(root=built_clone).upstream().read_bytes() == source.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1), ("y\n", 0), ("\x04", 1), ("\x03", 130)])
def test_on_a_terminal_it_asks(built_clone: Path, kit: Any, tmp_path: Path, answer: str, code: int) -> None:
    source = kit.write_json(tmp_path / "lamps.json", lamps())
    before = kit.snapshot(built_clone)
    found, said = on_a_terminal([*command(built_clone), "--source", str(source)], answer)
    assert f"{SENTENCE} Replace the client by one for it? [y/N]" in " ".join(said.split())
    assert found == code, said
    assert "Traceback" not in said
    assert (kit.snapshot(built_clone) == before) == (code != 0)


@pytest.fixture
def built_clone(clone: Path, kit: Any) -> Path:
    """The small tree, built, with the scripts."""
    kit.built(Layout(root=clone))
    return clone


def command(clone: Path) -> list[str]:
    return [sys.executable, str(clone / "scripts" / "regenerate.py"), "build", "--no-verify"]


def on_a_terminal(line: list[str], answer: str) -> tuple[int, str]:
    """Run a command on a pseudo-terminal, answer its question, and return exit status and what it showed."""
    import pty

    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        # Opened by the leader of a session, it becomes that session's terminal, to which Ctrl-C belongs.
        os.close(os.open(os.ttyname(0), os.O_RDWR))

    environment = {**os.environ, "COLUMNS": "300", "TERM": "dumb"}
    with subprocess.Popen(
        line,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        preexec_fn=take_terminal,  # noqa: PLW1509 - no thread here
    ) as process:
        os.close(theirs)
        shown, answered, deadline = b"", False, time.monotonic() + 120
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    shown += os.read(ours, 65536)
                except OSError:
                    break
            elif process.poll() is not None:
                break
            if b"[y/N]" in shown and not answered:
                os.write(ours, answer.encode())
                answered = True
        os.close(ours)
        return process.wait(timeout=30), shown.decode()

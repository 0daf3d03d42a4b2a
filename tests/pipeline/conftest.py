"""A small tree to build in: the project's own settings and templates over a document of three operations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.build import build
from pipeline.install.journal import file_sha256
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parents[2]


def pets_document(title: str = "Pets") -> dict[str, Any]:
    """Return a document with three operations: a list, one with a path parameter, one with a body."""
    pet = {"$ref": "#/components/schemas/Pet"}
    name = {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
    ok = {"description": "ok", "content": {"application/json": {"schema": {"type": "array", "items": pet}}}}
    one = {"description": "ok", "content": {"application/json": {"schema": pet}}}
    body = {"required": True, "content": {"application/json": {"schema": pet}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": "1"},
        "paths": {
            "/pets": {
                "get": {"tags": ["pets"], "operationId": "GetPets", "responses": {"200": ok}},
                "post": {"tags": ["pets"], "operationId": "AddPet", "requestBody": body, "responses": {"200": one}},
            },
            "/pets/{petId}": {
                "get": {"tags": ["pets"], "operationId": "GetPet", "parameters": [name], "responses": {"200": one}}
            },
        },
        "components": {
            "schemas": {
                "Pet": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string"},
                        "kind": {"type": "string", "enum": ["Cat", "Dog"]},
                        "weight": {"type": "number", "nullable": True},
                    },
                }
            }
        },
    }


class Kit:
    """What the tests of the pipeline share."""

    repository = REPOSITORY
    pets = staticmethod(pets_document)

    @staticmethod
    def write_json(path: Path, content: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    @staticmethod
    def snapshot(root: Path) -> dict[str, str | None]:
        """Return every file below a folder with its hash, the interpreter's caches left out."""
        paths = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root).as_posix(): file_sha256(path) for path in paths}

    @staticmethod
    def progress() -> StageProgress:
        return StageProgress(display=Silent())

    @staticmethod
    def request(tree: Layout, **options: Any) -> BuildRequest:
        chosen: dict[str, Any] = {"repository": tree, "target": tree, "verify": False} | options
        return BuildRequest(**chosen)

    @classmethod
    def built(cls, tree: Layout, **options: Any) -> BuildReport:
        """Build in process and return the report."""
        report = BuildReport()
        build(cls.request(tree, **options), cls.progress(), report)
        return report

    @staticmethod
    def pretend_verified(tree: Layout) -> None:
        """Let `check` accept a lock that was written without verification, which these tests do not need."""
        lock = json.loads(tree.lock.read_bytes())
        lock["summary"]["requests_valid"] = [3, 3]
        tree.lock.write_text(json.dumps(lock), encoding="utf-8")


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


@pytest.fixture(scope="session")
def shared_kit() -> type[Kit]:
    """The same, for fixtures that last longer than a test."""
    return Kit


@pytest.fixture
def run_with() -> Callable[[Path, str], str]:
    """Return a function that runs code with a built package on its path and returns what it printed."""

    def run(generated: Path, code: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(generated)}
        command = [sys.executable, "-c", textwrap.dedent(code)]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, encoding="utf-8", env=environment
        ).stdout

    return run


def small_tree(root: Path) -> Layout:
    """Return a repository in small, not built yet."""
    layout = Layout(root=root / "tree")
    layout.openapi.mkdir(parents=True)
    for name in ("generator.yml", "normalise.yaml"):
        if (REPOSITORY / "openapi" / name).exists():
            shutil.copy(REPOSITORY / "openapi" / name, layout.openapi / name)
    shutil.copytree(REPOSITORY / "openapi" / "templates", layout.openapi / "templates")
    Kit.write_json(layout.openapi / "upstream" / "cyara-v3.json", pets_document())
    return layout


@pytest.fixture
def tree(tmp_path: Path) -> Layout:
    """A repository in small, not built yet."""
    return small_tree(tmp_path)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built small tree, to be copied."""
    root = tmp_path_factory.mktemp("built")
    layout = small_tree(root)
    Kit.built(layout)
    return layout.root


@pytest.fixture
def built_tree(built_once: Path, tmp_path: Path) -> Layout:
    """A built small tree, a copy for this test alone."""
    shutil.copytree(built_once, tmp_path / "tree")
    return Layout(root=tmp_path / "tree")


@pytest.fixture
def clone(tree: Layout, kit: type[Kit]) -> Path:
    """The small tree with a copy of the scripts, so that the real command line works on it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(kit.repository / "scripts", tree.root / "scripts", ignore=ignored)
    return tree.root


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which real documents were built, since they are not part of the repository."""
    done = [report for report in terminalreporter.getreports("passed") if "test_specs.py" in report.nodeid]
    names = sorted(report.nodeid.rpartition("[")[2].rstrip("]") for report in done)
    asked = any("test_specs.py" in str(item) for item in terminalreporter.stats.get("skipped", []))
    if names or asked:
        terminalreporter.write_line(
            f"real documents built and verified: {', '.join(names) or 'none, ../shared/specs is absent'}"
        )

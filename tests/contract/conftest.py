"""The committed package and the document it was generated from."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "generated"


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    return json.loads((ROOT / "openapi" / "upstream" / "cyara-v3.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def corrected(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the package is judged by: the document with the corrections of overlays, where there are any."""
    path = GENERATED / "cyara_client" / "openapi-corrected.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else document


@pytest.fixture
def some_of(corrected: dict[str, Any]):
    """Return the document with some of its operations only, so that verification takes a moment."""

    def pick(*operation_ids: str) -> dict[str, Any]:
        picked = copy.deepcopy(corrected)
        for path, item in list(picked["paths"].items()):
            kept = {method: op for method, op in item.items() if op["operationId"] in operation_ids}
            picked["paths"][path] = kept
            if not kept:
                del picked["paths"][path]
        assert sum(len(item) for item in picked["paths"].values()) == len(operation_ids)
        return picked

    return pick


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the committed package to where faults may be planted in it."""
    root = tmp_path / "generated"
    shutil.copytree(GENERATED, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root

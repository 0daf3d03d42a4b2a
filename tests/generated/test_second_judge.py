"""What openapi-core says of the client's requests and the local portal's answers, with faults planted in both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from zoo import DOCUMENT as ZOO

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
JUDGE = Path(__file__).with_name("second_judge.py")
BUNDLED = ROOT / "openapi" / "upstream" / "cyara-v3.json"
Judged = dict[str, Any]


def judge(document: Path, package: Path, *options: str | Path) -> Judged:
    path = os.pathsep.join(map(str, (package, ROOT / "auth_ext", ROOT / "scripts")))
    ran = subprocess.run(
        [sys.executable, str(JUDGE), str(document), *map(str, options)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    judged: Judged = json.loads(ran.stdout)
    return judged


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the committed package to where faults may be planted in it."""
    root = tmp_path / "generated"
    shutil.copytree(ROOT / "generated", root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def only(operation_id: str) -> Judged:
    """Return the bundled document with one of its operations."""
    document: Judged = json.loads(BUNDLED.read_text("utf-8"))
    found = {
        path: {method: operation}
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation.get("operationId") == operation_id
    }
    assert len(found) == 1
    return {**document, "paths": found}


def wrong(judged: Judged) -> set[tuple[str, str]]:
    return {(finding["call"], finding["what"]) for finding in judged["refused"]}


def test_the_bundled_documents_calls_and_answers_are_right():
    judged = judge(BUNDLED, ROOT / "generated", "--afternoon")
    assert judged["refused"] == []
    assert len(judged["operations"]) == 29
    # Two calls of each, and the afternoon.
    assert judged["calls"] > 90


def test_the_zoos_calls_and_answers_are_right(tmp_path: Path):
    source = tmp_path / "zoo.json"
    source.write_text(json.dumps(ZOO), "utf-8")
    command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "build", "--no-verify"]
    built = subprocess.run(
        [*command, "--source", source, "--into", tmp_path], capture_output=True, text=True, check=False, timeout=50
    )
    assert built.returncode == 0, built.stderr
    judged = judge(source, tmp_path / "generated")
    known = {
        f"{method.upper()} {path}" for path, item in ZOO["paths"].items() for method in item.keys() - {"parameters"}
    }
    assert set(judged["operations"]) == known
    # To openapi-core a part of a form is a text, whatever the schema says; of this one a field is a truth value.
    assert {(call, what) for call, what in wrong(judged) if call != "POST /upload"} == set()
    assert all("'true' is not of type 'boolean'" in finding["why"] for finding in judged["refused"])


def plant(package: Path, name: str, old: str, new: str) -> None:
    file = package / "cyara_client" / name
    text = file.read_text("utf-8")
    assert old in text, f"{name} has changed; plant the fault elsewhere"
    file.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize(
    ("fault", "operation", "call"),
    [
        (
            ("_body.py", '{"content": json_bytes(value)', '{"content": json_bytes({"userName": "pat"})'),
            "CreateUser",
            "POST ",
        ),
        (("_request.py", 'f"{{{parameter.name}}}", text)', 'f"{{{parameter.name}}}", "no")'), "GetUser", "GET "),
        (("_body.py", '{"Content-Type": body.media_type}', '{"Content-Type": "text/css"}'), "CreateUser", "POST "),
    ],
    ids=["a field of another name", "a text for a GUID", "another media type"],
)
def test_a_wrong_request_is_found(fault: tuple[str, str, str], operation: str, call: str, package: Path):
    source = package / "document.json"
    source.write_text(json.dumps(only(operation)), "utf-8")
    plant(package, *fault)
    found = wrong(judge(source, package))
    assert any(what == "request" and path.startswith(call) for path, what in found)


def another_header(document: Judged) -> None:
    (scheme,) = document["components"]["securitySchemes"].values()
    scheme["name"] = "X-Api-Key"


def another_type(document: Judged) -> None:
    document["components"]["schemas"]["User"]["properties"]["username"] = {"type": "integer"}


def another_status(document: Judged) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"]["299"] = operation["responses"].pop("200")


@pytest.mark.parametrize(
    ("change", "what"), [(another_header, "request"), (another_type, "answer"), (another_status, "answer")]
)
def test_a_document_that_says_otherwise_is_found(change: Callable[[Judged], None], what: str, tmp_path: Path):
    source, other = tmp_path / "document.json", tmp_path / "other.json"
    document = only("GetUser")
    source.write_text(json.dumps(document), "utf-8")
    change(document)
    other.write_text(json.dumps(document), "utf-8")
    judged = judge(source, ROOT / "generated", "--by", other)
    assert {found for _, found in wrong(judged)} == {what}

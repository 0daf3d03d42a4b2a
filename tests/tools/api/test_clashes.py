"""A document whose tags, parameters and texts get in the way of ours: ours stay, and all of it can be called."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pipeline.build import build
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport

from cyara_tools.portal import LocalPortal

ROOT = Path(__file__).parents[3]
OURS = (
    "help",
    "json",
    "output",
    "query",
    "body",
    "all",
    "limit",
    "yes",
    "field",
    "fields",
    "account",
    "profile",
    "store",
)
NASTY = "Red \x1b[31m[/bold] `id` $(id) 'x' \"y\" \\"


def _schema(kind: str, **more: object) -> dict[str, object]:
    return {"type": kind, **more}


def _parameter(name: str, kind: str = "string", place: str = "query", **more: object) -> dict[str, object]:
    return {"name": name, "in": place, "required": place == "path", "schema": _schema(kind, **more)}


def _operation(identifier: str, tag: str, *parameters: object, **more: object) -> dict[str, object]:
    answer = {"description": "Done.", "content": {"application/json": {"schema": _schema("object")}}}
    return {
        "operationId": identifier,
        "tags": [tag],
        "summary": NASTY,
        "parameters": list(parameters),
        "responses": {"200": answer},
        **more,
    }


def _json_body(schema: object) -> dict[str, object]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_FIELDS = {
    **{name: _schema("string") for name in OURS},
    "sort": _schema("boolean"),
    "noSort": _schema("string"),
    "inner": _schema("object", properties={"deep": _schema("object", properties={"x": _schema("integer")})}),
    "kinds": _schema("array", items=_schema("string", enum=["a b", "$(id)", "[/x]", "Plain"])),
}
_FILES = {name: _schema("string", format="binary") for name in ("first", "second")}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Clashes", "version": "1"},
    "paths": {
        "/auth/{help}": {"get": _operation("GetAuth", "auth", _parameter("help", place="path"))},
        "/api": {"get": _operation("GetApi", "api")},
        "/call": {"get": _operation("GetOperations", "Test Cases")},
        "/odd": {"get": _operation("GetOdd", "Größe / Ünïcode!")},
        "/things/{id}/{format}": {
            "put": _operation(
                "UpdateThing",
                "Things",
                _parameter("format", place="path"),
                _parameter("id", "integer", place="path"),
                *(_parameter(name) for name in OURS),
                _parameter("X-Trace", place="header"),
                _parameter("paramOfItsOwn"),
                _parameter("level", "integer", enum=[1, 2]),
                _parameter("ids", "array", items=_schema("integer")),
                _parameter("sort", "boolean"),
                requestBody=_json_body(_schema("object", properties=_FIELDS)),
            ),
            "delete": _operation(
                "DeleteThing", "Things", _parameter("id", "integer", "path"), _parameter("format", place="path")
            ),
        },
        "/things/one": {"post": _operation("CreateThing", "Things", requestBody=_json_body(_schema("object")))},
        "/things/many": {
            "post": _operation("CreateThings", "Things", requestBody=_json_body(_schema("array", items={})))
        },
        "/things/files": {
            "post": _operation(
                "ImportThings",
                "Things",
                requestBody={
                    "required": True,
                    "content": {
                        "multipart/form-data": {
                            "schema": _schema("object", properties={**_FILES, "note": _schema("string")})
                        }
                    },
                },
            )
        },
        "/things/text": {
            "post": _operation(
                "SendText",
                "Things",
                requestBody={"required": True, "content": {"application/octet-stream": {"schema": _FILES["first"]}}},
            )
        },
    },
}

DRIVER = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from typer.main import get_command
from cyara_tools.cli.app import app
for words in json.load(sys.stdin):
    raw, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(raw, encoding="utf-8")
    with redirect_stdout(out), redirect_stderr(err):
        try:
            get_command(app)(words, prog_name="cyara")
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    out.flush()
    print(json.dumps([code, raw.getvalue().decode(), err.getvalue()]), flush=True)
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPortal]:
    with LocalPortal(DOCUMENT, stateful=False) as running:
        yield running


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory, portal: LocalPortal) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("clashes")
    source = folder / "document.json"
    source.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    target = Layout(root=folder / "built")
    request = BuildRequest(repository=Layout(root=ROOT), target=target, source=source, verify=False)
    build(request, StageProgress(display=Silent()), BuildReport())
    (folder / "state").mkdir(mode=0o700)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CYARA_", "PYTHON"))},
        "PYTHONPATH": str(target.package.parent),
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_STRIKE_STORE": f"sqlite://{folder}/state/strikes.sqlite3",
        "COLUMNS": "400",
    }


@pytest.fixture(scope="module")
def types(environ: dict[str, str]) -> Callable[..., list[tuple[int, str, str]]]:
    """Return what runs commands, one after the other, in a process that has the document's client."""

    def run(*lines: list[str]) -> list[tuple[int, str, str]]:
        done = subprocess.run(
            [sys.executable, "-c", DRIVER],
            check=False,
            input=json.dumps(lines),
            env=environ,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode == 0, done.stderr
        return [tuple(json.loads(line)) for line in done.stdout.splitlines()]

    return run


def test_our_commands_win_and_api_has_all(types: Run):
    help_of_all, ours, theirs, all_groups = types(["-h"], ["auth", "-h"], ["api", "auth", "-h"], ["api", "-h"])
    assert "rotate" in ours[1]
    assert "get-auth" in theirs[1]
    groups = all_groups[1]
    for group in ("auth", "api", "testcases", "things"):
        assert f"\n  {group}  " in groups
    assert "testcases" in help_of_all[1]
    assert not any(char < " " and char != "\n" for char in help_of_all[1] + groups)


def test_a_parameter_that_is_called_as_an_option_of_ours_gives_way(types: Run, portal: LocalPortal):
    line = ["things", "update", "5", "pdf"]
    # The generated method has an argument `body` already, and another name for this parameter.
    spelled = {name: "--body-query" if name == "body" else f"--param-{name}" for name in OURS}
    for name, word in spelled.items():
        # And so the field `query` cannot have its first choice.
        line += [word, f"p-{name}", "--body-query-2" if name == "query" else f"--body-{name}", f"b-{name}"]
    line += ["--x-trace", "t", "--ids", "1", "--ids", "2", "--no-sort", "--body-sort", "--output", "json"]
    line += ["--param-of-its-own", "own", "--level", "2"]
    line += ["-f", "noSort=n", "-f", "inner.deep.x=7", "-f", "inner.more=text", "--kinds", "a b", "--kinds", "[/x]"]
    told, done = types(["things", "update", "-h"], line)
    assert done[0] == 0, done[2]
    visit = portal.requests[-1]
    assert visit.reasons == ()
    assert visit.path.endswith("/things/5/pdf")
    assert {name: visit.values[f"query.{name}"] for name in OURS} == {name: f"p-{name}" for name in OURS}
    assert visit.values["query.ids"] == [1, 2]
    assert visit.values["query.sort"] is False
    assert (visit.values["query.paramOfItsOwn"], visit.values["query.level"]) == ("own", 2)
    assert dict(visit.headers)["x-trace"] == "t"
    assert visit.body == {
        **{name: f"b-{name}" for name in OURS},
        "sort": True,
        "noSort": "n",
        "inner": {"deep": {"x": 7}, "more": "text"},
        "kinds": ["a b", "[/x]"],
    }
    assert (
        "Called otherwise than in the document, whose name is an option of ours: --param-help, --param-json" in told[1]
    )
    assert "`help` in the document." in told[1]
    assert "`paramOfItsOwn` in the document." not in told[1]
    assert "--level 1|2" in told[1]
    assert "\x1b" not in told[1]


def test_two_that_would_be_one_short_name_have_none(types: Run):
    shown, refused = types(["things", "-h"], ["things", "create", "--body", "{}"])
    assert "create-thing " in shown[1]
    assert "create-things " in shown[1]
    assert refused[0] == 2
    assert "Did you mean" in refused[2]


def test_files_texts_and_lists_as_bodies(types: Run, portal: LocalPortal, tmp_path: Path):
    first, second = tmp_path / "first.bin", tmp_path / "second.bin"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    portal.forget_requests()
    done = types(
        ["things", "import", "--first", str(first), "--second", str(second), "--note", "N"],
        ["things", "send-text", str(first)],
        ["things", "send-text", "--body", "text"],
        ["things", "send-text", "--body", f"@{second}"],
        ["things", "create-things", "--body", '[1, "2"]'],
        ["things", "create-thing", "-f", "a.b=1", "-f", "c=x"],
        ["things", "send-text"],
        ["things", "create-things"],
    )
    assert [code for code, _, _ in done] == [0, 0, 0, 0, 0, 0, 2, 2], done
    visits = portal.requests
    assert [visit.reasons for visit in visits] == [()] * 6
    assert [visit.body_size for visit in visits[1:4]] == [3, 4, 3]
    assert [visit.body for visit in visits[4:]] == [[1, "2"], {"a": {"b": 1}, "c": "x"}]
    assert "name a file, or - for standard input" in done[6][2]


def test_completion_offers_nothing_that_a_shell_would_run(environ: dict[str, str]):
    def complete(shell: str, words: str) -> str:
        asked = {"_CYARA_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words, "COMP_WORDS": words}
        asked |= {"COMP_CWORD": str(words.count(" ")), "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
        asked["_TYPER_COMPLETE_WORD_TO_COMPLETE"] = words.rpartition(" ")[2]
        command = [sys.executable, "-m", "cyara_tools.cli"]
        done = subprocess.run(
            command, env={**environ, **asked}, capture_output=True, text=True, timeout=50, check=False
        )
        assert done.stderr == ""
        return done.stdout

    for shell in ("zsh", "fish", "powershell"):
        for words in ("cyara things ", "cyara things update 1 2 --"):
            shown = complete(shell, words)
            assert "update" in shown or "--ids" in shown
            assert not any(char in shown for char in ("`", "$(", "\x1b")), shown
    assert complete("bash", "cyara things update 1 2 --kinds ").split() == ["Plain"]


def test_a_document_without_operations_leaves_ours(environ: dict[str, str]):
    code = (
        "import cyara_client.operations as operations; operations.OPERATIONS = {};"
        "from cyara_tools.cli import main; import sys; sys.argv = ['cyara', *sys.argv[1:]]; main()"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=50, check=False)

    shown = run("--help")
    assert shown.returncode == 0
    assert "auth" in shown.stdout
    assert run("auth", "status", "--json").returncode == 0
    assert run("api", "--help").returncode == 0
    unknown = run("things", "list")
    assert unknown.returncode == 2
    assert "There is no command 'things'." in unknown.stderr

"""`cyara export postman`, run by newman: what is sent, what is not, and what a run says."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from cyara_tools.export.postman.collection import AUTH, WARNING, collection
from cyara_tools.portal import LocalPortal

from . import npm

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "cyara.postman_collection.json"
ENVIRONMENT = "cyara.postman_environment.json"
TWICE = """
const { Collection } = require("postman-collection");
const read = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
const written = new Collection(read).toJSON();
delete written._;  // the library's own note of where the id came from
console.log(JSON.stringify(written));
"""


def clean(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CYARA_") or "_TESTS_" in name}
    return {**kept, **more}


def cyara(*arguments: str, environ: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cyara_tools.cli", *arguments]
    return subprocess.run(
        command, env=environ, cwd=folder, capture_output=True, encoding="utf-8", timeout=55, check=False
    )


@attrs.frozen
class Newman:
    """Runs the exported files against a portal."""

    folder: Path
    portal: LocalPortal

    def pair(self, credential: str) -> dict[str, str]:
        key, token = credential.split(":")
        return {"cyaraKey": key, "cyaraToken": token}

    def run(self, *options: str, **values: str) -> tuple[int, int, str]:
        """Return the exit code, how many calls arrived, and what newman said."""
        before = self.portal.arrivals
        given = [part for name, value in values.items() for part in ("--env-var", f"{name}={value}")]
        done = npm.run(
            "newman", "run", COLLECTION, "-e", ENVIRONMENT, "--color", "off", *given, *options, cwd=self.folder
        )
        return done.returncode, self.portal.arrivals - before, " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def newman(tmp_path: Path):
    with LocalPortal() as portal:
        done = cyara("export", "postman", ".", environ=clean(CYARA_BASE_URL=portal.base_url), folder=tmp_path)
        assert done.returncode == 0, done.stderr
        yield Newman(tmp_path, portal)


def test_no_pair_no_call(newman: Newman):
    code, calls, said = newman.run()
    assert (code, calls) == (1, 0)
    assert "There is no pair. Next: set cyaraKey and cyaraToken" in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"cyaraKey": "ApiKey {key}"},
        {"cyaraKey": "{key}:{token}"},
        {"cyaraToken": "{key}:{token}"},
        {"cyaraToken": "{token} "},
        {"cyaraToken": '"{token}"'},
        {"cyaraKey": "{token}", "cyaraToken": "{key}"},
        {"cyaraToken": ""},
        {"cyaraToken": "{{{{cyaraToken}}}}"},
    ],
)
def test_a_misformed_pair_is_not_sent(newman: Newman, wrong: dict[str, str]):
    key, token = newman.portal.credential.split(":")
    values = {**newman.pair(newman.portal.credential), **{n: v.format(key=key, token=token) for n, v in wrong.items()}}
    code, calls, said = newman.run(**values)
    assert (code, calls) == (1, 0)
    assert "Next:" in said


def test_a_good_pair_makes_every_call_and_the_portal_takes_each(newman: Newman):
    code, calls, said = newman.run(**newman.pair(newman.portal.credential))
    assert (code, calls) == (0, 29), said
    assert len({request.operation for request in newman.portal.requests}) == 29
    assert [request.reasons for request in newman.portal.requests if request.status >= 300] == []
    # And again: what the first run made is not in the way, and what it deleted was its own.
    code, calls, said = newman.run(**newman.pair(newman.portal.credential))
    assert (code, calls) == (0, 29), said


def test_a_stale_pair_costs_one_call_for_each_run_and_none_for_iterations(newman: Newman):
    stale = newman.portal.credential
    newman.portal.regenerate_token()
    code, calls, said = newman.run("--iteration-count", "3", **newman.pair(stale))
    assert (code, calls) == (1, 1)
    assert "The portal rejected the pair (401)" in said
    assert "The portal has rejected this pair" in said
    # newman forgets, as the collection's first sentence says: the third run voids the token.
    for invalid in (2, 3):
        assert newman.run(**newman.pair(stale))[:2] == (1, 1)
        assert newman.portal.invalid_calls_by_token[-1] == invalid
    assert newman.portal.token_void


def test_through_the_proxy_three_runs_with_a_stale_pair_cost_one_call(newman: Newman):
    npm.tool("newman")
    environ = clean(
        CYARA_BASE_URL=newman.portal.base_url,
        CYARA_ACCOUNT_ID="1",
        CYARA_API_CREDENTIAL=newman.portal.credential,
        CYARA_STRIKE_STORE=f"sqlite://{newman.folder}/strikes.sqlite3",
        CYARA_CONFIG_DIR=str(newman.folder / "config"),
    )
    newman.portal.regenerate_token()
    codes = []
    for _ in range(3):
        done = cyara("exec", "--", "newman", "run", COLLECTION, environ=environ, folder=newman.folder)
        codes.append(done.returncode)
    assert codes == [1, 1, 1]
    assert newman.portal.invalid_calls_by_token[-1] == 1
    assert not newman.portal.token_void


@pytest.mark.parametrize("options", [(), ("--proxy",)])
def test_through_the_proxy_the_collection_runs_with_nothing_but_its_name(newman: Newman, options: tuple[str, ...]):
    npm.tool("newman")
    environ = clean(
        CYARA_BASE_URL=newman.portal.base_url,
        CYARA_ACCOUNT_ID="1",
        CYARA_API_CREDENTIAL=newman.portal.credential,
        CYARA_STRIKE_STORE=f"sqlite://{newman.folder}/strikes.sqlite3",
        CYARA_CONFIG_DIR=str(newman.folder / "config"),
    )
    assert cyara("export", "postman", ".", *options, environ=environ, folder=newman.folder).returncode == 0
    before = newman.portal.arrivals
    done = cyara(
        *("exec", "--allow-inferred", "--", "newman", "run", COLLECTION, "--verbose"),
        environ=environ,
        folder=newman.folder,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert newman.portal.arrivals - before == 29
    # The pair is the proxy's alone, and the collection has a header for it only where it has one itself.
    assert "ApiKey" not in done.stdout


def test_a_pair_in_the_environment_is_not_sent_to_the_proxy(newman: Newman):
    npm.tool("newman")
    environ = clean(
        CYARA_BASE_URL=newman.portal.base_url,
        CYARA_ACCOUNT_ID="1",
        CYARA_API_CREDENTIAL=newman.portal.credential,
        CYARA_STRIKE_STORE=f"sqlite://{newman.folder}/strikes.sqlite3",
        CYARA_CONFIG_DIR=str(newman.folder / "config"),
    )
    key, token = newman.portal.credential.split(":")
    done = cyara(
        *("exec", "--", "newman", "run", COLLECTION, "-e", ENVIRONMENT, "--folder", "Plans", "--verbose"),
        *("--env-var", f"cyaraKey={key}", "--env-var", f"cyaraToken={token}"),
        environ=environ,
        folder=newman.folder,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert key not in done.stdout
    assert token not in done.stdout


def test_the_collection_for_the_proxy_sends_nothing_elsewhere(newman: Newman):
    (newman.folder / ENVIRONMENT).unlink()
    environ = clean(CYARA_BASE_URL=newman.portal.base_url)
    assert cyara("export", "postman", ".", "--proxy", environ=environ, folder=newman.folder).returncode == 0
    made = json.loads((newman.folder / COLLECTION).read_text("utf-8"))
    assert made["auth"] == {"type": "noauth"}
    environment = json.loads((newman.folder / ENVIRONMENT).read_text("utf-8"))
    assert [(v["key"], v["type"], v["value"]) for v in environment["values"]] == [
        ("baseUrl", "secret", ""),
        ("accountId", "default", "1"),
    ]
    code, calls, said = newman.run(baseUrl=newman.portal.base_url)
    assert (code, calls) == (1, 0)
    assert "start cyara proxy" in said


@pytest.mark.parametrize(
    "base",
    ["", "http://portal.example/cyarawebapi", "portal.example", "https://portal.example/{{path}}", "ftp://127.0.0.1/a"],
)
def test_a_base_url_that_is_none_or_not_private_gets_nothing(newman: Newman, base: str):
    code, calls, said = newman.run(**newman.pair(newman.portal.credential), baseUrl=base)
    assert (code, calls) == (1, 0)
    assert "Nothing was sent. " in said
    assert "baseUrl" in said


def test_at_a_real_portal_what_changes_things_wants_a_word(newman: Newman):
    # Nobody listens there, so each call that is sent is an error of newman's.
    pair = newman.pair(newman.portal.credential)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        base = f"https://127.0.0.1:{bound.getsockname()[1]}/cyarawebapi"
    code, calls, said = newman.run(**pair, baseUrl=base)
    assert (code, calls) == (1, 0)
    assert said.count("set allowChanges to yes") == 12 - 2  # two of them have no id to delete, and say that first
    assert "ECONNREFUSED" in said
    _, _, said = newman.run(**pair, baseUrl=base, allowChanges="yes")
    assert said.count("set allowChanges to yes") == 0


def test_the_library_of_postman_reads_and_writes_it_as_it_is(newman: Newman):
    file = newman.folder / COLLECTION
    assert npm.node(TWICE, str(file)) == json.loads(file.read_text("utf-8"))


def test_the_files_say_what_they_must(newman: Newman):
    made = json.loads((newman.folder / COLLECTION).read_text("utf-8"))
    assert made["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert made["info"]["description"]["content"].startswith(WARNING)
    sentence = WARNING.partition(". ")[0]
    for word in ("Each run without the proxy may cost one call", "third", "voids the token", "`cyara exec -- newman "):
        assert word in sentence
    assert made["auth"]["type"] == "apikey"
    assert {part["key"]: part["value"] for part in made["auth"]["apikey"]} == {
        "key": "Authorization",
        "value": AUTH,
        "in": "header",
    }
    document = json.loads((ROOT / "openapi" / "upstream" / "cyara-v3.json").read_text("utf-8"))
    assert [folder["name"] for folder in made["item"]] == [tag["name"] for tag in document["tags"]]
    environment = json.loads((newman.folder / ENVIRONMENT).read_text("utf-8"))
    values = {value["key"]: (value["type"], value["value"]) for value in environment["values"]}
    assert values["baseUrl"] == ("default", newman.portal.base_url)
    assert values["cyaraKey"] == values["cyaraToken"] == ("secret", "")
    assert newman.portal.credential.split(":")[0] not in (newman.folder / COLLECTION).read_text("utf-8")


def test_an_environment_that_is_there_is_kept_and_the_collection_is_the_same_each_time(newman: Newman):
    (newman.folder / ENVIRONMENT).write_text("filled in", encoding="utf-8")
    before = (newman.folder / COLLECTION).read_bytes()
    done = cyara("export", "postman", ".", environ=clean(CYARA_BASE_URL=newman.portal.base_url), folder=newman.folder)
    assert done.returncode == 0
    assert "is kept" in done.stderr
    assert (newman.folder / ENVIRONMENT).read_text("utf-8") == "filled in"
    assert (newman.folder / COLLECTION).read_bytes() == before


def test_nothing_is_deleted_that_no_request_made():
    def answers(schema: Any) -> dict[str, Any]:
        return {"200": {"description": "Good.", "content": {"application/json": {"schema": schema}}}}

    thing = {"type": "object", "properties": {"thingId": {"type": "integer"}}}
    path = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "integer"}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things/{thingId}": {
                "delete": {"operationId": "drop", "parameters": [path], "responses": {"204": {"description": "Gone."}}}
            },
            "/things": {"post": {"operationId": "make", "responses": answers(thing)}},
            "/others/{id}": {
                "delete": {"operationId": "forget", "responses": {"204": {"description": "Gone."}}},
                "get": {"operationId": "read", "responses": answers({"type": "object"})},
            },
        },
    }
    made = collection(document, base_url="", account="1", without_pair=False)
    ((folder),) = made["item"]
    assert [item["name"] for item in folder["item"]] == ["read", "make", "drop", "forget"]
    drop, forget = folder["item"][2:]
    assert drop["request"]["url"]["variable"][0]["value"] == "{{createdThingId}}"
    assert forget["request"]["url"]["variable"][0]["value"] == "{{createdId}}"
    assert any("createdThingId" in line for line in folder["item"][1]["event"][0]["script"]["exec"])
    assert "createdId" not in json.dumps(made["variable"])


def test_the_guide_begins_with_the_collections_first_sentence():
    guide = (ROOT / "docs" / "postman-readyapi.md").read_text("utf-8").splitlines()
    assert guide[0].startswith("# ")
    assert " ".join(guide[2:4]) == WARNING

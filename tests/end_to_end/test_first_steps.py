"""What the README promises, each once, in a minute: also run with the lowest release of every dependency."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_auth import ApiCredential, connect
from cyara_auth.stores.registry import open_store
from cyara_tools.portal import LocalPortal


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


def environ(portal: LocalPortal, folder: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_ACCOUNT_ID": "1",
        "CYARA_STRIKE_STORE": f"sqlite://{folder}/strikes.sqlite3",
        "CYARA_CONFIG_DIR": str(folder),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        # Wide and plain, so that the help is the same everywhere.
        "COLUMNS": "160",
        "TERM": "dumb",
        **more,
    }


def cyara(environment: dict[str, str], *arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cyara_tools.cli", *arguments],
        input=text,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), (arguments, done.stdout, done.stderr)
    return done.stdout


def test_every_command_explains_itself(portal: LocalPortal, tmp_path: Path) -> None:
    environment, groups, seen = environ(portal, tmp_path), [[]], []
    while groups:
        command = groups.pop()
        text = cyara(environment, *command, "--help")
        assert f"Usage: cyara {' '.join(command)}".rstrip() in text
        seen.append(" ".join(command))
        below = re.findall(r"^(?:Commands|Operations[^\n]*):\n((?:  .*\n)+)", text, re.MULTILINE)
        groups += [[*command, name] for part in below for name in re.findall(r"^  ([a-z][a-z-]+)", part, re.MULTILINE)]
    assert {"auth", "auth login", "auth rotate begin", "auth doctor", "auth status"} <= set(seen)
    assert {"run", "call", "operations", "export results", "proxy", "exec", "campaigns list", "users create"} <= set(
        seen
    )


def test_the_commands_of_an_operator(portal: LocalPortal, tmp_path: Path) -> None:
    environment = environ(portal, tmp_path)
    assert "cyara-client" in cyara(environment, "--version")
    assert "The portal accepts" in cyara(environment, "auth", "verify")
    assert "Credential:" in cyara(environment, "auth", "status")
    assert "Failures: 0" in cyara(environment, "auth", "doctor", "--probe", "--spec")
    assert "Stored" in cyara(environment, "auth", "login", "--place", "file", text=portal.credential)


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_calls_of_both_kinds(portal: LocalPortal, tmp_path: Path, library: str) -> None:
    program = (
        "import asyncio\n"
        "from cyara_auth import connect\n"
        "with connect() as cyara:\n"
        "    print(len(cyara.campaigns.get_campaigns(page_size=7).results))\n"
        "    print(sum(1 for _ in cyara.campaigns.iter_campaigns()))\n"
        "async def main():\n"
        "    async with connect() as cyara:\n"
        "        print(len((await cyara.aio.campaigns.get_campaigns(page_size=3)).results))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environ(portal, tmp_path, CYARA_HTTP_LIBRARY=library),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["7", "130", "3"]), done.stderr


def test_a_script_with_requests(portal: LocalPortal) -> None:
    from cyara_auth.requests import guarded_session

    with guarded_session(portal.base_url, portal.credential, store="memory:") as session:
        assert session.get(f"{portal.base_url}/v3.0/accounts/1/campaigns", timeout=10).status_code == 200


def test_strikes_in_redis(portal: LocalPortal, redis_server) -> None:
    with connect(portal.base_url, portal.credential, account_id=1, store=redis_server.url) as cyara:
        assert cyara.campaigns.get_campaigns(page_size=1).total_results
    pair = ApiCredential.parse(portal.credential, source="test")
    assert open_store(redis_server.url, environ={}).key_ids() == [pair.key_fingerprint]


def test_a_bucket_that_is_not_there_is_a_sentence(portal: LocalPortal, monkeypatch: pytest.MonkeyPatch) -> None:
    from cyara_auth.errors import StrikeStoreUnavailableError

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with pytest.raises(StrikeStoreUnavailableError, match="s3://bucket/cyara cannot be reached"):
        open_store("s3://bucket/cyara", environ={}).key_ids()


def test_many_calls_at_once(portal: LocalPortal) -> None:
    async def all_at_once() -> list[int]:
        async with connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara:
            pages = await asyncio.gather(*(cyara.aio.campaigns.get_campaigns(page_size=n) for n in range(1, 9)))
            return [len(page.results or ()) for page in pages]

    assert asyncio.run(all_at_once()) == list(range(1, 9))

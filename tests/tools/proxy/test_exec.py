"""`cyara exec`: a program of any kind with the proxy up, its exit code, and nothing of the credential."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .kit import CAMPAIGNS, environment
from .upstream import NEXT_PAIR, PAIR, upstream


def execute(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "cyara_tools.cli", "exec", *arguments]
    return subprocess.run(program, env=environ, capture_output=True, text=True, timeout=50, check=False)


def test_a_program_gets_the_address_and_nothing_of_the_credential(tmp_path: Path):
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    with upstream() as portal:
        given = {"CYARA_API_KEY": "k", "CYARA_CREDENTIAL_COMMAND": "/bin/false", "NO_PROXY": "a.example, .b.example"}
        environ = environment(portal.base_url, tmp_path, **given)
        del environ["CYARA_API_KEY"]  # half a pair of variables would be refused
        done = execute(environ, "--account", "17", "--", sys.executable, "-c", show)
    assert done.returncode == 0, done.stderr
    child = json.loads(done.stdout)
    assert child["CYARA_BASE_URL"].startswith("http://127.0.0.1:")
    assert (child["CYARA_PROXY"], child["CYARA_ACCOUNT_ID"]) == ("1", "17")
    assert child["NO_PROXY"] == "a.example,.b.example,127.0.0.1"
    assert child["no_proxy"] == "127.0.0.1"
    assert not [name for name in child if name.startswith(("CYARA_API_", "CYARA_CREDENTIAL_COMMAND"))]
    assert not any(part in done.stdout for part in PAIR.split(":"))


@pytest.mark.parametrize(
    ("code", "program"),
    [
        (0, ("true",)),
        (7, ("sh", "-c", "exit 7")),
        (128 + signal.SIGKILL, ("sh", "-c", "kill -9 $$")),
        (128 + signal.SIGTERM, ("sh", "-c", "kill $$")),
        (127, ("no-such-program",)),
        (126, ("/etc/hostname",)),
    ],
)
def test_the_exit_code_is_the_programs(tmp_path: Path, code: int, program: tuple[str, ...]):
    with upstream() as portal:
        done = execute(environment(portal.base_url, tmp_path), "--", *program)
    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.parametrize(
    ("code", "change"),
    [
        (3, {"CYARA_API_CREDENTIAL": ""}),
        (6, {"CYARA_STRIKE_STORE": "sqlite:///proc/none/strikes.sqlite3"}),
        (7, {"CYARA_BASE_URL": "ftp://portal.example"}),
        (7, {"CYARA_AUTH_POLICY": "brave"}),
    ],
)
def test_a_proxy_that_cannot_start_starts_no_program(tmp_path: Path, code: int, change: dict[str, str]):
    done = execute(environment("https://portal.example", tmp_path, **change), "--", "touch", str(tmp_path / "ran"))
    assert done.returncode == code, done.stderr
    assert not (tmp_path / "ran").exists()
    assert "Traceback" not in done.stderr


def test_options_behind_the_program_are_its_own(tmp_path: Path):
    with upstream() as portal:
        done = execute(environment(portal.base_url, tmp_path), "echo", "--json", "--verbose", "x")
    assert (done.stdout, done.stderr) == ("--json --verbose x\n", "")


def test_the_log_is_written_when_it_is_asked_for(tmp_path: Path):
    call = f'curl -s "$CYARA_BASE_URL{CAMPAIGNS}"'
    with upstream() as portal:
        done = execute(environment(portal.base_url, tmp_path), "--verbose", "--", "sh", "-c", call)
    assert done.stdout == "{}"
    assert "operation=GetCampaigns method=GET" in done.stderr
    assert not any(part in done.stderr for part in PAIR.split(":"))


PROGRAM = """
import asyncio, httpx
from cyara_auth import connect, install
from cyara_auth.requests import guarded_session
from cyara_client.errors import ApiError

with connect() as cyara:
    print(cyara.campaigns.get_campaigns().total_results, cyara)

async def main():
    async with connect() as cyara:
        print((await cyara.aio.campaigns.get_campaigns()).total_results)

asyncio.run(main())
with guarded_session() as session:
    print(session.get(session.base_url + "/v3.0/accounts/1/campaigns").json()["totalResults"])
with install(httpx.Client()) as client:
    import os
    print(client.get(os.environ["CYARA_BASE_URL"] + "/v3.0/accounts/1/campaigns").json()["totalResults"])
"""


def test_scripts_of_this_package_run_as_they_are(tmp_path: Path):
    from .upstream import canned_json

    with upstream() as portal:
        portal.answers[CAMPAIGNS] = canned_json('{"results":[],"totalResults":3}')
        # A proxy of the environment must not see the secret in the path.
        environ = environment(
            portal.base_url, tmp_path, HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9"
        )
        done = execute(environ, "--", sys.executable, "-c", PROGRAM)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[0] == "3"
        assert "by cyara proxy" in done.stdout
        assert done.stdout.splitlines()[1:] == ["3", "3", "3"]
        assert portal.calls == 4
        assert portal.invalid == 0
        assert done.stdout.count("/") == 2, "the path is what lets callers in"


def test_three_runs_with_a_stale_pair_make_one_invalid_call(tmp_path: Path):
    """A tool that forgets between runs costs one call each without the proxy, and the third voids the token."""
    with upstream(NEXT_PAIR) as portal:
        environ = environment(portal.base_url, tmp_path)
        tool = f'curl -s -o /dev/null -w "%{{http_code}}" "$CYARA_BASE_URL{CAMPAIGNS}"'
        codes = [execute(environ, "--", "sh", "-c", tool).stdout for _ in range(3)]
        assert codes == ["401", "423", "423"]
        assert portal.invalid == 1
        direct = {**environ, "NO_PROXY": "127.0.0.1"}
        for _ in range(3):
            pasted = tool.replace("curl", f'curl -H "Authorization: ApiKey {PAIR}"')
            subprocess.run(["sh", "-c", pasted], env=direct, capture_output=True, timeout=20, check=True)
        assert portal.invalid == 4


def test_a_program_inside_cannot_start_a_proxy_of_its_own(tmp_path: Path):
    inner = [sys.executable, "-m", "cyara_tools.cli", "proxy", "--port", "0"]
    with upstream() as portal:
        done = execute(environment(portal.base_url, tmp_path), "--", *inner)
    assert done.returncode == 7
    assert "CYARA_PROXY=1" in done.stderr


def test_a_signal_that_ends_the_job_ends_the_program(tmp_path: Path):
    mark = tmp_path / "mark"
    script = f"trap 'echo ended > {mark}; exit 5' TERM; echo up; while :; do sleep 0.05; done"
    with upstream() as portal:
        program = [sys.executable, "-m", "cyara_tools.cli", "exec", "--", "sh", "-c", script]
        environ = environment(portal.base_url, tmp_path)
        with subprocess.Popen(program, env=environ, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "up\n"
            running.terminate()
            assert running.wait(timeout=15) == 5
    assert mark.read_text() == "ended\n"


def test_ctrl_c_reaches_the_program_and_its_exit_code_is_told(tmp_path: Path):
    waits = "print('up', flush=True)\n    time.sleep(30)"
    script = f"import time\ntry:\n    {waits}\nexcept KeyboardInterrupt:\n    raise SystemExit(9)"
    with upstream() as portal:
        program = [sys.executable, "-m", "cyara_tools.cli", "exec", "--", sys.executable, "-c", script]
        environ = environment(portal.base_url, tmp_path)
        with subprocess.Popen(
            program, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "up\n"
            # As a terminal does it: to all of the group.
            os.killpg(running.pid, signal.SIGINT)
            assert running.wait(timeout=15) == 9

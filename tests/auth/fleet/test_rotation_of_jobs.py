"""Ten jobs go through a rotation of their token by the operator's commands: no invalid call, and no failed one."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from cyara_tools.portal import LocalPortal

from ..wire.loopback import wait_until

JOB = """
import sys, time
from pathlib import Path
import cyara_auth
from cyara_auth.requests import guarded_session
kind, path, ended = sys.argv[1:]
if kind == "requests":
    session = guarded_session()
    call = lambda: session.get(session.base_url + path).status_code
else:
    cyara = cyara_auth.connect(retries=0)
    call = lambda: cyara.raw("GET", path).status_code
while not Path(ended).exists():
    try:
        print(call(), flush=True)
    except Exception as error:
        print(type(error).__name__, error, flush=True)
    time.sleep(0.05)
"""
PATH = "/v3.0/accounts/1/testcases?pageSize=1"


@attrs.define
class Jobs:
    """Programs of one user, who has logged in: they share the stored profile and the strike store."""

    home: Path
    portal: LocalPortal
    running: list[tuple[Path, "subprocess.Popen[bytes]"]] = attrs.field(factory=list)

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "CYARA_BASE_URL": self.portal.base_url,
            "CYARA_ACCOUNT_ID": str(self.portal.account_id),
            "CYARA_CONFIG_DIR": str(self.home / "config"),
            "CYARA_STRIKE_STORE": f"sqlite://{self.home}/strikes.sqlite3",
            "HOME": str(self.home),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def operator(self, *words: str, text: str = "") -> None:
        command = [sys.executable, "-m", "cyara_tools.cli", "auth", *words]
        done = subprocess.run(
            command, input=text, env=self.environ, capture_output=True, text=True, timeout=50, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, kind: str, number: int) -> None:
        file = self.home / f"{kind}-{number}.txt"
        with file.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", JOB, kind, PATH, str(self.home / "ended")], env=self.environ, stdout=out
            )
        self.running.append((file, process))

    def answers(self) -> list[list[str]]:
        return [file.read_text().splitlines() for file, _ in self.running]

    def wait_for_one_more_answer_of_each(self) -> None:
        before = [len(lines) for lines in self.answers()]
        wait_until(lambda: all(len(new) > old for new, old in zip(self.answers(), before, strict=True)), 25)

    def end(self) -> None:
        (self.home / "ended").touch()
        for _, process in self.running:
            process.wait(20)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with LocalPortal(process=True) as portal:
        started = Jobs(home=tmp_path, portal=portal)
        yield started
        for _, process in started.running:
            process.kill()
            process.wait(10)


def test_five_jobs_of_requests_and_five_of_connect_go_through_a_rotation(jobs: Jobs) -> None:
    jobs.operator("login", text=jobs.portal.credential)
    for number in range(5):
        jobs.start("requests", number)
        jobs.start("connect", number)
    jobs.wait_for_one_more_answer_of_each()
    jobs.operator("rotate", "begin")
    arrivals = jobs.portal.arrivals
    new = jobs.portal.regenerate_token()
    time.sleep(1.0)
    assert jobs.portal.arrivals == arrivals, "somebody called while the token was replaced"
    jobs.operator("rotate", "commit", text=new)
    jobs.wait_for_one_more_answer_of_each()
    jobs.end()
    assert jobs.portal.invalid_calls_by_token == (0, 0)
    assert Counter(answer for answers in jobs.answers() for answer in answers).keys() == {"200"}

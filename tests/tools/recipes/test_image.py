"""The Dockerfile, by its steps: there is no container engine here, so its parts run in what a container would be."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import junitparser
import pytest

from cyara_tools.portal import LocalPortal

from .machine import Machine
from .vendors import read

# A mount namespace of its own, in which everything but two folders is read-only, as with `docker run --read-only`.
READ_ONLY = """
set -e
for folder in "$1" "$2"; do mount --bind "$folder" "$folder"; done
mount -o remount,bind,ro /
if touch "$3/written" 2>/dev/null; then echo "the file system can be written to" >&2; exit 99; fi
cd "$2"
shift 3
exec "$@"
"""
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def instructions() -> list[tuple[str, str]]:
    lines = [line for line in read("recipes/Dockerfile").splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in joined.splitlines()]


def one(name: str) -> str:
    (value,) = [value for each, value in instructions() if each == name]
    return value


def settings() -> dict[str, str]:
    return dict(part.split("=", 1) for part in shlex.split(one("ENV")))


def test_it_is_slim_and_runs_as_nobody_without_a_secret() -> None:
    names = [name for name, _ in instructions()]
    assert re.fullmatch(r"python:3\.\d+-slim", one("FROM"))
    assert "COPY" not in names
    assert "ADD" not in names
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", one("USER"))
    # What is installed belongs to root, and nobody can change it when the image runs.
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
    assert settings()["XDG_STATE_HOME"] == one("VOLUME") == "/state"
    assert not re.search(r"CREDENTIAL|TOKEN|KEY", " ".join(value for _, value in instructions()))


@pytest.mark.skipif(sys.platform != "linux", reason="the image is one of Linux")
def test_its_steps_install_the_client_and_make_the_folders(tmp_path: Path, portal: LocalPortal) -> None:
    machine = Machine(root=tmp_path / "1", portal=portal, credential="")
    name, default = shlex.split(one("ARG"))[0].split("=")
    user, group = one("USER").split(":")
    for step in [value for each, value in instructions() if each == "RUN"]:
        # Folders of the test's own, and of the user who runs it.
        mine = step.replace(f"-o {user} -g {group}", f"-o {os.getuid()} -g {os.getgid()}")
        mine = re.sub(r" /(?=state|reports)", f" {machine.root}/", mine)
        assert machine.run(mine, {name: default}, by=("sh",)), machine.printed
    assert "pip would install cyara-client[cli]" in machine.printed
    for folder in ("state", one("WORKDIR").removeprefix("/")):
        assert (machine.root / folder).stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="the image is one of Linux")
def test_its_command_needs_two_folders_and_nothing_else(tmp_path: Path, portal: LocalPortal) -> None:
    if subprocess.run([*UNSHARE, "mount -o remount,bind,ro /"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no namespace to its users, or none that can be made read-only")
    state, reports, elsewhere = (tmp_path / name for name in ("state", "reports", "elsewhere"))
    for folder in (state, reports, elsewhere):
        folder.mkdir(mode=0o700)
    (example,) = re.findall(r"^#     IMAGE (run .*)$", read("recipes/Dockerfile"), re.MULTILINE)
    command = [*json.loads(one("ENTRYPOINT")), *shlex.split(example), "--interval", "100ms"]
    done = subprocess.run(
        [*UNSHARE, READ_ONLY, "sh", str(state), str(reports), str(elsewhere), *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        # As for a user whom no file knows, so that nothing but the settings says where to write.
        env={
            **settings(),
            "XDG_STATE_HOME": str(state),
            "HOME": "/",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": str(portal.account_id),
            "CYARA_API_CREDENTIAL": portal.credential,
            **dict(each.split("=") for each in re.findall(r"-e (CYARA_\w+=\w+)", read("recipes/Dockerfile"))),
        },
    )
    assert done.returncode == 0, done.stderr
    assert junitparser.JUnitXml.fromfile(str(reports / "junit.xml")).tests == 7
    assert {path.name for path in reports.iterdir()} == {"junit.xml", "report.html"}
    # The strikes outlive the container, and nothing there is the secret.
    assert (state / "cyara" / "strikes.sqlite3").exists()
    written = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert not any(part.encode() in written for part in portal.credential.split(":"))

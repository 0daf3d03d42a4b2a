"""The recipes of docs/ci.md: their shell parts are run as the CI would, on machines that are thrown away.

Each run has a new home, another boot id and another time line; what the vendor keeps is played by copying the file.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import typer
import yaml

from cyara_tools.cli.app import app
from cyara_tools.portal import LocalPortal

PAGE = Path(__file__).parents[3] / "docs" / "ci.md"
ALWAYS = "always() && steps.cyara.outcome == 'success'"
STRIKES = ".local/state/cyara/strikes.sqlite3"

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the recipes are for Linux machines")

ANOTHER_MACHINE = """
import os
from cyara_auth._platform import system

answers = type(system.this_system())
answers.boot = answers.pid_namespace = lambda self: os.environ["TEST_MACHINE"]
"""

SUITE = """#!{python}
import os
from concurrent.futures import ThreadPoolExecutor
from cyara_auth import connect

with connect(account_id=os.environ["CYARA_ACCOUNT_ID"]) as cyara, ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda _: cyara.verify().status_code, range(16)))
print("the suite passed", set(answers))
"""


@attrs.define
class Machine:
    """A fresh machine of the CI: an empty home, an empty workspace, and the tools that a recipe calls."""

    root: Path
    portal: LocalPortal
    credential: str
    number: int
    printed: str = ""
    failed: bool = False
    variables: dict[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for folder in ("home", "workspace", "tools"):
            (self.root / folder).mkdir(parents=True)
        for name, text in {"pip": "#!/bin/sh\n", "pytest": SUITE.format(python=sys.executable)}.items():
            (self.root / "tools" / name).write_text(text)
            (self.root / "tools" / name).chmod(0o700)
        (self.root / "tools" / "sitecustomize.py").write_text(ANOTHER_MACHINE)

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def strikes(self) -> Path:
        return self.root / "home" / STRIKES

    def run(self, script: str, by: tuple[str, ...] = ("bash", "-e", "-o", "pipefail")) -> bool:
        """Run a part of a recipe; return whether it succeeded."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CYARA_", "XDG_", "PYTHON", "GITHUB_"))
        }
        done = subprocess.run(
            [*by, "-c", script],
            cwd=self.workspace,
            capture_output=True,
            text=True,
            timeout=50,
            env={
                **inherited,
                "CI": "true",
                "HOME": str(self.root / "home"),
                "PATH": f"{self.root / 'tools'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(self.root / "tools"),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                "TEST_MACHINE": f"machine {self.number}",
                "CYARA_API_CREDENTIAL": self.credential,
                "CYARA_BASE_URL": self.portal.base_url,
                "CYARA_ACCOUNT_ID": str(self.portal.account_id),
                **self.variables,
            },
            check=False,
        )
        self.printed += done.stdout + done.stderr
        assert "Traceback" not in self.printed, self.printed
        return done.returncode == 0


Vendor = Callable[[str, Machine, dict[str, bytes]], None]
"""Runs a recipe on a machine, with what the vendor has kept from earlier runs; changes both."""


def github(recipe: str, machine: Machine, kept: dict[str, bytes]) -> None:
    job = yaml.safe_load(recipe)["jobs"]["regression"]
    values = {"github.run_id": str(100 + machine.number), "github.run_attempt": "1", "github.job": "regression"}
    output = machine.root / "output"
    machine.variables["GITHUB_OUTPUT"] = str(output)

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: values[found[1]], text)

    for step in job["steps"]:
        uses, given = step.get("uses", ""), step.get("with", {})
        assert step.get("if", ALWAYS) == ALWAYS
        if machine.failed and "if" not in step:
            continue
        if "run" in step:
            machine.failed |= not machine.run(step["run"])
            if step.get("id") == "cyara":
                name, _, value = output.read_text().strip().partition("=")
                values[f"steps.cyara.outputs.{name}"] = value
        elif uses.startswith("actions/cache/"):
            assert given["path"] == f"~/{STRIKES}"
            if uses.startswith("actions/cache/restore@"):
                assert filled(given["key"]) not in kept
                found = [name for name in kept if name.startswith(filled(given["restore-keys"]))]
                if found:
                    machine.strikes.parent.mkdir(parents=True)
                    machine.strikes.write_bytes(kept[found[-1]])
                    machine.strikes.chmod(0o600)
            else:
                assert kept.setdefault(filled(given["key"]), b"") == b"", "a cache never changes"
                kept[filled(given["key"])] = machine.strikes.read_bytes()


def gitlab(recipe: str, machine: Machine, kept: dict[str, bytes]) -> None:
    job = yaml.safe_load(recipe)["regression"]
    assert job["cache"]["when"] == "always"
    cached = machine.workspace / job["cache"]["paths"][0] / "strikes.sqlite3"
    if kept:
        # As the runner's helper leaves them: anybody may write.
        cached.parent.mkdir()
        cached.write_bytes(kept["cache"])
        cached.parent.chmod(0o777)
        cached.chmod(0o666)
    machine.failed = not machine.run("\n".join(job["before_script"] + job["script"]))
    assert machine.run("\n".join(job["after_script"])), machine.printed
    kept["cache"] = cached.read_bytes()


def azure(recipe: str, machine: Machine, kept: dict[str, bytes]) -> None:
    incoming, outgoing = machine.root / "cyara-in", machine.root / "cyara-out"
    machine.variables["PIPELINE_WORKSPACE"] = str(machine.root)
    for step in yaml.safe_load(recipe)["steps"]:
        if machine.failed and step.get("condition") != "always()":
            continue
        if "script" in step:
            machine.failed |= not machine.run(step["script"], by=("bash",))
        elif step["task"] == "DownloadPipelineArtifact@2" and kept:
            assert step["inputs"]["allowFailedBuilds"]
            name, data = list(kept.items())[-1]
            (incoming / name).mkdir(parents=True)
            (incoming / name / "strikes.sqlite3").write_bytes(data)
        elif step["task"] == "PublishPipelineArtifact@1":
            found = re.search(r"##vso\[task.setvariable variable=cyaraFingerprint\](\w{8})\n", machine.printed)
            assert found
            kept[f"cyara-strikes-{found[1]}-{machine.number}"] = (outgoing / "strikes.sqlite3").read_bytes()


def jenkins(recipe: str, machine: Machine, kept: dict[str, bytes]) -> None:
    work, afterwards = re.findall(r"sh '''(.*?)'''", recipe, re.DOTALL)
    for path, data in kept.items():
        (machine.workspace / path).parent.mkdir()
        (machine.workspace / path).write_bytes(data)
    # As Jenkins runs it: every command is printed before it runs.
    machine.failed = not machine.run(work, by=("sh", "-xe"))
    assert machine.run(afterwards, by=("sh", "-xe")), machine.printed
    (saved,) = machine.workspace.glob(".cyara-*/strikes.sqlite3")
    kept[str(saved.relative_to(machine.workspace))] = saved.read_bytes()


VENDORS: dict[str, Vendor] = {"GitHub Actions": github, "GitLab CI": gitlab, "Azure DevOps": azure, "Jenkins": jenkins}


@pytest.fixture(scope="module")
def recipes() -> dict[str, str]:
    sections = re.split(r"^##+ ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {section.partition("\n")[0]: re.findall(r"```\w+\n(.*?)```", section, re.DOTALL) for section in sections}
    return {name: blocks[0] for name, blocks in found.items() if blocks}


def test_every_recipe_is_run_here(recipes: dict[str, str]) -> None:
    assert recipes.keys() == VENDORS.keys()


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stale_secret_costs_one_call_in_all(
    vendor: str, recipes: dict[str, str], tmp_path: Path, portal: LocalPortal
) -> None:
    stale = portal.credential
    portal.regenerate_token()
    kept: dict[str, bytes] = {}
    for number in (1, 2, 3):
        machine = Machine(root=tmp_path / str(number), portal=portal, credential=stale, number=number)
        VENDORS[vendor](recipes[vendor], machine, kept)
        assert machine.failed
        assert (portal.invalid_calls, portal.arrivals) == (1, 1), machine.printed
        # Said once, by the first process, where nothing had been kept.
        assert machine.printed.count("was made just now, and this is CI") == (number == 1)
        assert not any(secret in machine.printed for secret in stale.split(":"))
        assert not any(secret.encode() in data for secret in stale.split(":") for data in kept.values())


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_current_secret_runs_the_suite(
    vendor: str, recipes: dict[str, str], tmp_path: Path, portal: LocalPortal
) -> None:
    kept: dict[str, bytes] = {}
    for number in (1, 2):
        machine = Machine(root=tmp_path / str(number), portal=portal, credential=portal.credential, number=number)
        VENDORS[vendor](recipes[vendor], machine, kept)
        assert not machine.failed, machine.printed
        assert "the suite passed {200}" in machine.printed
        assert not any(secret in machine.printed for secret in portal.credential.split(":"))


@linux_only
def test_what_a_killed_process_learnt_travels_too(tmp_path: Path, portal: LocalPortal) -> None:
    stale = portal.credential
    portal.regenerate_token()
    first = Machine(root=tmp_path / "1", portal=portal, credential=stale, number=1)
    killed = "import os, cyara_auth; cyara_auth.connect(account_id='1', retries=0).verify(); os.kill(os.getpid(), 9)"
    assert not first.run(f'"{sys.executable}" -W ignore -c "{killed}"')
    assert portal.invalid_calls == 1
    log = first.strikes.with_name("strikes.sqlite3-wal")
    assert log.stat().st_size, "the file is complete without its log, so this test shows nothing"
    assert not first.run("cyara auth status")
    assert not log.exists()
    second = Machine(root=tmp_path / "2", portal=portal, credential=stale, number=2)
    second.strikes.parent.mkdir(parents=True, mode=0o700)
    shutil.copy(first.strikes, second.strikes)
    where = "from cyara_auth._platform import current_owner, machine_clock; print(current_owner(), machine_clock())"
    assert second.run(f'python -c "{where}"')
    assert second.printed.count("machine 2") == 3, "boot, process numbers and time line are another machine's"
    assert not second.run("cyara auth verify")
    assert "stays rejected" in second.printed
    assert portal.invalid_calls == 1


@linux_only
def test_a_fork_without_the_secret_makes_no_call(recipes: dict[str, str], tmp_path: Path, portal: LocalPortal) -> None:
    machine = Machine(root=tmp_path / "1", portal=portal, credential="", number=1)
    assert not machine.run(yaml.safe_load(recipes["GitHub Actions"])["jobs"]["regression"]["steps"][2]["run"])
    assert "CYARA_API_CREDENTIAL" in machine.printed
    assert portal.arrivals == 0


def test_the_commands_of_the_page_exist() -> None:
    root: Any = typer.main.get_command(app)
    named = set(re.findall(r"cyara auth ([a-z-]+)", PAGE.read_text(encoding="utf-8")))
    assert {"verify", "status", "fingerprint"} <= named <= set(root.find("auth").entries())

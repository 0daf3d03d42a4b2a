"""The built wheel, in an environment that has nothing of this repository: what users get."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

ROOT = Path(__file__).resolve().parents[2]

EXAMPLE = """
from cyara_auth import connect
from cyara_client.api.campaigns import get_campaigns

with connect() as cyara:
    page = get_campaigns.sync(account_id=1, client=cyara)
    print(len(page.results), page.results[0].name)
    print(sum(1 for _ in cyara.campaigns.iter_campaigns()))
"""

ASYNC_EXAMPLE = """
import asyncio
from cyara_auth import connect

async def main():
    async with connect() as cyara:
        page = await cyara.aio.campaigns.get_campaigns()
        print(len(page.results))

asyncio.run(main())
"""

ORIGINS = """
import cyara_auth, cyara_client
print(cyara_auth.__file__)
print(cyara_client.__file__)
"""


def run(*command: str, environ: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=55, check=False, env=environ, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the interpreter of a fresh environment with the wheel, and the dependencies lent by this one.

    The lent folder is on the path as a plain folder, so that its `.pth` files, and with them the editable install of
    this repository, do not count.
    """
    home = tmp_path_factory.mktemp("venv")
    venv.EnvBuilder(with_pip=False).create(home)
    interpreter = home / ("Scripts" if os.name == "nt" else "bin") / Path(sys.executable).name
    if not interpreter.exists():
        interpreter = interpreter.with_name("python")
    install = ("install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel))
    run(sys.executable, "-m", "pip", "--python", str(interpreter), *install)
    packages = Path(run(str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return str(interpreter)


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def environ(portal: LocalPortal, tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    return kept | {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_API_CREDENTIAL": f"Authorization: ApiKey {portal.credential}",
    }


def test_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cyara_auth", "cyara_client", "cyara_tools"}
    assert {"cyara_auth/py.typed", "cyara_client/py.typed", "cyara_client/openapi.json"} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if name.endswith(".pyc")]
    # The generator's templates stay here; that of a report is code of ours.
    assert [name for name in names if name.endswith(".jinja")] == ["cyara_tools/reports/page/report.html.jinja"]


def test_packages_come_from_the_wheel(python: str, environ: dict[str, str], tmp_path: Path) -> None:
    for place in run(python, "-c", ORIGINS, environ=environ, cwd=tmp_path).split():
        assert str(ROOT) not in place


def test_ten_lines(python: str, environ: dict[str, str], tmp_path: Path, portal: LocalPortal) -> None:
    portal.forget_requests()
    assert run(python, "-W", "error", "-c", EXAMPLE, environ=environ, cwd=tmp_path).splitlines() == [
        "50 Campaign 001",
        "130",
    ]
    assert all(visit.credential_correct and not visit.secret_elsewhere for visit in portal.requests)
    assert (tmp_path / "state").exists(), "the strikes are kept in the user's state folder"


def test_ten_lines_for_tasks(python: str, environ: dict[str, str], tmp_path: Path) -> None:
    assert run(python, "-W", "error", "-c", ASYNC_EXAMPLE, environ=environ, cwd=tmp_path).strip() == "50"


def test_a_stale_pair_costs_one_call_over_ten_processes(
    python: str, environ: dict[str, str], tmp_path: Path, portal: LocalPortal
) -> None:
    before = portal.invalid_calls
    stale = f"{portal.credential.partition(':')[0]}:{'A' * 43}="
    for _ in range(10):
        done = subprocess.run(
            (python, "-c", EXAMPLE),
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
            cwd=tmp_path,
            env=environ | {"CYARA_API_CREDENTIAL": stale},
        )
        assert done.returncode == 1
        assert "Unauthorized" in done.stderr or "CredentialRejectedError" in done.stderr
        assert stale not in done.stderr
    assert portal.invalid_calls - before == 1


def test_local_portal_works_from_the_wheel(python: str, environ: dict[str, str], tmp_path: Path) -> None:
    code = (
        "from cyara_auth import connect\n"
        "from cyara_tools.portal import LocalPortal\n"
        "with LocalPortal() as portal:\n"
        "    with connect(portal.base_url, portal.credential, account_id=1, store='memory:') as cyara:\n"
        "        print(len(cyara.campaigns.get_campaigns().results), portal.invalid_calls)\n"
    )
    assert run(python, "-c", code, environ=environ, cwd=tmp_path).split() == ["50", "0"]

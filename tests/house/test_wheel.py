"""What lands in site-packages: the three packages, their data, and nothing of the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_only_the_three_packages_and_metadata(names: list[str]):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cyara_auth", "cyara_client", "cyara_tools"}


@pytest.mark.parametrize(
    "wanted",
    [
        "cyara_client/openapi.json",
        "cyara_client/operations.py",
        "cyara_client/py.typed",
        "cyara_client/api/campaigns/get_campaigns.py",
        "cyara_auth/py.typed",
        "cyara_auth/strikes/decide.py",
        "cyara_tools/portal/pytest_plugin.py",
    ],
)
def test_what_users_rely_on_is_there(names: list[str], wanted: str):
    assert wanted in names


def test_every_file_of_the_two_roots_is_there(names: list[str]):
    for root in ("generated", "auth_ext"):
        base = ROOT / root
        sources = {
            p.relative_to(base).as_posix() for p in base.rglob("*") if p.is_file() and "__pycache__" not in p.parts
        }
        assert sources - set(names) == set()


def test_licence_travels_along(names: list[str]):
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)

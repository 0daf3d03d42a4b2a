"""Programs without the package's metadata, as people hand them to colleagues: frozen by PyInstaller, or in one zip."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import datetime
import sys
import cyara_client
from cyara_auth import connect
from cyara_tools.reports.html import render_html
from cyara_tools.run.record import RunRecord, Verdict

now = datetime.datetime.now(datetime.UTC)
page = render_html(RunRecord(verdict=Verdict.NOTHING_SELECTED, exit_code=13, started=now, ended=now))
print("report", "Nothing selected" in page)
print("version", cyara_client.__version__)
with connect(sys.argv[1], sys.argv[2], account_id=1, store=sys.argv[3], strict=True) as cyara:
    print("page", len(cyara.campaigns.get_campaigns(page_size=3).results))
    print("all", sum(1 for _ in cyara.campaigns.iter_campaigns()))

async def main():
    async with connect(sys.argv[1], sys.argv[2], account_id=1, store=sys.argv[3]) as cyara:
        print("task", len((await cyara.aio.campaigns.get_campaigns(page_size=2)).results))

import asyncio
asyncio.run(main())
"""
SAID = ["page 3", "all 130", "task 2"]


def answers(command: list[str], folder: Path, environ: dict[str, str]) -> list[str]:
    with LocalPortal() as portal:
        arguments = [portal.base_url, portal.credential, f"sqlite://{folder}/strikes/strikes.sqlite3"]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=55, env=environ, check=False
        )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_one_zip_without_metadata(tmp_path: Path) -> None:
    archive = tmp_path / "program.pyz"
    with zipfile.ZipFile(archive, "w") as program:
        program.writestr("__main__.py", PROGRAM)
        for folder in ("generated", "auth_ext"):
            for path in (ROOT / folder).rglob("*"):
                if path.suffix in {".py", ".json", ".jinja", ".css"}:
                    program.write(path, path.relative_to(ROOT / folder))
    # Without this environment's site, where the package is installed; its libraries are lent by a folder of links.
    lent = tmp_path / "lent"
    lent.mkdir()
    for path in Path(str(pytest.__file__)).parents[1].iterdir():
        if "cyara" not in path.name.lower() and path.suffix != ".pth":
            (lent / path.name).symlink_to(path)
    environ = {**os.environ, "PYTHONPATH": str(lent)}
    assert answers([sys.executable, "-S", str(archive)], tmp_path, environ) == ["report True", "version unknown", *SAID]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(
    sys.platform == "linux" and shutil.which("objdump") is None, reason="PyInstaller needs objdump (binutils)"
)
def test_a_program_that_pyinstaller_froze(tmp_path: Path) -> None:
    import cyara_client

    (tmp_path / "app.py").write_text(PROGRAM)
    folders = (f"--{name}path={tmp_path / name}" for name in ("dist", "work", "spec"))
    # Large, installed for other tests, and imported by no such program: to take them in would be half of the work.
    left_out = (f"--exclude-module={name}" for name in ("matplotlib", "numpy", "pandas", "polars", "selenium", "trio"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "PyInstaller",
            "-y",
            "--log-level",
            "ERROR",
            *folders,
            *left_out,
            str(tmp_path / "app.py"),
        ],
        check=True,
        capture_output=True,
        timeout=280,
        cwd=tmp_path,
        env={**os.environ, "PYINSTALLER_CONFIG_DIR": str(tmp_path / "cache")},
    )
    bare = {"PATH": "", "HOME": str(tmp_path)}
    program = str(tmp_path / "dist" / "app" / "app")
    assert answers([program], tmp_path, bare) == ["report True", f"version {cyara_client.__version__}", *SAID]

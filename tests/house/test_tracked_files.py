"""What no tracked file may contain: carriage returns, paths of one machine, hosts of a package index."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INDEX_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("registry", "yarnpkg", "com"),
            ("deb", "debian", "org"),
        )
    ),
    re.IGNORECASE,
)
HOME_PATHS = re.compile("/(?:home|Users|root|work)/" + r"[A-Za-z0-9._-]+/")


def tracked_texts() -> list[tuple[str, bytes]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    names = [name for name in listed.decode().split("\0") if name]
    assert names, "git lists no files: the rule would judge nothing"
    files = [(name, ROOT / name) for name in names if not name.endswith(".png")]
    return [(name, path.read_bytes()) for name, path in files if path.is_file()]


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, bytes]]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there are no tracked files to judge")
    return tracked_texts()


def test_no_host_of_a_package_index(texts: list[tuple[str, bytes]]):
    assert [name for name, data in texts if INDEX_HOSTS.search(data.decode("utf-8", "replace"))] == []


def test_no_path_of_one_machine(texts: list[tuple[str, bytes]]):
    assert [name for name, data in texts if HOME_PATHS.search(data.decode("utf-8", "replace"))] == []


def test_line_endings_are_lf(texts: list[tuple[str, bytes]]):
    assert [name for name, data in texts if b"\r\n" in data] == []


def test_no_lock_file_of_a_kind_that_names_an_index(texts: list[tuple[str, bytes]]):
    assert [name for name, _data in texts if Path(name).name in {"uv.lock", "pylock.toml", "poetry.lock"}] == []


def test_planted_faults_are_seen():
    assert INDEX_HOSTS.search("https://files." + "pythonhosted" + ".org/packages/x")
    assert HOME_PATHS.search("/ho" + "me/somebody/project/x.py")

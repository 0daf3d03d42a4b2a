"""The locked tools: every one with a hash, and those that decide bytes in `generated/` at the version we name."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import lowest
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {name: (ROOT / "requirements" / f"{name}.txt").read_text("utf-8") for name in ("dev", "bench")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINNED, PINNED_TO_MEASURE = (
    dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ \\]+)", lock, re.MULTILINE)) for lock in LOCKS.values()
)


def wanted(requirement: str) -> str:
    return re.split(r"[\[<>=!;\s]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_has_a_hash(lock: str):
    blocks = re.split(r"^(?=[a-z0-9])", LOCKS[lock], flags=re.MULTILINE)
    assert len(blocks) > 1
    assert [block.split(" ")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_option(lock: str):
    # Where packages come from is for the machine to say.
    assert [line for line in LOCKS[lock].splitlines() if "://" in line or line.startswith("-")] == []


def test_everything_the_project_asks_for_is_locked():
    extras = PROJECT["project"]["optional-dependencies"].values()
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"], *(r for e in extras for r in e)]
    assert [name for name in map(wanted, asked) if name not in PINNED] == []


def test_the_two_locks_agree():
    # Both are installed into one environment.
    shared = PINNED.keys() & PINNED_TO_MEASURE.keys()
    assert {name: PINNED[name] for name in shared} == {name: PINNED_TO_MEASURE[name] for name in shared}
    assert [name for name in map(wanted, PROJECT["dependency-groups"]["bench"]) if name not in PINNED_TO_MEASURE] == []


def test_what_decides_generated_bytes_is_pinned_exactly():
    group = PROJECT["dependency-groups"]["dev"]
    for name in ("openapi-python-client", "ruff"):
        assert f"{name}=={PINNED[name]}" in group


def test_run_time_needs_three_packages():
    assert sorted(map(wanted, PROJECT["project"]["dependencies"])) == ["attrs", "httpx", "platformdirs"]


def test_every_lower_bound_is_installed_by_somebody():
    extras = PROJECT["project"]["optional-dependencies"].values()
    asked = [*PROJECT["project"]["dependencies"], *(requirement for extra in extras for requirement in extra)]
    releases = dict(release.split("==") for release in lowest.lowest_releases(PROJECT))
    assert list(releases) == list(dict.fromkeys(Requirement(each).name for each in asked))
    assert all(Requirement(each).specifier.contains(releases[Requirement(each).name]) for each in asked)
    assert all((ROOT / file).is_file() for file in lowest.TESTS)
    assert "dev.py lowest" in (ROOT / ".ci" / "run").read_text("utf-8")
    with pytest.raises(ValueError, match="orjson in pyproject"):
        lowest.lowest_releases({"project": {"dependencies": ["orjson"], "optional-dependencies": {}}})


def test_the_lock_is_whole():
    # Nothing resolves it: what is missing here would be missing in every environment.
    installed = {canonicalize_name(each.name): each.version for each in distributions()}
    asked = [
        (each.name, requirement)
        for each in distributions()
        for requirement in map(Requirement, each.requires or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]
    assert [
        f"{name} wants {requirement}"
        for name, requirement in asked
        if not requirement.specifier.contains(installed.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ] == []

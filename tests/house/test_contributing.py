"""CONTRIBUTING names files, tasks and words: each is there, and the glossary stays short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
HOMES = ("", "auth_ext/cyara_auth/", "generated/cyara_client/", "scripts/pipeline/", "scripts/")
LONGEST_GLOSSARY = 25
MADE_LATER = {"openapi/releases/"}
"""The first release makes it."""


def named_files(text: str) -> set[str]:
    """Return what stands in code marks and looks like a file or a folder of ours."""
    return {name for name in re.findall(r"`([a-z_][\w./-]*(?:\.(?:py|md|txt|toml)|/))`", text) if "*" not in name}


@pytest.mark.parametrize("name", sorted(named_files(TEXT) - MADE_LATER))
def test_every_file_that_is_named_exists(name: str):
    assert any((ROOT / home / name).exists() for home in HOMES)


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_task_that_is_named_exists():
    tasks = set(re.findall(r"dev\.py ([a-z]+)", TEXT))
    known = set(re.findall(r'^    "([a-z]+)": \(', (ROOT / "scripts" / "dev.py").read_text("utf-8"), re.MULTILINE))
    assert tasks <= known


def test_the_glossary_is_short():
    glossary = TEXT.partition("## Words")[2].partition("## ")[0]
    words = re.findall(r"^\| (?!word |-)", glossary, re.MULTILINE)
    assert 0 < len(words) <= LONGEST_GLOSSARY


def test_each_life_is_told_in_about_ten_steps():
    for life in ("a call", "a document"):
        told = TEXT.partition(f"## The life of {life}")[2].partition("## ")[0]
        assert len(re.findall(r"^\d+\. ", told, re.MULTILINE)) == 10


def test_a_planted_name_is_seen():
    assert named_files("`guard/nothing_here.py` and `tests/` and `scripts/dev.py test`") == {
        "guard/nothing_here.py",
        "tests/",
    }

"""The recipes are what their vendors take, by published schemas where there are some."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cyara_tools.cli.exit_codes import ExitCode

from .vendors import ROOT, component, read

MINE = {"campaigns": "812", "base-url": "https://portal.example/cyarawebapi", "account-id": "1"}


def check(schema: str, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)


# The patterns of some are not those of Unicode.
OLD_PATTERNS = ("--regex-variant", "nonunicode")
FILES = {
    "action.yml": ("github-actions",),
    "recipes/github-workflow.yml": ("github-workflows",),
    "recipes/azure-cyara-run.yml": ("azure-pipelines", *OLD_PATTERNS),
    "recipes/azure-pipelines.yml": ("azure-pipelines", *OLD_PATTERNS),
    "recipes/gitlab-ci.yml": ("gitlab-ci", *OLD_PATTERNS),
}


@pytest.mark.parametrize("path", FILES)
def test_files_are_valid_by_the_vendors_schema(path: str, tmp_path: Path) -> None:
    schema, *options = FILES[path]
    done = check(schema, ROOT / path, *options)
    assert done.returncode == 0, done.stdout
    # A check that lets anything pass would show nothing.
    (tmp_path / "wrong.yml").write_text("steps: 3\nruns: 3\ninclude: 3\njobs: 3\n", encoding="utf-8")
    assert check(schema, tmp_path / "wrong.yml", *options).returncode == 1


def test_the_jobs_of_the_gitlab_component_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yml"
    path.write_text(yaml.safe_dump(component(MINE)), encoding="utf-8")
    done = check("gitlab-ci", path, *OLD_PATTERNS)
    assert done.returncode == 0, done.stdout
    assert component({**MINE, "job": "nightly"}).keys() == {"nightly"}


def test_the_header_of_the_gitlab_component_declares_what_the_jobs_use() -> None:
    header, jobs = read("templates/cyara-run.yml").split("\n---\n")
    spec = yaml.safe_load(header)
    assert spec.keys() == {"spec"}
    assert spec["spec"].keys() == {"inputs"}
    declared: dict[str, Any] = spec["spec"]["inputs"]
    used = set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", jobs))
    assert declared.keys() == used
    # What GitLab documents for an input; `type` is `string` where nothing is said.
    for about in declared.values():
        assert about.keys() <= {"default", "description", "options", "regex", "type"}
        assert about.get("type", "string") == "string"
        assert isinstance(about.get("default", ""), str)
    assert {name for name, about in declared.items() if "default" not in about} == {"base-url", "account-id"}


RECIPES = [*FILES, "templates/cyara-run.yml", "recipes/Jenkinsfile", "recipes/Dockerfile"]


def test_every_recipe_is_checked() -> None:
    files = {path.relative_to(ROOT).as_posix() for name in ("recipes", "templates") for path in (ROOT / name).iterdir()}
    assert files | {"action.yml"} == set(RECIPES)


@pytest.mark.parametrize("path", RECIPES)
def test_every_recipe_says_what_an_inferred_start_needs(path: str) -> None:
    text = " ".join(read(path).replace("#", " ").replace("//", " ").split())
    assert re.search(r"ALLOW_INFERRED|allow-?inferred", text, re.IGNORECASE)
    assert re.search(r"inferred in the bundled document|bundled document only guesses how", text)


@pytest.mark.parametrize("path", RECIPES)
def test_no_recipe_holds_a_secret_or_a_host_of_ours(path: str) -> None:
    hosts = set(re.findall(r"https?://([\w.<>-]+)", read(path)))
    assert hosts <= {"portal.example", "<portal>"}
    assert not re.search(r"[A-Za-z0-9+/]{43}=", read(path))


def test_the_jenkinsfile_is_balanced_and_shows_junit_in_any_case() -> None:
    text = read("recipes/Jenkinsfile")
    code = re.sub(r"sh '''.*?'''", "sh ''", text, flags=re.DOTALL)
    code = re.sub(r"'[^'\n]*'|//.*", "''", code)
    for opening, closing in ("{}", "()", "[]"):
        assert code.count(opening) == code.count(closing)
    always = text.partition("  post {\n    always {\n")[2]
    assert "junit testResults: 'cyara-reports/junit.xml', allowEmptyResults: true" in always
    assert "archiveArtifacts" in always


def test_the_results_are_shown_after_a_failure_too() -> None:
    action = yaml.safe_load(read("action.yml"))
    (upload,) = [step for step in action["runs"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"].startswith("always()")
    azure = yaml.safe_load(read("recipes/azure-cyara-run.yml"))
    (publish,) = [step for step in azure["steps"] if step.get("task", "").startswith("PublishTestResults@")]
    assert publish["condition"] == "always()"
    (job,) = component(MINE).values()
    assert job["artifacts"]["when"] == "always"
    assert json.dumps(job["artifacts"]["reports"]) == '{"junit": "cyara-reports/junit.xml"}'


def test_the_page_shows_the_recipes_as_they_are() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", read("docs/ci.md"), re.DOTALL)
    assert shown == [
        read(f"recipes/{name}") for name in ("github-workflow.yml", "gitlab-ci.yml", "azure-pipelines.yml")
    ]


def test_the_commands_and_files_of_the_page_exist() -> None:
    page = read("docs/ci.md")
    named = set(re.findall(r"cyara auth ([a-z-]+)", page))
    assert {"verify", "status", "fingerprint"} <= named
    command = [sys.executable, "-m", "cyara_tools.cli", "auth", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50).stdout
    assert named <= set(re.findall(r"[a-z-]+", told))
    for path in re.findall(r"\]\(((?:\.\./|[a-z-]+\.md)[^)#]*)", page):
        assert (ROOT / "docs" / path).exists(), path


def test_the_exit_codes_of_the_page_are_those_of_the_command() -> None:
    page = read("docs/ci.md")
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    of_run = ("OK", "GATE_FAILED", "NOT_RUN", "TIMED_OUT", "NOTHING_SELECTED", "INTERRUPTED")
    assert told == {int(ExitCode[name]) for name in of_run}
    others = ("REJECTED", "REFUSED", "STORE", "INCONCLUSIVE")
    assert all(re.search(rf"(^|\. |, ){int(ExitCode[name])}: ", page, re.MULTILINE) for name in others)
    assert f"{int(ExitCode.NO_CREDENTIAL)} and {int(ExitCode.CONFIGURATION)}: " in page

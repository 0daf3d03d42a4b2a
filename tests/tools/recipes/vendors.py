"""What GitHub, GitLab, Azure DevOps and Jenkins do with a recipe, as far as the recipes need it.

Each takes the recipe from its file, fills in what its user gave, runs the shell parts in order, and plays what the
vendor keeps between runs by copying files. What a recipe uses beyond that fails here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from .machine import STRIKES, Machine

ROOT = Path(__file__).parents[3]
_USED_WITHOUT_US = {
    "actions/setup-python",
    "actions/upload-artifact",
    "UsePythonVersion",
    "PublishTestResults",
    "PublishPipelineArtifact",
    "DownloadPipelineArtifact",
}
Kept = dict[str, bytes]
"""What the vendor has kept from earlier runs, by name, oldest first."""
Vendor = Callable[[Machine, Kept, Mapping[str, str]], None]
"""Runs a recipe on a machine; the mapping has what the user of the recipe gives: campaigns, suite, args."""


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def filled(text: str, values: Mapping[str, str], opening: str = r"\$\{\{", closing: str = r"\}\}") -> str:
    """Fill in the expressions of a text; one whose value is not known is a mistake of the recipe."""
    return re.sub(rf"{opening} ([\w.-]+) {closing}", lambda found: values[found[1]], text)


def holds(condition: str, values: Mapping[str, str], *, failed: bool) -> bool:
    """Say whether a step of GitHub is to run."""
    verdicts = {"success()": not failed, "always()": True}
    terms = condition.split(" && ")
    for term in terms:
        if term not in verdicts:
            compared = re.fullmatch(r"([\w.-]+) (==|!=) '(\w*)'", term)
            assert compared, f"{term} is not known here"
            verdicts[term] = (values.get(compared[1], "") == compared[3]) == (compared[2] == "==")
    return all(verdicts[term] for term in terms) and ("always()" in terms or not failed)


def github(machine: Machine, kept: Kept, given: Mapping[str, str]) -> None:
    action = yaml.safe_load(read("action.yml"))
    (job,) = yaml.safe_load(read("recipes/github-workflow.yml"))["jobs"].values()
    checkout, step = job["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    where = {"base-url": machine.portal.base_url, "account-id": str(machine.portal.account_id)}
    inputs = {**step["with"], **where, "credential": machine.credential, **given}
    assert inputs.keys() <= action["inputs"].keys()
    values = {"github.run_id": str(100 + machine.number), "github.run_attempt": "1", "github.job": "regression"}
    for name, declared in action["inputs"].items():
        assert declared["description"]
        values[f"inputs.{name}"] = inputs[name] if declared.get("required") else inputs.get(name, declared["default"])
    for number, step in enumerate(action["runs"]["steps"]):
        if holds(step.get("if", "success()"), values, failed=machine.failed):
            _github_step(machine, kept, step, values, machine.root / f"output-{number}")
    values.setdefault("steps.run.outputs.exit-code", "")
    machine.reports["exit-code"] = filled(action["outputs"]["exit-code"]["value"], values).encode()
    machine.hand_in(machine.workspace / values["inputs.reports"])
    if (machine.root / "summary").exists():
        machine.reports["summary"] = (machine.root / "summary").read_bytes()


def _github_step(machine: Machine, kept: Kept, step: dict[str, Any], values: dict[str, str], output: Path) -> None:
    if "run" in step:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "text of a user would be run as shell"
        environ = {name: filled(text, values) for name, text in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(machine.root / "summary")}
        succeeded = machine.run(step["run"], {**environ, **files, "GITHUB_ACTIONS": "true"})
        machine.failed |= not succeeded
        values[f"steps.{step.get('id')}.outcome"] = "success" if succeeded else "failure"
        for line in output.read_text(encoding="utf-8").splitlines() if output.exists() else ():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        return
    name, _, given = *step["uses"].partition("@")[:2], step.get("with", {})
    if name == "actions/cache/restore":
        assert given["path"] == f"~/{STRIKES}"
        assert filled(given["key"], values) not in kept
        found = [key for key in kept if key.startswith(filled(given["restore-keys"], values))]
        if found:
            machine.restore(kept[found[-1]])
    elif name == "actions/cache/save":
        key = filled(given["key"], values)
        assert key not in kept, "a cache never changes"
        kept[key] = machine.strikes.read_bytes()
    else:
        assert name in _USED_WITHOUT_US, name


def component(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the jobs of GitLab's component with these inputs: what `include` makes of it."""
    header, jobs = read("templates/cyara-run.yml").split("\n---\n")
    declared = yaml.safe_load(header)["spec"]["inputs"]
    assert given.keys() <= declared.keys()
    values = {f"inputs.{name}": given.get(name, about.get("default")) for name, about in declared.items()}
    assert {name for name, value in values.items() if value is None} == set(), "an input without a default is missing"
    jobs = filled(jobs, values, r"\$\[\[", r"\]\]")
    assert "$[[" not in jobs
    found: dict[str, Any] = yaml.safe_load(jobs)
    return found


def gitlab(machine: Machine, kept: Kept, given: Mapping[str, str]) -> None:
    (include,) = yaml.safe_load(read("recipes/gitlab-ci.yml"))["include"]
    assert include["component"].startswith("$CI_SERVER_FQDN/")
    assert "/cyara-run@" in include["component"]
    where = {"base-url": machine.portal.base_url, "account-id": str(machine.portal.account_id)}
    (job,) = component({**include["inputs"], **where, **given}).values()
    assert job["cache"]["when"] == job["artifacts"]["when"] == "always"
    variables = {**job["variables"], "CYARA_API_CREDENTIAL": machine.credential, "GITLAB_CI": "true"}
    cached = machine.workspace / job["cache"]["paths"][0] / "strikes.sqlite3"
    if kept:
        # As the runner's helper leaves them: anybody may write.
        machine.restore(kept["cache"], cached, mode=0o666)
        cached.parent.chmod(0o777)
    machine.failed = not machine.run("\n".join(job["before_script"] + job["script"]), variables)
    assert machine.run("\n".join(job["after_script"]), variables), machine.printed
    kept["cache"] = cached.read_bytes()
    (folder,) = job["artifacts"]["paths"]
    assert job["artifacts"]["reports"]["junit"] == f"{folder}/junit.xml"
    machine.hand_in(machine.workspace / folder)


def azure(machine: Machine, kept: Kept, given: Mapping[str, str]) -> None:
    (step,) = yaml.safe_load(read("recipes/azure-pipelines.yml"))["steps"]
    template = yaml.safe_load(read(f"recipes/{step['template']}"))
    where = {"baseUrl": machine.portal.base_url, "accountId": str(machine.portal.account_id)}
    inputs = {**step["parameters"], **where, **given}
    declared = {each["name"]: each for each in template["parameters"]}
    assert inputs.keys() <= declared.keys()
    values = {f"parameters.{name}": inputs.get(name, each.get("default")) for name, each in declared.items()}
    macros = {"CYARA_API_CREDENTIAL": machine.credential, "Pipeline.Workspace": str(machine.root)}
    incoming, outgoing, reports = (machine.root / name for name in ("cyara-in", "cyara-out", "cyara-reports"))
    for step in template["steps"]:
        if machine.failed and step.get("condition") != "always()":
            continue
        if "script" in step:
            assert "${{" not in step["script"], "text of a user would be run as shell"
            environ = {
                name: re.sub(r"\$\(([\w.]+)\)", lambda found: macros[found[1]], filled(text, values))
                for name, text in step.get("env", {}).items()
            }
            environ |= {"PIPELINE_WORKSPACE": str(machine.root), "TF_BUILD": "True"}
            machine.failed |= not machine.run(step["script"], environ, by=("bash", "--noprofile", "--norc"))
            continue
        name, about = step["task"].partition("@")[0], step["inputs"]
        assert name in _USED_WITHOUT_US, name
        if name == "DownloadPipelineArtifact" and kept:
            assert about["allowFailedBuilds"]
            artifact, data = list(kept.items())[-1]
            machine.restore(data, incoming / artifact / "strikes.sqlite3")
        elif name == "PublishPipelineArtifact" and about["targetPath"].endswith("cyara-out"):
            found = re.search(r"##vso\[task.setvariable variable=cyaraFingerprint\](\w{8})\n", machine.printed)
            assert found
            kept[f"cyara-strikes-{found[1]}-{machine.number}"] = (outgoing / "strikes.sqlite3").read_bytes()
        elif name == "PublishTestResults":
            assert about["testResultsFiles"] == f"$(Pipeline.Workspace)/{reports.name}/junit.xml"
            machine.hand_in(reports)


def jenkins(machine: Machine, kept: Kept, given: Mapping[str, str]) -> None:
    recipe = read("recipes/Jenkinsfile")
    (declared,) = re.findall(r"parameters \{\n(.*?)\n  \}", recipe, re.DOTALL)
    variables = dict(re.findall(r"string\(name: '(\w+)', defaultValue: '([^']*)'", declared))
    variables |= {name.upper(): value for name, value in given.items()}
    (environment,) = re.findall(r"environment \{\n(.*?)\n  \}", recipe, re.DOTALL)
    variables |= dict(re.findall(r"^\s*(\w+) = '([^']*)'$", environment, re.MULTILINE))
    where = {"CYARA_BASE_URL": machine.portal.base_url, "CYARA_ACCOUNT_ID": str(machine.portal.account_id)}
    for path, data in kept.items():
        machine.restore(data, machine.workspace / path)
    (*steps, (with_secret, last)) = _jenkins_shells(recipe)
    for with_secret, script in steps:
        secret = {"CYARA_API_CREDENTIAL": machine.credential} if with_secret else {}
        if not machine.failed:
            # As Jenkins runs it: every command is printed before it runs.
            machine.failed = not machine.run(script, {**variables, **where, **secret}, by=("sh", "-xe"))
    assert machine.run(last, {**variables, **where}, by=("sh", "-xe")), machine.printed
    for saved in (machine.workspace / ".cyara-strikes").glob("*/strikes.sqlite3"):
        kept[str(saved.relative_to(machine.workspace))] = saved.read_bytes()
    machine.hand_in(machine.workspace / variables["REPORTS"])


def _jenkins_shells(recipe: str) -> Iterator[tuple[bool, str]]:
    """Yield the shell parts of a Jenkinsfile in order, each with whether the secret is in its environment."""
    end = 0
    for found in re.finditer(r"sh '''\n(.*?)'''", recipe, re.DOTALL):
        # Groovy joins such lines itself, and would read any other backslash, too.
        script = found[1].replace("\\\n", "")
        assert "\\" not in script
        yield "withCredentials([" in recipe[end : found.start()], script
        end = found.end()


VENDORS: dict[str, Vendor] = {"GitHub Actions": github, "GitLab CI": gitlab, "Azure DevOps": azure, "Jenkins": jenkins}

"""Completion, by the protocol of each shell: bash itself asks; what the others are given is generated and read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="there is no bash here")

# As bash calls the function: with the command, what is being typed, and the word before it.
ASK = """
PATH="{folder}:$PATH"
eval "$(_CYARA_COMPLETE=source_bash cyara)"
ask() {{
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    _cyara_completion cyara "${{COMP_WORDS[COMP_CWORD]}}"
    echo "${{COMPREPLY[*]}}" | tr '\\n' ' '; echo
}}
"""


class Bash:
    """A shell that finds `cyara`, in which any use of the credential leaves a trace."""

    def __init__(self, folder: Path, program: Program) -> None:
        self.trace = folder / "credential-was-read"
        shim = folder / "cyara"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cyara_tools.cli "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
        self._folder = folder
        self._environ = {**program.environ, "CYARA_CREDENTIAL_COMMAND": f"touch {self.trace}", "SHELL": str(BASH)}

    def run(self, script: str) -> str:
        assert BASH is not None
        done = subprocess.run(
            [BASH, "--norc", "-c", ASK.format(folder=self._folder) + script],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout


@pytest.fixture
def bash(tmp_path: Path, program: Program) -> Bash:
    (tmp_path / "bin").mkdir()
    return Bash(tmp_path / "bin", program)


@needs_bash
def test_bash_completes_commands_groups_options_and_values(bash: Bash, portal: LocalPortal) -> None:
    asked = [
        ('cyara ""', {"auth", "api", "campaigns", "testcases"}, {"login", "list"}),
        ("cyara test", {"testcases", "testresults"}, {"campaigns"}),
        ('cyara auth rotate ""', {"begin", "commit", "abort"}, {"login"}),
        ('cyara campaigns ""', {"list", "get-campaigns", "get-campaign-runs"}, {"import"}),
        ("cyara api testcases imp", {"import", "import-test-cases"}, {"list"}),
        ("cyara campaigns list --p", {"--page-size", "--plan-type", "--profile", "--policy"}, {"--all"}),
        ("cyara campaigns list --plan-type P", {"Pulse", "PulseOutbound"}, {"Cruncher"}),
        ("cyara campaigns list --output j", {"json", "jsonl"}, {"csv"}),
        ('cyara directories get-folders ""', {"TestCase"}, set[str]()),
    ]
    answers = bash.run("\n".join(f"ask {line}" for line, _, _ in asked)).splitlines()
    assert len(answers) == len(asked)
    for (line, wanted, unwanted), answer in zip(asked, answers, strict=True):
        offered = set(answer.split())
        assert wanted <= offered, line
        assert not unwanted & offered, line
    assert portal.arrivals == 0
    assert not bash.trace.exists()


@needs_bash
def test_bash_has_it_after_the_installation(bash: Bash, program: Program) -> None:
    # Not as the last command, which bash would become.
    bash.run(
        "cyara --install-completion > installed.txt; true".replace("installed.txt", str(bash.trace.parent / "out"))
    )
    told = (bash.trace.parent / "out").read_text(encoding="utf-8")
    assert "bash completion installed in" in told
    start_up = (program.home / ".bashrc").read_text(encoding="utf-8")
    script = next(word.strip("'\"") for word in start_up.split() if "cyara" in word)
    assert "_cyara_completion" in Path(script).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shell", "mark"), [("zsh", "#compdef cyara"), ("fish", "complete --command cyara"), ("powershell", "Register-Arg")]
)
def test_other_shells_get_their_script(program: Program, shell: str, mark: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from cyara_tools.cli import main; import sys; sys.argv = ['cyara']; main()"],
        env={**program.environ, "_CYARA_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert mark in done.stdout
    interpreter = shutil.which({"powershell": "pwsh"}.get(shell, shell))
    if interpreter is not None and shell != "powershell":
        script = tmp_path / "script"
        script.write_text(done.stdout, encoding="utf-8")
        subprocess.run([interpreter, "-n", str(script)], check=True, timeout=30)


@pytest.mark.parametrize(
    ("shell", "between"), [("zsh", '"list":"List campaigns"'), ("fish", "list\t"), ("powershell", "list:::")]
)
def test_other_shells_get_names_with_their_help(
    program: Program, portal: LocalPortal, shell: str, between: str
) -> None:
    asked = {
        "_CYARA_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "cyara campaigns l",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": "l",
    }
    done = subprocess.run(
        [sys.executable, "-m", "cyara_tools.cli"],
        env={**os.environ, **program.environ, **asked},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert between in done.stdout
    assert "get-campaign" not in done.stdout
    assert portal.arrivals == 0

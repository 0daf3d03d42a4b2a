"""Help at every level: short, in sections, with examples that exist; and what stands for a mistake."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cyara_tools.cli.app import app
from cyara_tools.cli.base import Group

from .program import Program

LINES = 48
WIDTH = 80


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every group and command of ours, and one operation's of each group."""
    yield path
    for number, name in enumerate(group.entries()):
        if len(path) < 3 and (not path or path[0] != "api" or number == 0):
            command = group.find(name)
            if isinstance(command, Group):
                yield from commands(command, (*path, name))
            else:
                yield (*path, name)


ALL = sorted(set(commands(get_command(app))))


def said(*words: str) -> str:
    result = CliRunner().invoke(
        app, words, prog_name="cyara", env={"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": str(WIDTH)}
    )
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_level_has_help_a_version_and_an_example(path: tuple[str, ...]) -> None:
    text = said(*path, "-h")
    assert text == said(*path, "--help")
    assert text.startswith(f"Usage: {' '.join(('cyara', *path))} ")
    assert said(*path, "-V") == said(*path, "--version") == said("--version")
    for option in ("--verbose", "-V, --version", "-h, --help"):
        assert f"  {option}" in text
    examples = text.partition("\nExamples:\n")[2].splitlines()
    assert examples
    assert not re.findall(r"<[\w ]+>", text), "a value has the name of a type of the parser"
    assert "  Example: cyara" not in text
    assert not [line for line in text.splitlines() if len(line) > WIDTH and line not in examples]


def test_every_example_names_a_command_and_options_that_it_takes() -> None:
    root = get_command(app)
    for path in ALL:
        for line in said(*path, "-h").partition("\nExamples:\n")[2].splitlines():
            program, *words = shlex.split(line.partition(" < ")[0])
            command: Any = root
            while isinstance(command, Group):
                command = command.find(words.pop(0)) if words and not words[0].startswith("-") else None
            assert program == "cyara"
            assert command is not None, line
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            words = words[: words.index("--")] if "--" in words else words
            assert {word for word in words if word.startswith("--")} <= known | {"--help"}, line


def test_the_help_of_the_program_fits_a_screen() -> None:
    text = said("--help")
    assert len(text.splitlines()) <= LINES
    assert re.findall(r"^(\w[\w ]+):$", text, re.MULTILINE) == [
        "Commands",
        "Operations of the portal",
        "Options",
        "Everywhere",
        "Examples",
    ]


def test_both_names_of_an_operation_stand_on_one_line() -> None:
    text = said("campaigns", "-h")
    assert "\n  list, get-campaigns        List campaigns\n" in text
    assert text.count("get-campaigns ") == 1


def test_options_stand_in_sections() -> None:
    text = said("campaigns", "update", "-h")
    order = [text.index(f"\n{section}:\n") for section in ("Arguments", "Body", "Output", "Connection", "Everywhere")]
    assert order == sorted(order)
    body, connection = text.index("\nBody:\n"), text.index("\nConnection:\n")
    assert body < text.index("--concurrency NUMBER") < text.index("\nOutput:\n")
    assert connection < text.index("--allow-inferred ", connection) < text.index("\nEverywhere:\n")
    assert "--limit" not in text


def test_the_log_of_calls_is_shown_when_it_is_asked_for(program: Program) -> None:
    program.log_in()
    assert program("verify").err == ""
    shown = program("verify", "--verbose").err
    assert re.search(r"INFO operation=GetTestCases method=GET path=/v3\.0/\S+ status=200 .* fingerprint=\w{8}\n", shown)
    assert program("--verbose", "verify").err.count("operation=GetTestCases") == 1


def test_no_command_at_all_is_the_help() -> None:
    result = CliRunner().invoke(app, [], prog_name="cyara")
    assert result.exit_code == 2
    assert "Operations of the portal" in result.output

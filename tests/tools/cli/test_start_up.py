"""What a command loads: as little as it needs. By the modules that are there afterwards, not by time."""

import os
import subprocess
import sys

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program

ASKED = """
import sys
sys.argv = ["cyara", *sys.argv[1:]]
from cyara_tools.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
sys.stderr.write("\\n" + " ".join(sorted(name for name, module in sys.modules.items() if module is not None)))
"""


def loaded(*words: str, **environ: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASKED, *words],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert done.stdout
    return set(done.stderr.splitlines()[-1].split())


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_loads_no_parser_and_no_library(option: str) -> None:
    modules = loaded(option)
    assert not tops(modules) & {"typer", "click", "rich", "attr", "attrs", "asyncio", "httpx", "ssl", "inspect"}
    assert "cyara_auth" not in tops(modules)
    assert modules & {"cyara_client", "cyara_tools.cli.version"} == {"cyara_client", "cyara_tools.cli.version"}


def test_the_list_of_commands_loads_none_of_them() -> None:
    modules = loaded("--help")
    assert not tops(modules) & {"rich", "httpx", "asyncio", "cyara_auth"}
    own = {module for module in modules if module.startswith("cyara_tools.")}
    assert own <= {
        *("cyara_tools.cli", "cyara_tools.cli.app", "cyara_tools.cli.base", "cyara_tools.cli.own_commands"),
        *("cyara_tools.cli.words", "cyara_tools.api", "cyara_tools.api.tree", "cyara_tools.api.names"),
        *("cyara_tools.api.texts", "cyara_tools.cli.interrupts", "cyara_tools.cli.own_process"),
    }


def test_a_call_in_a_pipe_loads_neither_rich_nor_another_command(program: Program, portal: LocalPortal) -> None:
    environ = {**program.environ, "CYARA_API_CREDENTIAL": portal.credential}
    modules = loaded("campaigns", "list", **environ)
    assert not tops(modules) & {"rich", "jmespath", "yaml", "polars", "jinja2", "starlette", "pygments", "keyring"}
    others = {module for module in modules if module.startswith("cyara_client.resources.")}
    assert others == {"cyara_client.resources.campaigns"}
    assert not modules & {
        "cyara_tools.cli.doctor",
        "cyara_tools.cli.rotate",
        "cyara_tools.export.command",
        "httpx._main",
    }


def test_a_command_of_ours_asks_for_no_operation(program: Program) -> None:
    modules = loaded("auth", "login", "--help", **program.environ)
    assert "cyara_tools.api.tree" not in modules
    assert "rich" not in tops(modules)

"""The next command that a text names has the options of this one: copied, it looks at the same credential."""

import re
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.main import get_command

from cyara_auth.providers import Variables
from cyara_auth.providers.renewal import renewal
from cyara_tools.cli.app import app
from cyara_tools.cli.base import Group
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CommandContext, StoreContext
from cyara_tools.cli.own_commands import Own, OwnGroup, own_entries
from cyara_tools.cli.repeat_options import options_by_command, options_to_repeat, with_options
from cyara_tools.portal import LocalPortal

from .program import Program

AUTH = get_command(app).find("auth")
ALL = " ".join(
    f"cyara auth {name}"
    for name in (
        *("login", "status", "fingerprint", "verify", "reset", "doctor", "remote-sync-key"),
        *("rotate begin", "rotate commit", "rotate abort"),
    )
)
COMMANDS = options_by_command(AUTH, ALL, "cyara auth")
PACKAGES = Path(__file__).parents[3] / "auth_ext"


def named(text: str) -> dict[str, frozenset[str]]:
    return options_by_command(get_command(app), text)


def test_what_the_environment_says_is_not_repeated_nor_is_a_password() -> None:
    variables = Variables({"CYARA_PROFILE": "staging", "CYARA_BASE_URL": "https://a.example"})

    def repeated(base_url: str | None = None, profile: str | None = None, store: str | None = None) -> str:
        context = StoreContext(base_url=base_url, profile=profile, store_url=store, variables=variables)
        options = options_to_repeat(context.selection(), variables)
        return with_options("cyara auth status", options, named).removeprefix("cyara auth status")

    assert repeated() == repeated(profile="staging") == repeated(base_url="https://a.example") == ""
    assert repeated(profile="") == ""
    assert repeated(profile="t", base_url="https://b.example") == " --base-url https://b.example --profile t"
    assert repeated(store="sqlite:///var/a b") == " --store 'sqlite:///var/a b'"
    assert repeated(store="redis://:hidden@host") == repeated(store="unix:///s?password=hidden") == ""


def test_every_command_in_a_text_gets_the_options() -> None:
    text = "Next: cyara auth rotate commit, or: cyara auth reset --regenerated; cyara auth verifying, cyara auth status"
    assert with_options(text, {}, named) == text
    options = {"--profile": "t"}
    assert with_options(text, options, named) == (
        "Next: cyara auth rotate commit --profile t, or: cyara auth reset --profile t --regenerated; "
        "cyara auth verifying, cyara auth status --profile t"
    )
    other = with_options("run: cyara auth login --profile other", options, named)
    assert other.endswith("login --profile other")
    assert with_options(renewal(None), options, named).endswith(" then: cyara auth login --profile t")


def test_no_command_of_the_program_is_missed() -> None:
    assert set(re.findall(r"cyara auth (?:rotate )?[a-z-]+", ALL)) == COMMANDS.keys() == named(ALL).keys()
    groups = {name: entry.load() for name, entry in AUTH.entries().items()}
    leaves = {f"cyara auth {name}" for name, command in groups.items() if not isinstance(command, Group)}
    assert COMMANDS.keys() == leaves | {f"cyara auth rotate {name}" for name in groups["rotate"].entries()}
    options = {"--base-url": "u", "--profile": "p", "--store": "s"}
    for name, taken in COMMANDS.items():
        assert {"--base-url", "--profile", "--json"} <= taken
        assert with_options(name, options, named) == name + "".join(
            f" {option} {value}" for option, value in options.items() if option in taken
        )


def test_a_new_command_cannot_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    @command
    def verify_all(context: StoreContext, output: CommandOutput) -> None: ...

    @command
    def show(context: CommandContext, output: CommandOutput) -> None: ...

    monkeypatch.setitem(sys.modules, "new_commands", SimpleNamespace(verify_all=verify_all, show=show))  # type: ignore[misc]  # a namespace is module enough
    keys = OwnGroup("Keys.", {"list": Own("Show keys.", "new_commands:show")})
    auth = OwnGroup("More.", {"verify-all": Own("Verify all.", "new_commands:verify_all"), "keys": keys})
    root = Group(name="cyara", entries=own_entries({"auth": auth}))
    text = "Next: cyara auth verify-all, then: cyara auth keys list"
    assert with_options(text, {"--profile": "t", "--store": "s"}, partial(options_by_command, root)) == (
        "Next: cyara auth verify-all --profile t --store s, then: cyara auth keys list --profile t"
    )


def test_every_command_that_a_text_names_exists() -> None:
    named = {
        found
        for path in PACKAGES.rglob("*.py")
        for found in re.findall(r"\bcyara auth (?:rotate )?[a-z-]+", path.read_text(encoding="utf-8"))
    }
    assert len(named) >= 8
    assert named - COMMANDS.keys() <= {"cyara auth rotate"}


def test_login_names_what_verify_needs(program: Program, portal: LocalPortal) -> None:
    result = program("login", "--profile", "t", text=portal.credential)
    assert "Next: cyara auth verify --profile t\n" in result.out
    result = program("login", "--base-url", portal.base_url, text=portal.credential, CYARA_BASE_URL="")
    assert f"Next: cyara auth verify --base-url {portal.base_url}\n" in result.out


def test_remote_sync_key_names_what_login_needs(program: Program, portal: LocalPortal) -> None:
    result = program("remote-sync-key", "--force", "--base-url", portal.base_url, CYARA_BASE_URL="")
    assert result.code == 3
    assert f"or run: cyara auth login --base-url {portal.base_url}\n" in result.err


def test_status_verify_and_doctor_name_the_profile(program: Program, portal: LocalPortal) -> None:
    assert program("login", "--profile", "t", text=portal.credential).code == 0
    assert "verify the pair with: cyara auth verify --profile t" in program("status", "--profile", "t").out
    assert "verify the pair with: cyara auth verify --profile t" in program("doctor", "--profile", "t").out
    program.regenerate()
    for result in (program("verify", "--profile", "t"), program("verify", "--profile", "t", "--json")):
        assert result.code == 4
        assert "cyara auth login --profile t" in result.out + result.err
        assert "named one" not in result.out + result.err
    assert portal.invalid_calls == 1

"""The next command that a text names has the options of this one: copied, it looks at the same credential."""

from cyara_auth.providers import Variables
from cyara_auth.renewal import renewal
from cyara_tools.cli.repeat_options import options_again, with_options
from cyara_tools.portal import LocalPortal

from .program import Program


def test_what_the_environment_says_is_not_repeated_nor_is_a_password() -> None:
    variables = Variables({"CYARA_PROFILE": "staging", "CYARA_BASE_URL": "https://a.example"})

    def again(**given: str) -> str:
        options = {"base_url": None, "profile": None, "store": None, **given}
        return options_again(**options, variables=variables)

    assert again() == again(profile="staging") == again(base_url="https://a.example") == again(profile="") == ""
    assert again(profile="t", base_url="https://b.example") == " --base-url https://b.example --profile t"
    assert again(store="sqlite:///var/a b") == " --store 'sqlite:///var/a b'"
    assert again(store="redis://:hidden@host") == again(store="unix:///s?password=hidden") == ""


def test_every_command_in_a_text_gets_the_options() -> None:
    text = "Next: cyara auth rotate commit, or: cyara auth reset --regenerated; cyara auth verifying, cyara auth status"
    assert with_options(text, "") == text
    assert with_options(text, " -x") == (
        "Next: cyara auth rotate commit -x, or: cyara auth reset -x --regenerated; cyara auth verifying, "
        "cyara auth status -x"
    )
    assert with_options("run: cyara auth login --profile other", " --profile t").endswith("login --profile other")
    assert with_options(renewal(None), " --profile t").endswith(" then: cyara auth login --profile t")


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
    assert "cyara auth verify --profile t proves" in program("status", "--profile", "t").out
    assert "cyara auth verify --profile t proves" in program("doctor", "--profile", "t").out
    program.regenerate()
    for result in (program("verify", "--profile", "t"), program("verify", "--profile", "t", "--json")):
        assert result.code == 4
        assert "cyara auth login --profile t" in result.out + result.err
        assert "named one" not in result.out + result.err
    assert portal.invalid_calls == 1

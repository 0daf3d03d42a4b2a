"""The page about credentials says what the code does: exit codes, variables, commands."""

import re
from pathlib import Path

import pytest

from cyara_auth.errors import CredentialFormatError, CredentialRejectedError, ProbeWaitTimeoutError
from cyara_tools.cli.exit_codes import EXPECTED, ExitCode, exit_code_of
from cyara_tools.cli.own_commands import OWN, OwnGroup

PAGE = Path(__file__).parents[3] / "docs" / "credentials.md"
SOURCES = Path(__file__).parents[3] / "auth_ext" / "cyara_auth"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_exit_codes_are_documented(page: str) -> None:
    documented = {int(code): name for code, name in re.findall(r"^\| (\d+) \| (\w+) \|", page, re.MULTILINE)}
    assert documented == {code.value: code.name for code in ExitCode}


def test_variables_of_the_credential_are_documented(page: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (SOURCES / "providers").glob("*.py")]
    used = {name for text in texts for name in re.findall(r'= "(CYARA_[A-Z_]+)"', text)}
    assert {"CYARA_API_CREDENTIAL", "CYARA_PROFILE", "CYARA_CREDENTIAL_COMMAND"} <= used
    assert {name for name in used if name not in page} == set()


def test_commands_are_documented(page: str) -> None:
    auth = OWN["auth"]
    assert isinstance(auth, OwnGroup)
    rotate = auth.commands["rotate"]
    assert isinstance(rotate, OwnGroup)
    assert set(rotate.commands) == {"begin", "commit", "abort"}
    assert {"login", "status", "verify", "doctor", "remote-sync-key"} <= set(auth.commands)
    for command in ("login", "status", "verify", "rotate begin", "reset --regenerated", "doctor", "remote-sync-key"):
        assert f"cyara auth {command}" in page


@pytest.mark.parametrize("kind", EXPECTED)
def test_every_expected_error_has_a_code_of_its_own_kind(kind: type[BaseException]) -> None:
    assert exit_code_of(kind.__new__(kind)) is not ExitCode.OK


def test_special_errors_come_before_their_parents() -> None:
    assert exit_code_of(CredentialRejectedError()) is ExitCode.REJECTED
    assert exit_code_of(ProbeWaitTimeoutError()) is ExitCode.REFUSED
    assert exit_code_of(CredentialFormatError("x", reason="empty", length=0)) is ExitCode.NO_CREDENTIAL

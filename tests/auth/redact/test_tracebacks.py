"""A crash reporter that prints the local variables of every frame finds no secret in ours.

The secrets here are good ones with one slip (the lost `=` of a double click): they are refused, so an error is raised
with them at hand, and yet they are as worth stealing as any.
"""

import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import keyring
import keyring.backend
import pytest

from cyara_auth import connect
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CyaraAuthError
from cyara_auth.providers.private_file import write_private

BASE_URL = "https://portal.example"


class OneEntry(keyring.backend.KeyringBackend):
    priority = 1.0

    def __init__(self, text: str | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own, without annotations
        self.text = text

    def get_password(self, service: str, username: str) -> str | None:
        del service, username
        return self.text

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("CYARA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CYARA_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CYARA_BASE_URL", BASE_URL)
    monkeypatch.setenv("CYARA_STRIKE_STORE", "memory:")
    monkeypatch.setattr(keyring.core, "_keyring_backend", OneEntry(None))


@pytest.fixture
def spoilt(credential: ApiCredential) -> str:
    return credential.pair_text().removesuffix("=")


def in_variable(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del tmp_path
    monkeypatch.setenv("CYARA_API_CREDENTIAL", spoilt)


def in_two_variables(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del tmp_path
    key, token = spoilt.split(":")
    monkeypatch.setenv("CYARA_API_KEY", key)
    monkeypatch.setenv("CYARA_API_TOKEN", token)


def half_set(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del tmp_path
    monkeypatch.setenv("CYARA_API_TOKEN", spoilt.split(":")[1])


def in_file(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del monkeypatch
    write_private(tmp_path / "config" / "profiles" / "portal.example.json", spoilt)


def in_json(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    in_file(monkeypatch, json.dumps({"credential": spoilt}), tmp_path)


def in_broken_json(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    in_file(monkeypatch, json.dumps({"credential": spoilt})[:-1], tmp_path)


def in_file_of_another_portal(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    stored = {"credential": f"{spoilt}=", "base_url": "https://other.example/cyarawebapi"}
    in_file(monkeypatch, json.dumps(stored), tmp_path)


def in_output(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del tmp_path
    monkeypatch.setenv("CYARA_CREDENTIAL_COMMAND", f"/bin/echo {spoilt}")


def in_environment_of_a_command(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del tmp_path
    monkeypatch.setenv("VAULT_TOKEN", spoilt)
    monkeypatch.setenv("CYARA_CREDENTIAL_COMMAND_ENV", "VAULT_TOKEN")
    monkeypatch.setenv("CYARA_CREDENTIAL_COMMAND", "/no/such/program")


def in_keyring(monkeypatch: pytest.MonkeyPatch, spoilt: str, tmp_path: Path) -> None:
    del tmp_path
    monkeypatch.setattr(keyring.core, "_keyring_backend", OneEntry(spoilt))


@pytest.mark.parametrize(
    "place",
    [
        in_variable,
        in_two_variables,
        half_set,
        in_file,
        in_json,
        in_broken_json,
        in_file_of_another_portal,
        in_output,
        in_environment_of_a_command,
        in_keyring,
    ],
)
def test_row_87_locals_of_a_refused_credential(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    spoilt: str,
    place: Callable[[pytest.MonkeyPatch, str, Path], None],
) -> None:
    place(monkeypatch, spoilt, tmp_path)
    with pytest.raises(CyaraAuthError) as caught:
        connect()
    shown = [str(caught.value), repr(vars(caught.value))]
    error: BaseException | None = caught.value
    while error is not None:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]
        assert frames
        shown += [repr(value) for frame in frames for value in frame.f_locals.values()]
        error = error.__context__
    key, token = spoilt.split(":")
    assert not any(half in text for text in shown for half in (key, token))

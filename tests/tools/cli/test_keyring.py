"""The command line with a keyring that works: a back end of our own in the program, which keeps a JSON file."""

import json
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program

BACK_END = """
import json, os, pathlib
import keyring.backend, keyring.errors

class FileRing(keyring.backend.KeyringBackend):
    priority = 1
    path = pathlib.Path(os.environ["RING"])

    def _entries(self):
        if (self.path.parent / "locked").exists():
            raise keyring.errors.KeyringLocked("locked")
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._entries().get(f"{service} {username}")

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps(self._entries() | {f"{service} {username}": password}))

    def delete_password(self, service, username):
        entries = self._entries()
        del entries[f"{service} {username}"]
        self.path.write_text(json.dumps(entries))
"""


@pytest.fixture
def ring(program: Program) -> Path:
    """The keyring's file, which the program uses from here on."""
    (program.home / "ring_back_end.py").write_text(BACK_END)
    program.environ |= {
        "PYTHON_KEYRING_BACKEND": "ring_back_end.FileRing",
        "PYTHONPATH": str(program.home),
        "RING": str(program.home / "ring.json"),
    }
    return program.home / "ring.json"


def entries(ring: Path) -> dict[str, str]:
    stored = json.loads(ring.read_text())
    return {name: json.loads(text)["credential"] for name, text in stored.items()}


def test_login_rotate_and_change_of_place(program: Program, portal: LocalPortal, ring: Path) -> None:
    facts = program("login", "--json", text=portal.credential).facts
    assert facts["stored_in"] == f"keyring entry {program.profile.stem}"
    assert entries(ring) == {f"cyara-client {program.profile.stem}": portal.credential}
    assert not program.profile.exists()
    assert program("verify").code == 0
    assert program("rotate", "begin", "--longest", "0").code == 0
    new = program.regenerate()
    facts = program("rotate", "commit", "--json", text=new).facts
    assert facts["stored_in"].startswith("keyring entry")
    assert list(entries(ring).values()) == [new]
    assert program("login", "--place", "file", text=new).code == 0
    assert entries(ring) == {}
    assert program.profile.exists()
    assert program("login", "--place", "keyring", text=new).code == 0
    assert not program.profile.exists()
    assert program("verify").code == 0
    assert portal.invalid_calls == 0


def test_row_30_locked_keyring_stops_the_search(program: Program, portal: LocalPortal, ring: Path) -> None:
    program.log_in()
    (ring.parent / "locked").touch()
    locked = program("verify")
    assert locked.code == 3
    assert "The keyring is locked" in locked.err
    assert portal.arrivals == 0
    assert program("login", "--place", "keyring", text=portal.credential).code == 3
    (ring.parent / "locked").unlink()
    assert program("verify").code == 0

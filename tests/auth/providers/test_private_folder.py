"""One judge of folders, for credentials and strikes alike: who else could replace a file of ours in there."""

import os
import stat
import sys
from pathlib import Path

import pytest

from cyara_auth._platform.files import create_private, others_can_replace
from cyara_auth.errors import CredentialPermissionsError
from cyara_auth.providers.private_file import read_private, write_private

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes and owners")
ME, NEIGHBOUR, ROOT = 1000, 1001, 0


@pytest.mark.parametrize(
    ("mode", "owner", "replaceable", "with_trusted_owner"),
    [
        (0o700, ME, False, False),
        (0o755, ME, False, False),
        (0o775, ME, True, True),
        (0o757, ME, True, True),
        (0o1777, ME, False, False),
        (0o1777, ROOT, False, False),
        (0o1777, NEIGHBOUR, True, False),
        (0o777, ROOT, True, True),
        (0o755, NEIGHBOUR, True, False),
    ],
)
def test_who_can_replace_files(
    monkeypatch: pytest.MonkeyPatch, mode: int, owner: int, *, replaceable: bool, with_trusted_owner: bool
) -> None:
    facts = os.stat_result((stat.S_IFDIR | mode, 1, 1, 2, owner, owner, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda _self: facts)
    monkeypatch.setattr(os, "geteuid", lambda: ME)
    assert others_can_replace(Path("folder")) is replaceable
    assert others_can_replace(Path("folder"), trust_owner=True) is with_trusted_owner


def test_a_sticky_folder_keeps_our_files(tmp_path: Path) -> None:
    folder = tmp_path / "like_tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    write_private(folder / "credential", "text")
    assert read_private(folder / "credential", max_bytes=10) == b"text"
    create_private(folder / "store", fill=Path.touch)


def test_in_a_sticky_folder_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    tmp_path.chmod(0o1777)
    (tmp_path / "credential").touch(0o600)
    os.chown(tmp_path / "credential", NEIGHBOUR, NEIGHBOUR)
    with pytest.raises(CredentialPermissionsError, match="belongs to another user"):
        read_private(tmp_path / "credential", max_bytes=10)

"""Downloads: in place only when complete, and nothing left behind otherwise."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from generated_kit import Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generated_kit import Wire

    Zoo = Callable[[str], Any]

CONTENT = os.urandom(300_000)
FACES = ["sync", "async"]


def _download(zoo: Zoo, wire: Wire, face: str, path: Path, **options: Any) -> Any:
    resources = zoo("resources")
    if face == "sync":
        return resources.SyncResources(wire).files.get_file_to_file(path, **options)
    return wire.run(resources.AsyncResources(wire).files.get_file_to_file(path, **options))


def _file(**more: Any) -> Reply:
    return Reply(200, CONTENT, "application/octet-stream", **more)


@pytest.mark.parametrize("face", FACES)
def test_a_file_arrives(zoo: Zoo, wire: Wire, face: str, tmp_path: Path) -> None:
    wire.answer = lambda _: _file()
    target = tmp_path / "test.bin"
    target.write_bytes(b"old")
    told: list[tuple[int, int | None]] = []
    digest = hashlib.sha256(CONTENT).hexdigest().upper()
    options = {"progress": lambda *now: told.append(now), "max_bytes": len(CONTENT), "sha256": digest}
    assert _download(zoo, wire, face, target, **options) == target
    assert target.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("reply", "options", "error", "text"),
    [
        (_file(), {"max_bytes": 299_999}, "DownloadError", "larger than 299999 bytes"),
        (_file(), {"sha256": "0" * 64}, "DownloadError", "SHA-256"),
        (Reply(404), {}, "NotFound", "answered 404"),
    ],
    ids=["too large", "wrong hash", "not there"],
)
def test_what_goes_wrong_leaves_the_old_file(
    zoo: Zoo, wire: Wire, tmp_path: Path, face: str, *, reply: Reply, options: dict[str, Any], error: str, text: str
) -> None:
    wire.answer = lambda _: reply
    target = tmp_path / "test.bin"
    target.write_bytes(b"old")
    with pytest.raises(getattr(zoo("errors"), error), match=text):
        _download(zoo, wire, face, target, **options)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("face", FACES)
def test_a_cut_connection_leaves_nothing(zoo: Zoo, wire: Wire, tmp_path: Path, face: str) -> None:
    wire.answer = lambda _: _file(cut=True)
    with pytest.raises(zoo("errors").DownloadError, match=r"broke off after \d+ of 300000 bytes") as caught:
        _download(zoo, wire, face, tmp_path / "test.bin")
    assert isinstance(caught.value.__cause__, httpx.RemoteProtocolError)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(zoo: Zoo, wire: Wire, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    wire.answer = lambda _: _file()
    with pytest.raises(KeyboardInterrupt):
        _download(zoo, wire, "sync", tmp_path / "test.bin", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("face", FACES)
def test_a_path_where_no_file_can_be_is_refused_before_anything_is_sent(
    zoo: Zoo, wire: Wire, face: str, tmp_path: Path
) -> None:
    wire.answer = lambda _: _file()
    error = zoo("errors").DownloadError
    for path, text in ((tmp_path, "is a folder"), (tmp_path / "missing" / "test.bin", "does not exist")):
        with pytest.raises(error, match=f"{text}; nothing was sent"):
            _download(zoo, wire, face, path)
    assert wire.seen == []

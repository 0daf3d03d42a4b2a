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
    reports: list[tuple[int, int | None]] = []
    digest = hashlib.sha256(CONTENT).hexdigest().upper()
    options = {"progress": lambda *now: reports.append(now), "max_bytes": len(CONTENT), "sha256": digest}
    assert _download(zoo, wire, face, target, **options) == target
    assert target.read_bytes() == CONTENT
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("reply", "options", "error", "text"),
    [
        (_file(), {"max_bytes": 299_999}, "DownloadError", "larger than 299999 bytes"),
        (_file(), {"sha256": "0" * 64}, "DownloadError", "SHA-256"),
        (Reply(404), {}, "NotFound", "answered 404"),
        (Reply.of({"error": "no"}), {}, "DownloadError", "application/json came instead of application/octet-stream"),
        (Reply(200, b"<html>", "text/html"), {}, "DownloadError", "text/html came instead of"),
    ],
    ids=["too large", "wrong hash", "not there", "a message", "a page"],
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
    assert wire.requests == []


@pytest.mark.skipif(os.name == "nt", reason="modes, links and devices of Windows are others")
@pytest.mark.parametrize("face", FACES)
def test_a_file_is_made_like_any_other(zoo: Zoo, wire: Wire, face: str, tmp_path: Path) -> None:
    wire.answer = lambda _: _file()
    fresh, old, link = tmp_path / "plain.bin", tmp_path / "old.bin", tmp_path / "link.bin"
    old.write_bytes(b"old")
    old.chmod(0o640)
    link.symlink_to(old)
    (tmp_path / "reference").touch()
    assert _download(zoo, wire, face, fresh) == fresh
    assert fresh.stat().st_mode == (tmp_path / "reference").stat().st_mode
    assert _download(zoo, wire, face, link) == link
    assert link.is_symlink()
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (CONTENT, 0o640)
    longest = tmp_path / f"{'n' * 250}.bin"
    assert _download(zoo, wire, face, longest).read_bytes() == CONTENT
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    calls = len(wire.requests)
    with pytest.raises(zoo("errors").DownloadError, match="no file; nothing was sent"):
        _download(zoo, wire, face, pipe)
    assert len(wire.requests) == calls

"""`build --release`: a release again, with the version and the earlier names that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from pipeline.archive import latest
from pipeline.document.document import dump_json
from pipeline.release.texts import with_version

if TYPE_CHECKING:
    from pipeline.job import BuildRequest


def as_released(request: BuildRequest) -> BuildRequest:
    """Return a request for an archived release with what belongs to it beside the document; any other as it is.

    Raises:
        ReleaseError: there is no such release, or pyproject.toml has no place for the version.
    """
    if request.release is None:
        return request
    release = latest(request.repository, request.release)
    files = {"openapi/aliases.json": dump_json(release.aliases)}
    project = request.target.root / "pyproject.toml"
    # Without its version, a package of the older platform would call itself by that of the newest one. A folder of
    # `--into` gets the client alone, and is no project.
    if project.exists():
        files[project.name] = with_version(project.read_text(encoding="utf-8"), release.version).encode()
    # Only what differs: a request with other files never counts as unchanged.
    changed = {name: content for name, content in files.items() if _content(request, name) != content}
    return evolve(request, platform=release.label, also={**changed, **request.also})


def _content(request: BuildRequest, name: str) -> bytes | None:
    path = request.target.root / name
    return path.read_bytes() if path.exists() else None

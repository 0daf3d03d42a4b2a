"""In which folder a campaign lies, where the portal says so.

No public source shows a campaign's folder. So whatever a document calls it is read: a path, or the number of a folder
that the portal's directories have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_auth.errors import OperationUnavailableError
from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.fields import as_json, field, identity, is_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_auth.client.cyara import Cyara

_PATHS = ("folderpath", "directorypath", "path", "foldername", "folder", "directory")
_NUMBERS = ("folderid", "parentfolderid", "directoryid")
_DIRECTORY = "Campaign"


async def folder_paths(cyara: Cyara, campaigns: Sequence[Any]) -> list[str | None]:
    """Return the path of each campaign's folder, with `/` between its parts; None where it has none.

    Args:
        cyara: the client.
        campaigns: campaigns as the portal lists them, as JSON.

    Raises:
        OperationUnavailableError: the portal says of no campaign in which folder it lies.
    """
    paths = [_path(campaign) for campaign in campaigns]
    if any(paths):
        return paths
    numbers = [identity(field(campaign, *_NUMBERS)) for campaign in campaigns]
    if any(numbers) and has_method(cyara.aio, "directories", "get_folders", "directory_type"):
        folders = as_json(await find_method(cyara.aio, "directories", "get_folders")(directory_type=_DIRECTORY))
        known = _paths_by_number([as_json(folder) for folder in folders] if is_array(folders) else [])
        return [known.get(number) if number else None for number in numbers]
    raise OperationUnavailableError(
        "The portal does not say in which folder a campaign lies, so --folder selects nothing. Nothing was started. "
        "Next: select by number, --name or --plan-type, or by a suite file"
    )


def is_below(path: str, folder: str) -> bool:
    """Say whether a path is a folder or lies below it, without case, whichever slash stands between its parts."""
    parts, wanted = _parts(path), _parts(folder)
    return bool(wanted) and parts[: len(wanted)] == wanted


def _parts(path: str) -> list[str]:
    return [part.strip().casefold() for part in path.replace("\\", "/").split("/") if part.strip()]


def _path(campaign: Any) -> str | None:
    found = field(campaign, *_PATHS)
    inner = field(found, "path", "fullpath", "name")
    text = inner if isinstance(inner, str) else found
    return text if isinstance(text, str) and text.strip() else None


def _paths_by_number(folders: Sequence[Any]) -> dict[str, str]:
    """Return the path of each folder by its number; the root has no name."""
    numbers = {identity(field(folder, "folderid", "id")): folder for folder in folders}

    def path(number: str | None, depth: int = 0) -> list[str]:
        folder = numbers.get(number)
        # A circle would be the portal's mistake, and must not be ours.
        if folder is None or depth > len(numbers):
            return []
        name = field(folder, "name")
        above = path(identity(field(folder, "parentfolderid", "parentid")), depth + 1)
        return [*above, str(name)] if name else above

    return {number: "/".join(path(number)) for number in numbers if number is not None}

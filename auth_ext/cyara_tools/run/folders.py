"""Which campaigns belong to a folder.

No public source shows a campaign's folder. So whatever a document calls it is read: a path, or the number of a folder
that the portal's directories have. Where the portal says nothing such, a campaign belongs to the folders of the test
cases that it calls: these were observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_auth.errors import OperationUnavailableError
from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.completeness import listed_test_cases
from cyara_auth.workflows.fields import as_json, field, identity, is_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_auth.client.cyara import Cyara

_PATHS = ("folderpath", "directorypath", "path", "foldername", "folder", "directory")
_NUMBERS = ("folderid", "parentfolderid", "directoryid")
_CAMPAIGNS = "Campaign"
_TEST_CASES = "TestCase"


async def in_folder(cyara: Cyara, campaigns: Sequence[Any], folder: str) -> list[bool]:
    """Say of each campaign whether it belongs to a folder or to one below it.

    Args:
        cyara: the client.
        campaigns: campaigns as the portal lists them, as JSON.
        folder: path, with `/` or a backslash between its parts.

    Raises:
        OperationUnavailableError: neither a folder nor the test cases of a campaign can be asked for.
    """
    paths = await _paths(cyara, campaigns)
    if any(paths):
        return [bool(path) and is_below(path or "", folder) for path in paths]
    wanted = await _test_cases_in(cyara, folder)
    # Only who has something to look for pays a call for each campaign.
    return [bool(wanted and wanted & await _test_cases_of(cyara, campaign)) for campaign in campaigns]


async def _paths(cyara: Cyara, campaigns: Sequence[Any]) -> list[str | None]:
    """Return the path of each campaign's own folder; None where the portal tells of none."""
    paths = [_path(campaign) for campaign in campaigns]
    numbers = [identity(field(campaign, *_NUMBERS)) for campaign in campaigns]
    if any(paths) or not any(numbers) or not has_method(cyara.aio, "directories", "get_folders", "directory_type"):
        return paths
    known = await _folders(cyara, _CAMPAIGNS)
    return [known.get(number) if number else None for number in numbers]


async def _test_cases_in(cyara: Cyara, folder: str) -> set[str]:
    """Return the numbers of the test cases in a folder and below it."""
    for method in ("get_folders", "iter_folder_contents"):
        if not has_method(cyara.aio, "directories", method, "directory_type"):
            raise OperationUnavailableError(
                f"This client's document has no `directories.{method}`, and the portal does not say in which folder a "
                "campaign lies. Nothing was started. Next: select by number, --name or --plan-type, or by a suite file"
            )
    contents = find_method(cyara.aio, "directories", "iter_folder_contents")
    found: set[str] = set()
    for number, path in (await _folders(cyara, _TEST_CASES)).items():
        if is_below(path, folder):
            async for item in contents(directory_type=_TEST_CASES, folder_id=int(number)):
                found |= _numbers_of([as_json(item)])
    return found


async def _test_cases_of(cyara: Cyara, campaign: Any) -> set[str]:
    """Return the numbers of the test cases that a campaign calls."""
    number = identity(field(campaign, "campaignid", "id"))
    listed = listed_test_cases(campaign)
    if listed is None and number and has_method(cyara.aio, "campaigns", "get_campaign", "campaign_id"):
        listed = listed_test_cases(await find_method(cyara.aio, "campaigns", "get_campaign")(campaign_id=int(number)))
    return _numbers_of(listed or [])


def _numbers_of(cases: Sequence[Any]) -> set[str]:
    return {number for case in cases if (number := identity(field(case, "testcaseid", "id")) or identity(case))}


async def _folders(cyara: Cyara, directory: str) -> dict[str, str]:
    """Return the path of each folder of a directory by its number."""
    answer = as_json(await find_method(cyara.aio, "directories", "get_folders")(directory_type=directory))
    return _paths_by_number([as_json(folder) for folder in answer] if is_array(answer) else [])


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

"""`--folder` at portals that say in which folder a campaign lies, each in its own way."""

import asyncio
from typing import Any

import pytest

from cyara_auth.errors import OperationUnavailableError
from cyara_tools.run.folders import folder_paths

TREE = [
    {"folderId": 1, "parentFolderId": None, "name": None},
    {"folderId": 2, "parentFolderId": 1, "name": "Nightly"},
    {"folderId": 3, "parentFolderId": 2, "name": "Europe"},
    {"folderId": 4, "parentFolderId": 4, "name": "Circle"},
]


class Directories:
    async def get_folders(self, *, directory_type: str) -> list[dict[str, Any]]:
        assert directory_type == "Campaign"
        return TREE


class Resources:
    directories = Directories()


class Client:
    """What a client of another document has."""

    aio = Resources()


def paths(*campaigns: dict[str, Any]) -> list[str | None]:
    return asyncio.run(folder_paths(Client(), list(campaigns)))  # type: ignore[arg-type]  # it has what is asked


def test_a_path_is_taken_as_it_is():
    assert paths({"folderPath": "Nightly/Europe"}, {"folderPath": None}) == ["Nightly/Europe", None]
    assert paths({"folder": {"path": "Nightly"}}) == ["Nightly"]


def test_a_number_is_looked_up_in_the_directories():
    found = paths({"folderId": 3}, {"folderId": 2}, {"folderId": 1}, {"folderId": 9}, {})
    assert found == ["Nightly/Europe", "Nightly", "", None, None]


def test_folders_in_a_circle_end():
    assert (paths({"folderId": 4})[0] or "").startswith("Circle")


def test_where_nothing_is_said_nothing_is_guessed():
    with pytest.raises(OperationUnavailableError, match="select by number"):
        paths({"campaignId": 1})

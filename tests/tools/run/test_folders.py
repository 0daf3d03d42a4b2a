"""`--folder` at portals that say in which folder a campaign lies, each in its own way."""

import asyncio
from typing import Any

import pytest

from cyara_auth.errors import OperationUnavailableError
from cyara_tools.run.folders import in_folder

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


def inside(folder: str, *campaigns: dict[str, Any]) -> list[bool]:
    return asyncio.run(in_folder(Client(), list(campaigns), folder))  # type: ignore[arg-type]  # it has what is asked


def test_a_path_is_taken_as_it_is():
    assert inside("nightly", {"folderPath": "Nightly/Europe"}, {"folderPath": None}) == [True, False]
    assert inside("Nightly", {"folder": {"path": "Nightly"}}) == [True]


def test_a_number_is_looked_up_in_the_directories():
    campaigns = ({"folderId": 3}, {"folderId": 2}, {"folderId": 1}, {"folderId": 9}, {})
    assert inside("Nightly", *campaigns) == [True, True, False, False, False]
    assert inside("Nightly/Europe", *campaigns) == [True, False, False, False, False]


def test_folders_in_a_circle_end():
    assert inside("Circle", {"folderId": 4}) == [True]


def test_where_nothing_is_said_and_test_cases_cannot_be_asked_nothing_is_guessed():
    with pytest.raises(OperationUnavailableError, match="select by number"):
        inside("Nightly", {"campaignId": 1})

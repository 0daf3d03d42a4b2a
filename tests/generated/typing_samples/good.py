"""Code as a user of the zoo's client would write it; both type checkers have to agree with every line."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

from zoo_client import UNSET, ApiClient, ApiError, File, Response, Unset
from zoo_client.api.animals import create_animal, get_animal, get_animals
from zoo_client.api.files import get_file, put_raw, upload
from zoo_client.api.kinds import delete_nothing, get_anything, get_pet, get_word
from zoo_client.api.lists import get_array
from zoo_client.models import Animal, AnimalLinks, Cat, Dog, Keeper, Mood, Size, UploadBody
from zoo_client.operations import OPERATIONS, Operation
from zoo_client.resources import AsyncResources, SyncResources


def endpoints(client: ApiClient) -> None:
    assert_type(get_animal.sync(1, "2", client=client), Animal)
    assert_type(get_animal.sync_detailed(1, "2", client=client), Response[Animal])
    assert_type(get_animals.sync(1, client=client, pageno=2, mood=Mood.CALM), AnimalLinks)
    assert_type(get_array.sync(client=client), list[Animal])
    assert_type(get_pet.sync(client=client), Cat | Dog)
    assert_type(get_word.sync(client=client), str)
    assert_type(get_anything.sync(client=client), Any)
    assert_type(get_file.sync(client=client), bytes)
    delete_nothing.sync(client=client)
    put_raw.sync(client=client, body=b"bytes")
    put_raw.sync(client=client, body=File(b"bytes"))
    upload.sync(client=client, body=UploadBody(file=File(b"x", "x.xml"), note="hello"))


async def in_a_loop(client: ApiClient) -> None:
    assert_type(await get_animal.asyncio(1, "2", client=client), Animal)
    assert_type(await get_animal.asyncio_detailed(1, "2", client=client), Response[Animal])


def models(client: ApiClient) -> None:
    animal = Animal(
        animal_id=1, name="Leo", mood=Mood.WILD, naps=datetime.timedelta(hours=1), keeper=Keeper(name="Ann")
    )
    assert_type(create_animal.sync(1, client=client, body=animal), Animal)
    assert_type(Animal.from_dict({}), Animal)
    assert_type(animal.to_dict(), dict[str, Any])
    if animal.born is not UNSET:
        assert_type(animal.born, datetime.datetime)
    if animal.keeper:
        assert_type(animal.keeper.name, str)
    if not isinstance(animal.mood, Unset) and animal.mood:
        assert_type(animal.mood.is_known, bool)
        if str(animal.mood) == "Sleepy":
            print(animal.mood.value)
    assert_type(Size(99).value, int)
    for friend in animal.friends or []:
        assert_type(friend.name, str)


def errors(client: ApiClient) -> str:
    try:
        get_animal.sync(1, "2", client=client)
    except ApiError as error:
        assert_type(error.status_code, int)
        assert_type(error.retry_after, float | None)
        return error.operation_id
    operation: Operation = OPERATIONS["GetAnimal"]
    return operation.path


def resources(client: ApiClient) -> None:
    cyara = SyncResources(client)
    assert_type(cyara.animals.get_animal(animal_id="2"), Animal)
    assert_type(cyara.animals.iter_animals(limit=10, on_page=lambda page: print(page.total)), Iterator[Animal])
    for animal in cyara.lists.iter_by_cursor(page_size=50):
        assert_type(animal.name, str)


async def async_resources(client: ApiClient) -> None:
    cyara = AsyncResources(client)
    assert_type(await cyara.animals.get_animal(account_id=1, animal_id="2"), Animal)
    assert_type(cyara.animals.iter_animals(), AsyncIterator[Animal])
    async for animal in cyara.lists.iter_pages():
        assert_type(animal, Animal)

"""Mistakes that a type checker has to find; each line that ends with `# error` has exactly one, the others none."""

from __future__ import annotations

from zoo_client import ApiClient
from zoo_client.api.animals import get_animal
from zoo_client.models import Animal, Mood
from zoo_client.resources import SyncResources


def mistakes(client: ApiClient) -> None:
    get_animal.sync("one", "2", client=client)  # error
    get_animal.sync(1, "2")  # error
    Animal(name="Leo")  # error
    Animal(1, "Leo")  # error
    Animal(animal_id=1, name="Leo", mod=Mood.CALM)  # error
    print(get_animal.sync(1, "2", client=client).nme)  # error
    print(get_animal.sync_detailed(1, "2", client=client).parsed.name)  # error
    SyncResources(client).animals.get_anmal(animal_id="2")  # error
    SyncResources(client).animals.get_animal("2")  # error
    SyncResources(client).annimals.get_animal(animal_id="2")  # error
    print(Animal(animal_id=1, name="Leo").keeper.name)  # error

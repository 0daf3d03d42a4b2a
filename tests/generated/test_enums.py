"""Open enumerations: members of tomorrow are values like any other."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Zoo = Callable[[str], Any]


def test_known_members_are_members(zoo: Zoo) -> None:
    mood = zoo("models").Mood
    assert [member.value for member in mood] == ["Calm", "Wild", "in-between"]
    assert mood("Wild") is mood.WILD
    assert mood.WILD.is_known


@pytest.mark.parametrize(("name", "value"), [("Mood", "Sleepy"), ("Mood", ""), ("Size", 99), ("Size", -1)])
def test_unknown_values_are_kept(zoo: Zoo, name: str, value: object) -> None:
    enum = getattr(zoo("models"), name)
    unknown = enum(value)
    assert isinstance(unknown, enum)
    assert isinstance(unknown, type(value))
    assert unknown == value
    assert hash(unknown) == hash(value)
    assert not unknown.is_known
    assert unknown.value == value
    assert unknown not in list(enum)
    assert f"{unknown}" == str(value)
    for copied in (pickle.loads(pickle.dumps(unknown)), copy.deepcopy(unknown)):  # noqa: S301 - made here
        assert copied == value
        assert isinstance(copied, enum)
    assert {value: 1}[unknown] == 1


def test_text_enums_equal_plain_text(zoo: Zoo) -> None:
    mood = zoo("models").Mood
    assert mood.CALM == "Calm"
    assert {"Calm": 1}[mood.CALM] == 1
    assert str(mood.CALM) == "Calm"


def test_int_enums_have_the_names_of_the_document(zoo: Zoo) -> None:
    size = zoo("models").Size
    assert [member.name for member in size] == ["SMALL", "MIDDLE", "LARGE"]
    assert size.SMALL == 0


def test_a_number_in_place_of_a_name_is_kept_as_that_number(zoo: Zoo) -> None:
    unknown = zoo("models").Mood(7)
    assert isinstance(unknown, zoo("models").Mood)
    assert (unknown, unknown.value, unknown.is_known) == ("7", 7, False)
    assert (repr(unknown), f"{unknown}", str(unknown)) == ("<Mood.7: 7>", "7", "7")
    assert repr(zoo("models").Mood.CALM) == "<Mood.CALM: 'Calm'>"
    assert zoo("models").Animal.from_dict({"animalId": 1, "name": "x", "mood": 7}).to_dict()["mood"] == 7
    assert pickle.loads(pickle.dumps(unknown)).value == 7  # noqa: S301 - made here
    with pytest.raises(ValueError, match="True"):
        zoo("models").Mood(True)  # noqa: FBT003 - what may come as JSON


@pytest.mark.parametrize("sent", ["Large", "LARGE", "2"])
def test_a_server_may_send_names_of_int_enums(zoo: Zoo, sent: str) -> None:
    assert zoo("models").Size(sent) is zoo("models").Size.LARGE


def test_an_unknown_value_does_not_become_a_member(zoo: Zoo) -> None:
    mood = zoo("models").Mood
    before = len(mood)
    for number in range(100):
        mood(f"new {number}")
    assert (len(mood), len(mood._value2member_map_)) == (before, before)

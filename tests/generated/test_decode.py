"""Reading answers: nothing that .NET sends kills one, and what cannot be read says where."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import traceback
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    Zoo = Callable[[str], Any]

FULL = {
    "animalId": 1,
    "name": "Leo",
    "mood": "Calm",
    "size": 2,
    "born": "2019-04-26T21:15:11.8071332Z",
    "vaccinated": "2020-02-03",
    "naps": "1.02:03:04.5000000",
    "chip": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    "keeper": {"name": "Ann"},
    "friends": [{"animalId": 2, "name": "Mia"}],
    "moods": ["Wild", "in-between"],
    "field": "meadow",
    "class": "mammal",
}


def test_every_kind_of_field_becomes_its_python_type(zoo: Zoo) -> None:
    animal = zoo("models").Animal.from_dict(FULL)
    assert animal.mood is zoo("models").Mood.CALM
    assert animal.size is zoo("models").Size.LARGE
    assert animal.born == dt.datetime(2019, 4, 26, 21, 15, 11, 807133, tzinfo=dt.UTC)
    assert animal.vaccinated == dt.date(2020, 2, 3)
    assert animal.naps == dt.timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500)
    assert animal.chip == uuid.UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")
    assert animal.keeper.name == "Ann"
    assert animal.friends[0].name == "Mia"
    assert animal.moods == ["Wild", "in-between"]
    assert animal.field == "meadow"
    assert animal.class_ == "mammal"


def test_what_was_read_is_written_back(zoo: Zoo) -> None:
    written = zoo("models").Animal.from_dict(FULL).to_dict()
    assert written == {**FULL, "born": "2019-04-26T21:15:11.807133Z"}  # Python has no tenth of a microsecond


@pytest.mark.parametrize("field", sorted(FULL))
def test_null_is_accepted_wherever_it_comes(zoo: Zoo, field: str) -> None:
    sent = {**FULL, field: None}
    assert zoo("models").Animal.from_dict(sent).to_dict()[field] is None


@pytest.mark.parametrize(("sent", "read"), [("5", 5), ("-7", -7), ("007", "007"), ("five", "five"), ("1" * 5000, None)])
def test_numbers_may_come_as_text(zoo: Zoo, sent: str, read: object) -> None:
    animal = zoo("models").Animal.from_dict({"animalId": sent, "name": "Leo"})
    assert animal.animal_id == (sent if read is None else read)


def test_null_inside_arrays_is_accepted(zoo: Zoo) -> None:
    animal = zoo("models").Animal.from_dict({**FULL, "friends": [None], "moods": [None]})
    assert (animal.friends, animal.moods) == ([None], [None])


def test_absent_fields_stay_absent(zoo: Zoo) -> None:
    animal = zoo("models").Animal.from_dict({"animalId": 1, "name": "Leo"})
    assert animal.mood is zoo("types").UNSET
    assert animal.to_dict() == {"animalId": 1, "name": "Leo"}


def test_unknown_fields_are_kept_and_written_back(zoo: Zoo) -> None:
    sent = {**FULL, "shoeSize": {"left": 4}}
    animal = zoo("models").Animal.from_dict(sent)
    assert animal.additional_properties == {"shoeSize": {"left": 4}}
    assert animal.to_dict()["shoeSize"] == {"left": 4}


def test_typed_additional_properties(zoo: Zoo) -> None:
    counts = zoo("models").Counts.from_dict({"a": {"name": "Ann"}, "b": None})
    assert counts.additional_properties["a"].name == "Ann"
    assert counts.to_dict() == {"a": {"name": "Ann"}, "b": None}


@pytest.mark.parametrize(("kind", "name"), [("feline", "Cat"), ("canine", "Dog")])
def test_the_discriminator_chooses_the_member(zoo: Zoo, kind: str, name: str) -> None:
    pet = zoo("_decode").decode(zoo("_annotations").resolve("Cat | Dog"), {"kind": kind})
    assert type(pet).__name__ == name


@pytest.mark.parametrize(
    ("more", "name"), [({"tricks": ["sit"]}, "Dog"), ({"lives": 9}, "Cat")], ids=["tricks", "lives"]
)
def test_without_a_known_discriminator_the_fields_choose(zoo: Zoo, more: dict[str, Any], name: str) -> None:
    for union in ("Cat | Dog", "Dog | Cat"):
        pet = zoo("_decode").decode(zoo("_annotations").resolve(union), {"kind": "new", **more})
        assert type(pet).__name__ == name


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], r"\$: Animal expected, an array"),
        ("secret-text", r"\$: Animal expected, text"),
        ({"name": "Leo"}, r"\$\.animalId: Animal requires it"),
        ({**FULL, "born": "secret-text"}, r"\$\.born: datetime expected, text"),
        ({**FULL, "naps": "secret-text"}, r"\$\.naps: timedelta expected"),
        ({**FULL, "friends": {"secret-text": 1}}, r"\$\.friends: an array expected, an object"),
        ({**FULL, "friends": "secret-text"}, r"\$\.friends: an array expected, text"),
        ({**FULL, "friends": [FULL, {**FULL, "chip": "secret-text"}]}, r"\$\.friends\[1\]\.chip: UUID expected"),
        ({**FULL, "moods": [{}]}, r"\$\.moods\[0\]: Mood expected, an object"),
    ],
    ids=range(9),
)
def test_what_cannot_be_read_says_where_and_never_what(zoo: Zoo, value: object, place: str) -> None:
    with pytest.raises(zoo("errors").DecodingError, match=place) as caught:
        zoo("models").Animal.from_dict(value)
    assert "secret-text" not in "".join(traceback.format_exception(caught.value))


def test_models_can_be_pickled_copied_and_compared(zoo: Zoo) -> None:
    animal = zoo("models").Animal.from_dict({**FULL, "mood": "Sleepy"})
    assert pickle.loads(pickle.dumps(animal)) == animal  # noqa: S301 - made here
    assert copy.deepcopy(animal) == animal
    assert pickle.loads(pickle.dumps(zoo("types").UNSET)) is zoo("types").UNSET  # noqa: S301 - made here


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "x"]), inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_JSON, st.sampled_from(["Animal", "AnimalLinks", "Counts", "Cat | Dog", "list[Animal]", "Mood", "Size"]))
def test_no_json_ever_raises_anything_else(zoo: Zoo, value: object, annotation: str) -> None:
    decode = zoo("_decode")
    with suppress(zoo("errors").DecodingError):
        decode.decode(zoo("_annotations").resolve(annotation), value)


@settings(max_examples=100, deadline=None)
@given(
    st.fixed_dictionaries(
        {"animalId": st.integers(), "name": st.text(max_size=9)},
        optional={
            "mood": st.none() | st.text(max_size=9),
            "size": st.none() | st.integers(),
            "keeper": st.none() | st.fixed_dictionaries({"name": st.text(max_size=9)}),
            "more": st.lists(st.integers(), max_size=3),
        },
    )
)
def test_reading_and_writing_give_the_same_json(zoo: Zoo, sent: dict[str, Any]) -> None:
    assert zoo("models").Animal.from_dict(sent).to_dict() == sent


def test_json_nested_beyond_recursion_is_a_decoding_error(zoo: Zoo) -> None:
    nested: dict[str, Any] = dict(FULL)
    for _ in range(5000):
        nested = {"animalId": 1, "name": "x", "friends": [nested]}
    with pytest.raises(zoo("errors").DecodingError, match=r"nested too deeply|does not fit"):
        zoo("models").Animal.from_dict(nested)

"""Reading answers: nothing that .NET sends kills one, and what cannot be read says where."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import traceback
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_args, get_origin

import attrs
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


@pytest.mark.parametrize(("sent", "read"), [("5", 5), ("-7", -7), (5.0, 5), (1e30, int(1e30))])
def test_an_integer_may_come_as_text_or_with_a_fraction_of_nought(zoo: Zoo, sent: object, read: int) -> None:
    animal = zoo("models").Animal.from_dict({"animalId": sent, "name": "Leo"})
    assert (animal.animal_id, type(animal.animal_id), animal.unread()) == (read, int, {})


ODD: dict[str, list[object]] = {
    "animalId": ["five", "007", "1" * 5000, 1.5, True, [], {}, ""],
    "name": [1, 1.5, False, [], {}],
    "mood": [1.5, True, [], {}],
    "size": ["soon", 1.5, True, [], {}],
    "born": ["soon", "", 5, True, [], {}, "9999999999"],
    "vaccinated": ["soon", 5, [], {}],
    "naps": ["soon", "", 62, [], {}, "9999999999.00:00:00"],
    "chip": ["no guid", 7, [], {}],
    "keeper": ["Ann", 1, [], [{"name": "Ann"}]],
    "friends": ["Mia", {"name": "Mia"}, 1],
    "moods": ["Calm", {}, 1],
    "class": [5],
}
"""Values that no reading of the declared type can be made of."""


@pytest.mark.parametrize(("field", "odd"), [(field, odd) for field, values in ODD.items() for odd in values])
def test_what_is_not_as_declared_is_none_and_goes_back_as_it_came(zoo: Zoo, field: str, odd: object) -> None:
    sent = {**FULL, field: odd}
    animal = zoo("models").Animal.from_dict(sent)
    attribute = {wire: name for name, wire in animal.__wire_names__.items()}[field]
    assert getattr(animal, attribute) is None
    assert animal.unread() == {field: odd}
    assert animal.to_dict() == {**zoo("models").Animal.from_dict(FULL).to_dict(), field: odd}


def test_nothing_is_unread_of_an_answer_as_declared(zoo: Zoo) -> None:
    assert zoo("models").Animal.from_dict(FULL).unread() == {}
    assert zoo("models").Animal(animal_id=1, name="Leo").unread() == {}


@pytest.mark.parametrize("field", ["animalId", "name"])
def test_a_missing_required_field_is_none_and_stays_missing(zoo: Zoo, field: str) -> None:
    sent = {key: value for key, value in {"animalId": 1, "name": "Leo", "class": "x"}.items() if key != field}
    animal = zoo("models").Animal.from_dict(sent)
    assert (animal.animal_id, animal.name) == (sent.get("animalId"), sent.get("name"))
    assert animal.unread() == {}
    assert animal.to_dict() == sent
    animal.animal_id, animal.name = 2, "Mia"
    assert animal.to_dict() == {"animalId": 2, "name": "Mia", "class": "x"}


def test_of_an_array_the_elements_that_can_be_read_survive(zoo: Zoo) -> None:
    sent = {**FULL, "friends": [{"animalId": "five", "name": "Mia"}, 7, None, {"name": "Ann"}], "moods": ["Wild", {}]}
    animal = zoo("models").Animal.from_dict(sent)
    assert [friend and friend.name for friend in animal.friends] == ["Mia", None, None, "Ann"]
    assert animal.friends[0].unread() == {"animalId": "five"}
    assert animal.moods == ["Wild", None]
    assert animal.unread() == {"friends": sent["friends"], "moods": sent["moods"]}
    written = animal.to_dict()
    assert (written["friends"], written["moods"]) == (sent["friends"], sent["moods"])


def test_an_answer_that_is_a_list_keeps_its_other_elements(zoo: Zoo) -> None:
    animals = zoo("_decode").decode(zoo("_annotations").resolve("list[Animal]"), [FULL, "odd", FULL])
    assert [animal and animal.name for animal in animals] == ["Leo", None, "Leo"]


def test_typed_extras_follow_the_same_rule(zoo: Zoo) -> None:
    sent = {"a": {"name": "Ann"}, "b": 5}
    counts = zoo("models").Counts.from_dict(sent)
    assert (counts.additional_properties["a"].name, counts.additional_properties["b"]) == ("Ann", None)
    assert (counts.unread(), counts.to_dict()) == ({"b": 5}, sent)
    del counts.additional_properties["b"]
    assert (counts.unread(), counts.to_dict()) == ({}, {"a": {"name": "Ann"}})


def test_what_is_set_after_reading_wins(zoo: Zoo) -> None:
    animal = zoo("models").Animal.from_dict({**FULL, "animalId": "five", "moods": ["Wild", {}], "chip": "odd"})
    animal.animal_id = 5
    animal.moods.append(zoo("models").Mood.CALM)
    animal.chip = zoo("types").UNSET
    assert animal.unread() == {}
    written = animal.to_dict()
    assert (written["animalId"], written["moods"]) == (5, ["Wild", None, "Calm"])
    assert "chip" not in written


def test_in_an_array_only_what_was_set_is_new(zoo: Zoo) -> None:
    sent = {"animalId": 1, "name": "Leo", "friends": [{"animalId": 2, "name": "Mia"}, 7], "moods": [{}, "Wild", {}]}
    animal = zoo("models").Animal.from_dict(sent)
    animal.friends[0].name = "Ann"
    animal.moods[2] = zoo("models").Mood.CALM
    written = animal.to_dict()
    assert (written["friends"], written["moods"]) == ([{"animalId": 2, "name": "Ann"}, 7], [{}, "Wild", "Calm"])
    assert animal.unread() == {"friends": sent["friends"], "moods": sent["moods"]}
    # An array of another length is another array.
    del animal.friends[0]
    animal.moods[0] = zoo("models").Mood.WILD
    assert animal.to_dict()["friends"] == [None]
    assert animal.unread() == {}


def test_unread_values_are_copied_pickled_and_compared_with_the_rest(zoo: Zoo) -> None:
    sent = {**FULL, "animalId": "five", "moods": [{}]}
    animal = zoo("models").Animal.from_dict(sent)
    for twin in (
        copy.copy(animal),
        copy.deepcopy(animal),
        pickle.loads(pickle.dumps(animal)),  # noqa: S301 - made here
        attrs.evolve(animal),
    ):
        assert twin == animal
        assert twin.to_dict() == animal.to_dict()
        assert twin.unread() == {"animalId": "five", "moods": [{}]}
    assert animal != zoo("models").Animal.from_dict({**sent, "animalId": None})
    renamed = attrs.evolve(animal, name="Mia", animal_id=3)
    assert (renamed.unread(), renamed.to_dict()["animalId"]) == ({"moods": [{}]}, 3)
    # Shown once, as what it is: no part of the fields that could be read.
    assert repr(animal).count("five") == 1
    assert "unread={" in repr(animal)


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
    ("more", "name"),
    [({"tricks": ["sit"]}, "Dog"), ({"lives": 9}, "Cat"), ({}, "OtherPet")],
    ids=["tricks", "lives", "none"],
)
@pytest.mark.parametrize("kind", [{}, {"kind": None}], ids=["missing", "null"])
def test_without_a_discriminator_the_fields_choose(
    zoo: Zoo, kind: dict[str, None], more: dict[str, Any], name: str
) -> None:
    for union in ("Cat | Dog | OtherPet", "Dog | Cat | OtherPet"):
        pet = zoo("_decode").decode(zoo("_annotations").resolve(union), {**kind, **more})
        assert type(pet).__name__ == name


@pytest.mark.parametrize("more", [{}, {"tricks": ["sit"]}, {"lives": 9, "tricks": 1}], ids=["alone", "dog's", "both"])
def test_a_discriminator_that_nobody_declared_is_an_open_object(zoo: Zoo, more: dict[str, Any]) -> None:
    sent = {"kind": "new", **more}
    for union in ("Cat | Dog | OtherPet", "Dog | Cat | OtherPet"):
        pet = zoo("_decode").decode(zoo("_annotations").resolve(union), sent)
        assert type(pet).__name__ == "OtherPet"
        assert (pet.kind, pet.additional_properties, pet.to_dict()) == ("new", more, sent)


def test_a_class_with_one_value_of_the_discriminator_fills_it_in(zoo: Zoo) -> None:
    models = zoo("models")
    assert models.Cat(lives=9).to_dict() == {"kind": "feline", "lives": 9}
    assert models.Dog(kind="wolf").to_dict() == {"kind": "wolf"}
    # Only where a program makes one: what came without it is not given one.
    assert models.Cat.from_dict({"lives": 9}).to_dict() == {"lives": 9}


@pytest.mark.parametrize(
    ("tp", "value", "place"),
    [
        ("Animal", [], r"at \$: Animal expected, an array that does not fit found"),
        ("Animal", "secret-text", r"at \$: Animal expected, text"),
        ("Animal", 5, r"at \$: Animal expected, a number"),
        ("list[Animal]", {"secret-text": 1}, r"at \$: an array expected, an object"),
        ("list[Animal]", "secret-text", r"at \$: an array expected, text"),
        ("Cat | Dog", "secret-text", r"at \$: Cat or Dog expected, text"),
        ("int", "secret-text", r"at \$: int expected, text"),
        ("datetime.datetime", "secret-text", r"at \$: datetime expected, text"),
    ],
    ids=range(8),
)
def test_an_answer_of_another_kind_says_so_and_never_what_it_holds(
    zoo: Zoo, tp: str, value: object, place: str
) -> None:
    with pytest.raises(zoo("errors").DecodingError, match=place) as caught:
        zoo("_decode").decode(zoo("_annotations").resolve(tp), value)
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


def _problems(zoo: Zoo, value: Any, tp: Any) -> list[str]:
    """Return where a value is not of its annotation; null may stand anywhere."""
    kinds = zoo("_annotations").members(tp)
    if value is None or value is zoo("types").UNSET or Any in kinds:
        return []
    for kind in kinds:
        plain = get_origin(kind) or kind
        if type(value) is plain or (isinstance(value, plain) and type(value) is not bool):
            if plain is list:
                return [bad for item in value for bad in _problems(zoo, item, get_args(kind)[0])]
            if not zoo("_annotations").is_model(kind):
                return []
            shape = zoo("_annotations").fields(kind)
            inner = [(getattr(value, name), zoo("_annotations").resolve(said)) for name, _, said, _ in shape]
            extra = zoo("_annotations").extra_type(kind)
            inner += [(item, extra) for item in value.additional_properties.values()]
            return [bad for item, said in inner for bad in _problems(zoo, item, said)]
    return [f"{value!r} is not {tp}"]


@settings(max_examples=400, deadline=None)
@given(
    _JSON, st.sampled_from(["Animal", "AnimalLinks", "Counts", "Cat | Dog | OtherPet", "list[Animal]", "Mood", "Size"])
)
def test_whatever_json_comes_is_typed_as_declared_and_goes_back(zoo: Zoo, value: Any, annotation: str) -> None:
    tp = zoo("_annotations").resolve(annotation)
    with suppress(zoo("errors").DecodingError):
        read = zoo("_decode").decode(tp, value)
        assert _problems(zoo, read, tp) == []
        if hasattr(read, "to_dict"):
            # Written and read again it is the same, so nothing was lost on the way.
            written = read.to_dict()
            assert written.keys() == value.keys()
            assert repr(type(read).from_dict(written)) == repr(read)
            assert {key: written[key] for key in read.unread()} == read.unread()


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


@pytest.mark.timeout(20)
@pytest.mark.parametrize("odd", [{"name": 5}, {"keeper": 5}, {"friends": 5}], ids=["text", "object", "element"])
def test_a_deep_tree_with_something_odd_on_each_level_is_read_in_no_time(zoo: Zoo, odd: dict[str, Any]) -> None:
    nested: dict[str, Any] = {"animalId": 1, "name": "x"}
    for _ in range(80):
        friends = [nested, 5] if "friends" in odd else [nested]
        nested = {"animalId": 1, "name": "x", **odd, "friends": friends}
    assert zoo("models").Animal.from_dict(nested).to_dict() == nested


def test_json_nested_beyond_recursion_is_a_decoding_error(zoo: Zoo) -> None:
    nested: dict[str, Any] = dict(FULL)
    for _ in range(5000):
        nested = {"animalId": 1, "name": "x", "friends": [nested]}
    with pytest.raises(zoo("errors").DecodingError, match=r"nested too deeply|does not fit"):
        zoo("models").Animal.from_dict(nested)

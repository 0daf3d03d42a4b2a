"""From the text of an option to a value, by the type that the generated code declares."""

import datetime as dt
import uuid
from enum import Enum

import pytest

from cyara_client.models import CampaignSchedule, PlanType, Weekday
from cyara_tools.api.values import Kind
from cyara_tools.output.errors import UsageError


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("int | Unset", "-5", -5),
        ("float | None | Unset", "1.5", 1.5),
        ("str | Unset", "5", "5"),
        ("str", "true", "true"),
        ("bool", "TRUE", True),
        ("int | str", "5", 5),
        ("int | str", "five", "five"),
        ("datetime.datetime", "2024-01-31T09:00:00Z", dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)),
        ("datetime.date", "2024-01-31", dt.date(2024, 1, 31)),
        ("datetime.timedelta", "1.01:30:00", dt.timedelta(days=1, hours=1, minutes=30)),
        ("datetime.timedelta", "PT1H30M", dt.timedelta(hours=1, minutes=30)),
        ("UUID", "{01234567-89ab-cdef-0123-456789abcdef}", uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")),
        ("PlanType | Unset", "Pulse", PlanType.PULSE),
        ("PlanType", "pulse_outbound", PlanType.PULSE_OUTBOUND),
        ("Literal['a', 2]", "2", 2),
        ("Any", '{"a": [1]}', {"a": [1]}),
        ("Any", "plain", "plain"),
        ("dict[str, int]", '{"a": 1}', {"a": 1}),
    ],
)
def test_a_text_that_fits(annotation: str, text: str, value: object):
    read = Kind.of(annotation).read(text, "--x")
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        ("int", "1.5", "a whole number"),
        ("int", "007", "a whole number"),
        ("int", "1_000", "a whole number"),
        ("float", "NaN", "a number"),
        ("float", "inf", "a number"),
        ("bool", "1", "true or false"),
        ("datetime.datetime", "tomorrow", "a time such as 2024-01-31T09:00:00Z"),
        ("datetime.date", "31/01/2024", "a date such as 2024-01-31"),
        ("datetime.timedelta", "an hour", "a length of time such as 01:30:00 or PT1H30M"),
        ("UUID", "12", "a GUID such as 01234567-89ab-cdef-0123-456789abcdef"),
        ("Literal['a', 2]", "b", "one of a, 2"),
        ("CampaignSchedule", "{", "JSON"),
        ("CampaignSchedule", "5", "JSON"),
        ("dict[str, int]", "[" * 100_000, "JSON"),
        ("int | None", "\x1b[31m", "a whole number"),
    ],
)
def test_a_text_that_does_not_fit_is_one_sentence(annotation: str, text: str, expected: str):
    with pytest.raises(UsageError) as told:
        Kind.of(annotation).read(text, "--x")
    sentence = str(told.value)
    assert sentence.startswith(f"--x takes {expected}, not '")
    assert sentence.endswith("Nothing was sent.")
    assert sentence.isprintable()
    assert len(sentence) < 200


def test_a_value_that_is_nearly_one_of_the_documents_gets_a_suggestion_and_another_way():
    with pytest.raises(UsageError) as told:
        Kind.of("PlanType | Unset").read("Plse", "--plan-type", "Another value goes by --body")
    assert str(told.value) == (
        "--plan-type takes one of Pulse, PulseOutbound, Cruncher, Velocity, not 'Plse'. Nothing was sent. "
        "Did you mean Pulse? Another value goes by --body"
    )


def test_a_field_that_does_not_fit_is_not_lost_in_an_object():
    assert isinstance(Kind.of("CampaignSchedule").read("{}", "--x"), CampaignSchedule)
    with pytest.raises(UsageError):
        Kind.of("CampaignSchedule").read('{"startTime": [5]}', "--x")


@pytest.mark.parametrize("enumeration", [PlanType, Weekday])
def test_every_listed_choice_is_taken(enumeration: type[Enum]):
    kind = Kind.of(enumeration.__name__)
    assert [kind.read(choice, "--x") for choice in kind.choices] == list(enumeration)


def test_lists_flags_and_files_are_told_apart():
    kinds = [
        Kind.of(text) for text in ("list[int] | None | Unset", "bool | Unset", "File | Unset", "list[File]", "int")
    ]
    assert [kind.is_list for kind in kinds] == [True, False, False, True, False]
    assert [kind.is_flag for kind in kinds] == [False, True, False, False, False]
    assert [kind.is_file for kind in kinds] == [False, False, True, True, False]
    assert [kind.metavar for kind in kinds] == ["NUMBER", "true|false", "FILE", "FILE", "NUMBER"]
    assert not Kind.of("list[CampaignSchedule]").is_flat

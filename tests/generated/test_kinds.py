"""Classes that a document tells apart by a field, and .NET types that it describes otherwise than they travel."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest
from generated_kit import build_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Kinds = Callable[[str], Any]

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _derived(base: str, *required: str, **properties: Any) -> dict[str, Any]:
    return {"allOf": [_ref(base), _object(*required, **properties)]}


def _numbers(names: str) -> dict[str, Any]:
    return _object(**dict.fromkeys(names.split(), _NUMBER))


SCHEMAS: dict[str, Any] = {
    # A base with a mapping, and a subtype that is a base itself.
    "Step": {
        **_object("kind", kind=_TEXT),
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"play": "#/components/schemas/PlayStep", "press": "#/components/schemas/PressStep"},
        },
    },
    "PlayStep": _derived("Step", "prompt", prompt=_TEXT),
    "PressStep": _derived("Step", keys=_TEXT),
    "LongPressStep": _derived("PressStep", seconds=_NUMBER),
    # As NSwag writes it: no mapping, the value is the name, and the field an enumeration.
    "Alert": {
        **_object(channel={"type": "string", "enum": ["MailAlert", "PageAlert"]}),
        "discriminator": {"propertyName": "channel"},
    },
    "MailAlert": _derived("Alert", to=_TEXT),
    "PageAlert": _derived("Alert", number=_TEXT),
    # As System.Text.Json has it: a union, each member with its own `$type`.
    "Square": _object("$type", **{"$type": {"type": "string", "enum": ["square"]}, "side": _NUMBER}),
    "Circle": _object("$type", **{"$type": {"type": "string", "enum": ["circle"]}, "radius": _NUMBER}),
    "Shape": {
        "anyOf": [_ref("Square"), _ref("Circle")],
        "discriminator": {
            "propertyName": "$type",
            "mapping": {"square": "#/components/schemas/Square", "circle": "#/components/schemas/Circle"},
        },
    },
    # A union of siblings, whose base knows nothing of it.
    "Payment": _object(paid=_NUMBER, how=_TEXT),
    "Cash": _derived("Payment"),
    "Card": _derived("Payment", digits=_TEXT),
    "Everything": _object(
        step=_ref("Step"),
        press=_ref("PressStep"),
        alerts={"type": "array", "items": _ref("Alert")},
        shape=_ref("Shape"),
        lone={"oneOf": [_ref("Cash")], "discriminator": {"propertyName": "how"}},
        payment={"oneOf": [_ref("Cash"), _ref("Card")], "discriminator": {"propertyName": "how"}},
        span=_ref("Ns.Length"),
        spans={"type": "array", "items": _ref("Ns.Length")},
        day=_ref("Day"),
        clock=_ref("Clock"),
        release=_ref("Release"),
        link=_ref("Link"),
        anything=_ref("Element"),
        worked=_ref("Worked"),
        upper={"type": "string", "format": "TimeSpan"},
    ),
    "Ns.Length": _numbers("ticks days hours minutes seconds"),
    "Day": _numbers("year month day dayNumber"),
    "Clock": _numbers("hour minute second millisecond ticks"),
    "Release": _numbers("major minor build revision"),
    "Link": _object(absoluteUri=_TEXT, originalString=_TEXT, port=_NUMBER),
    "Element": _object(valueKind=_NUMBER),
    # Somebody's own class, although some of its members are those of a time span.
    "Worked": _numbers("hours minutes bookedBy"),
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Kinds", "version": "1"},
    "paths": {
        "/everything": {
            "get": {
                "tags": ["Kinds"],
                "operationId": "GetEverything",
                "responses": {
                    "200": {"description": "OK", "content": {"application/json": {"schema": _ref("Everything")}}}
                },
            }
        }
    },
    "components": {"schemas": SCHEMAS},
}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kinds]:
    root = str(build_package(DOCUMENT, tmp_path_factory.mktemp("kinds"), "kinds_client"))
    sys.path.insert(0, root)
    yield lambda name: importlib.import_module(f"kinds_client.{name}")
    sys.path.remove(root)


def read(kinds: Kinds, field: str, value: object) -> Any:
    """Read one field, and see that it is written as it came."""
    everything = kinds("models").Everything.from_dict({field: value})
    assert everything.to_dict() == {field: value}
    assert everything.unread() == {}
    return getattr(everything, field)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("step", {"kind": "play", "prompt": "hi"}, "PlayStep"),
        ("step", {"kind": "press", "keys": "1#"}, "PressStep"),
        ("step", {"kind": "PlayStep"}, "PlayStep"),
        ("step", {"kind": "LongPressStep", "seconds": 3}, "LongPressStep"),
        ("step", {"kind": "shout", "prompt": "hi", "keys": "1", "seconds": 3}, "Step"),
        ("press", {"kind": "press"}, "PressStep"),
        ("press", {"kind": "LongPressStep"}, "LongPressStep"),
        ("press", {"kind": "knock", "seconds": 3}, "PressStep"),
        ("shape", {"$type": "square", "side": 1}, "Square"),
        ("shape", {"$type": "circle", "side": 1}, "Circle"),
        ("shape", {"$type": "oval", "side": 1, "radius": 2}, "OtherShape"),
        ("lone", {"how": "Cash"}, "Cash"),
        ("lone", {"how": "Shells"}, "Payment"),
        ("payment", {"how": "Card", "paid": 5}, "Card"),
        ("payment", {"how": "Shells", "paid": 5, "digits": "1"}, "Payment"),
    ],
)
def test_the_value_of_the_discriminator_decides(kinds: Kinds, field: str, value: dict[str, Any], name: str) -> None:
    assert type(read(kinds, field, value)).__name__ == name


def test_in_a_list_each_element_is_what_it_says(kinds: Kinds) -> None:
    alerts = read(
        kinds, "alerts", [{"channel": "PageAlert"}, {"channel": "Pigeon", "to": "x"}, {"channel": "MailAlert"}]
    )
    assert [type(alert).__name__ for alert in alerts] == ["PageAlert", "Alert", "MailAlert"]
    assert alerts[1].additional_properties == {"to": "x"}
    assert not alerts[1].channel.is_known


@pytest.mark.parametrize(
    ("name", "more", "written"),
    [
        ("PlayStep", {"prompt": "hi"}, {"kind": "play", "prompt": "hi"}),
        ("LongPressStep", {}, {"kind": "LongPressStep"}),
        ("MailAlert", {"to": "x"}, {"channel": "MailAlert", "to": "x"}),
        ("Square", {"side": 2}, {"$type": "square", "side": 2}),
        ("Card", {}, {"how": "Card"}),
    ],
)
def test_what_a_program_makes_says_what_it_is(
    kinds: Kinds, name: str, more: dict[str, Any], written: dict[str, Any]
) -> None:
    assert getattr(kinds("models"), name)(**more).to_dict() == written


TICKS = {"ticks": 620000000, "days": 0, "hours": 0, "minutes": 1, "seconds": 2}


@pytest.mark.parametrize(
    ("field", "value", "held"),
    [
        ("span", "00:01:02", dt.timedelta(seconds=62)),
        ("spans", ["00:01:02", "1.00:00:00"], [dt.timedelta(seconds=62), dt.timedelta(days=1)]),
        ("upper", "00:01:02", dt.timedelta(seconds=62)),
        ("day", "2024-02-29", dt.date(2024, 2, 29)),
        ("clock", "08:30:00", "08:30:00"),
        ("release", "7.4.1.0", "7.4.1.0"),
        ("link", "https://portal.example/x", "https://portal.example/x"),
        ("anything", "text", "text"),
        ("anything", [1, {"a": None}], [1, {"a": None}]),
        ("anything", {"valueKind": 1}, {"valueKind": 1}),
    ],
)
def test_a_dotnet_type_is_read_as_it_travels(kinds: Kinds, field: str, value: object, held: object) -> None:
    assert read(kinds, field, value) == held


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("span", TICKS, "Length"),
        ("day", {"year": 2024, "month": 2, "day": 29, "dayNumber": 738944}, "Day"),
        ("clock", {"hour": 8, "minute": 30, "ticks": 1}, "Clock"),
        ("release", {"major": 7, "minor": 4}, "Release"),
        ("link", {"absoluteUri": "https://portal.example/"}, "Link"),
    ],
)
def test_a_dotnet_type_is_read_as_described_too(kinds: Kinds, field: str, value: object, name: str) -> None:
    assert type(read(kinds, field, value)).__name__ == name
    assert type(read(kinds, "spans", [TICKS, "00:00:01"])[0]).__name__ == "Length"


def test_a_class_that_only_resembles_one_stays_a_class(kinds: Kinds) -> None:
    assert type(read(kinds, "worked", {"hours": 1, "minutes": 2})).__name__ == "Worked"
    odd = kinds("models").Everything.from_dict({"worked": "01:02:00"})
    assert (odd.worked, odd.unread()) == (None, {"worked": "01:02:00"})

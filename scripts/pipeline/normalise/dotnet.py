"""Rule about .NET types that a document describes by their members, and that travel as something else.

Classic generators reflect over ``System.TimeSpan`` and its like as over any class, while the serialisers have a
converter for it: Newtonsoft and System.Text.Json write a text. (System.Text.Json of .NET Core 3 to 5 wrote the members
of a TimeSpan, so that form is met as well.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.document.json_nodes import mapping
from pipeline.document.json_pointer import pointer
from pipeline.normalise.walk import mappings, referred, replace, schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.normalise.work import Work

    Members = frozenset[str]


def _names(text: str) -> Members:
    return frozenset(text.split())


_TOTALS = _names("totaldays totalhours totalminutes totalseconds totalmilliseconds totalmicroseconds totalnanoseconds")
_PARTS = _names("days hours minutes seconds milliseconds microseconds nanoseconds")
_DATE = _names("year month day")
_OF_DATE = _names("dayofweek dayofyear daynumber")
_VERSION = _names("major minor build revision")


@frozen(kw_only=True, slots=True)
class Shape:
    """A .NET type. All names in small letters: serialisers write them in either case."""

    name: str
    members: Members
    """The members that it can have; one more, and the class is somebody's own."""
    signs: tuple[Members, ...]
    """Members that together give it away, whatever the class is called."""
    least: Members
    """What a class of this very name has to have. The name alone says nothing."""
    travels_as: Mapping[str, Any] | None
    """Schema of the text that travels in its place, or None for any JSON value."""

    def fits(self, name: str, members: Members) -> bool:
        """Return whether a class of that name, with these members, is this type."""
        if not members or not members <= self.members:
            return False
        return any(sign <= members for sign in self.signs) or (name == self.name and self.least <= members)


SHAPES: tuple[Shape, ...] = (
    Shape(
        name="timespan",
        members=_PARTS | _TOTALS | {"ticks"},
        # A sum of hours is somebody's own class; ticks are .NET's, and so are totals beside all the parts.
        signs=(
            *(frozenset({"ticks", member}) for member in sorted(_PARTS | _TOTALS)),
            *(_names("days hours minutes seconds") | {total} for total in sorted(_TOTALS)),
        ),
        least=_names("ticks"),
        travels_as={"type": "string", "format": "time-span"},
    ),
    Shape(
        name="dateonly",
        members=_DATE | _OF_DATE,
        signs=tuple(_DATE | {member} for member in sorted(_OF_DATE)),
        least=_DATE,
        travels_as={"type": "string", "format": "date"},
    ),
    Shape(
        name="timeonly",
        members=_names("hour minute second millisecond microsecond nanosecond ticks"),
        signs=(_names("hour minute ticks"),),
        least=_names("hour minute"),
        travels_as={"type": "string", "format": "time"},
    ),
    Shape(
        name="version",
        members=_VERSION | _names("majorrevision minorrevision"),
        signs=(_VERSION,),
        least=_names("major minor"),
        travels_as={"type": "string"},
    ),
    Shape(
        name="uri",
        members=_names(
            "absolutepath absoluteuri authority dnssafehost fragment host hostnametype idnhost isabsoluteuri "
            "isdefaultport isfile isloopback isunc localpath originalstring pathandquery port query scheme segments "
            "userescaped userinfo"
        ),
        signs=(_names("absoluteuri originalstring"), _names("absoluteuri pathandquery"), _names("absoluteuri isunc")),
        least=_names("absoluteuri"),
        travels_as={"type": "string"},
    ),
    Shape(
        name="jsonelement",
        members=_names("valuekind"),
        signs=(_names("valuekind"),),
        least=frozenset(),
        travels_as=None,
    ),
    Shape(
        name="jsondocument",
        members=_names("rootelement"),
        signs=(_names("rootelement"),),
        least=frozenset(),
        travels_as=None,
    ),
    Shape(
        name="jsonnode",
        members=_names("options parent root"),
        signs=(_names("parent root"),),
        least=_names("root"),
        travels_as=None,
    ),
)


def dotnet_shapes(work: Work) -> None:
    """Read TimeSpan, DateOnly, TimeOnly, Version, Uri and JsonElement both as the object described and as what travels.

    They are found by their members. Each place that refers to one becomes a union of the text and the object, so that
    either is read, typed and written back in the form in which it came; a program that makes a value passes the text
    form (``timedelta``, ``date``, ``str``), which is what today's .NET reads. In place of a JsonElement anything
    travels. Part of failure mode 26.
    """
    found_shapes: dict[str, Shape] = {}
    for name, schema in work.schemas.items():
        shape = shape_of(str(schema.get("x-cyara-name-received", name)), schema)
        if shape is not None:
            found_shapes[name] = shape
            work.note(pointer("components", "schemas", name), f"the members of a .NET {shape.name}")
    for found in list(schemas(work.document)) if found_shapes else ():
        shape = found_shapes.get(referred(found.schema) or "")
        holder, _, _ = found.where.rpartition("/")
        # A part of a class is somebody's own; a union is looked at as a whole.
        if shape is not None and not holder.endswith(("/allOf", "/anyOf")):
            _widen(work, found.schema, [dict(found.schema)], [shape])
        members = mappings(found.schema, "anyOf")
        known = [found_shapes[target] for member in members if (target := referred(member)) in found_shapes]
        if known and shape is None:
            _widen(work, found.schema, members, known)


def shape_of(name: str, schema: dict[str, Any]) -> Shape | None:
    """Return the .NET type that a named schema describes member by member, or None."""
    members = frozenset(member.lower() for member in mapping(schema, "properties"))
    simple = name.rpartition(".")[2].lower()
    return next((shape for shape in SHAPES if shape.fits(simple, members)), None)


def _widen(work: Work, schema: dict[str, Any], members: list[dict[str, Any]], shapes: list[Shape]) -> None:
    """Let a place hold what travels too."""
    kept: dict[str, Any] = {key: schema[key] for key in ("nullable", "description", "discriminator") if key in schema}
    if any(shape.travels_as is None for shape in shapes):
        replace(schema, {key: kept[key] for key in ("description",) if key in kept})
        return
    texts = [work.copied(dict(shape.travels_as or {})) for shape in shapes]
    bare = [{key: member[key] for key in member if key not in kept} for member in members]
    replace(schema, {"anyOf": [*(text for text in texts if text not in bare), *bare], **kept})

"""What people would write with pydantic or msgspec for the document of the benchmark `models`."""

import datetime as dt
import re
import uuid
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model

from peers import TEXTS

_SPAN = re.compile(r"(\d+):(\d+):(\d+)(?:\.(\d+))?")


class Status(StrEnum):
    """The members that the document lists."""

    RUNNING = "Running"
    QUEUED = "Queued"
    SCHEDULED = "Scheduled"


def _span(text: Any) -> Any:  # whatever pydantic hands in
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return text
    hours, minutes, seconds, fraction = match.groups(default="0")
    return dt.timedelta(
        hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=int(fraction[:6].ljust(6, "0"))
    )


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class PydanticOwner(_Open):
    """An owner."""

    id: uuid.UUID
    name: str
    email: str | None = None


class PydanticStep(_Open):
    """A step."""

    number: int
    description: str
    expected: str | None = None
    duration: Annotated[dt.timedelta | None, BeforeValidator(_span)] = None
    confidence: float | None = None
    started: dt.datetime | None = None


_TEXTS = [f"text{number}" for number in range(TEXTS)]
_COUNTS = [f"count{number}" for number in range(8)]
_FIELDS: dict[str, Any] = {
    "thingId": (int, ...),
    "name": (str, ...),
    "status": (Status | str, None),
    "created": (dt.datetime | None, None),
    "changed": (dt.datetime | None, None),
    "owner": (PydanticOwner | None, None),
    "steps": (list[PydanticStep] | None, None),
    "tags": (list[str] | None, None),
    **dict.fromkeys(_TEXTS, (str | None, None)),
    **dict.fromkeys(_COUNTS, (int | None, None)),
}
PydanticThing: Any = create_model("PydanticThing", __base__=_Open, **_FIELDS)
PydanticPage: Any = create_model(
    "PydanticPage", __base__=_Open, results=(list[PydanticThing], ...), totalResults=(int | None, None)
)


class MsgspecOwner(msgspec.Struct):
    """An owner."""

    id: uuid.UUID
    name: str
    email: str | None = None


class MsgspecStep(msgspec.Struct):
    """A step; a time span stays text, because msgspec has no hook that is cheaper than a field of its own."""

    number: int
    description: str
    expected: str | None = None
    duration: str | None = None
    confidence: float | None = None
    started: dt.datetime | None = None


MsgspecThing = msgspec.defstruct(
    "MsgspecThing",
    [
        ("thingId", int),
        ("name", str),
        ("status", str | None, None),
        ("created", dt.datetime | None, None),
        ("changed", dt.datetime | None, None),
        ("owner", MsgspecOwner | None, None),
        ("steps", list[MsgspecStep] | None, None),
        ("tags", list[str] | None, None),
        *((name, str | None, None) for name in _TEXTS),
        *((name, int | None, None) for name in _COUNTS),
    ],
)
MsgspecPage = msgspec.defstruct("MsgspecPage", [("results", list[MsgspecThing]), ("totalResults", int | None, None)])  # type: ignore[valid-type] - made at run time
msgspec_page = msgspec.json.Decoder(MsgspecPage).decode

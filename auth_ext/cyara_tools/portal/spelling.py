"""How documents of ASP.NET servers spell things, read in one place: routes, names, types, formats, what can be sent.

The portal, the verifier and the rules of the pipeline ask here, so that none of them can take a spelling for something
else than the others do. What they do with it is their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.json_types import is_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The name comes first; a constraint behind it may hold braces of its own, doubled as routes write them:
# `{code:regex(^[a-z]{{3}}$)}`.
PLACEHOLDER: Final = re.compile(r"\{\{?([^{}:]*(?::(?:[^{}]|\{+[^{}]*\}+)*)?)\}\}?")

JSON_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "file": {"type": "string", "format": "binary"},
    "binary": {"type": "string", "format": "binary"},
    "int": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "long": {"type": "integer", "format": "int64"},
    "short": {"type": "integer"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "decimal": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "guid": {"type": "string", "format": "uuid"},
    "uuid": {"type": "string", "format": "uuid"},
    "char": {"type": "string"},
    "str": {"type": "string"},
    "text": {"type": "string"},
    "list": {"type": "array"},
    "dictionary": {"type": "object"},
}
"""Types that hand-edited documents and older generators name, in the words of JSON Schema."""

OWNED_HEADERS: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "accept",
        "content-type",
        "content-length",
        "transfer-encoding",
        "connection",
        "host",
        "cookie",
        "te",
        "upgrade",
        "expect",
    }
)
"""Headers that a client's transport writes itself; OpenAPI 3 tells tools to ignore the first, third and fourth."""

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What HTTP allows as the name of a header or cookie (RFC 9110, section 5.6.2)."""
_HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")
"""What arrives in a header as it was sent: blanks around it are no part of a value (RFC 9110, section 5.5)."""


_STATUS: Final = re.compile(r"[1-9][0-9]{2}", re.ASCII)
_STATUSES: Final = re.compile(r"[1-5]xx", re.ASCII | re.IGNORECASE)


@attrs.frozen
class Placeholder:
    """A name in a path template, and where it stands there."""

    name: str
    """Without constraint, default and marks; `p1` and so on where nothing is left."""
    catch_all: bool
    start: int
    end: int


def placeholder_name(text: str) -> str:
    """Return the name in a placeholder, or of a parameter that was named like one: `lat` of `*lat:double=1?`."""
    return text.strip().lstrip("*{").partition(":")[0].partition("=")[0].strip().rstrip("?*}").strip()


def placeholders(template: str) -> list[Placeholder]:
    """Return the placeholders of a path template, in order; a name may stand there twice."""
    found = enumerate(PLACEHOLDER.finditer(template), start=1)
    return [
        Placeholder(
            placeholder_name(match.group(1)) or f"p{number}",
            match.group(1).strip().startswith("*"),
            match.start(),
            match.end(),
        )
        for number, match in found
    ]


def template_names(path: str) -> list[str]:
    """Return the names in a path template, without constraints, defaults and catch-all marks."""
    return [placeholder.name for placeholder in placeholders(path)]


def split_template(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split a template into its path, with one slash in front, and the pairs of a query that belongs to the route.

    Blanks around a path are a slip of whoever wrote it. ASP.NET has no routes with a query, but documents that were
    edited by hand tell operations apart by `?action=...`, or by a fragment, which is never sent.
    """
    path = path.strip()
    # Placeholders are blanked out at equal length, because a mark inside of one (`{slug?}`) is no query.
    marks = PLACEHOLDER.sub(lambda match: "_" * len(match.group(0)), path)
    path = path[: len(marks.partition("#")[0])]
    at = marks.find("?", 0, len(path))
    route, query = (path, "") if at < 0 else (path[:at], path[at + 1 :])
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "/" + route.lstrip("/"), tuple((name, value) for name, _, value in pairs)


def fit_parameters(names: Sequence[str], listed: Sequence[str]) -> list[int | None]:
    """Return, for each placeholder of a route, which of the listed path parameters it is; None where it is none.

    ASP.NET matches the two without regard to case, and documents carry marks and constraints (`lat:double`) in either.
    A placeholder that stands twice is one parameter.
    """
    left = dict(enumerate(listed))
    fitted: list[int | None] = []
    for position, name in enumerate(names):
        before = names.index(name)
        if before < position:
            fitted.append(fitted[before])
            continue
        # The exact name wins: `id` and `Id` may both be there.
        found = next(
            (index for same in _SAME for index, other in left.items() if same(other) == same(name)),
            None,
        )
        left.pop(-1 if found is None else found, None)
        fitted.append(found)
    return fitted


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", placeholder_name(name).lower()) or name


_SAME: Final = (str, placeholder_name, _letters)


def is_parameter(location: str, name: str) -> bool:
    """Whether a caller may set it: no header that the transport writes, no name that HTTP cannot carry."""
    plain = name.strip()
    if location == "cookie":
        return plain.lower() != "authorization" and _TOKEN.fullmatch(plain) is not None
    return location != "header" or (plain.lower() not in OWNED_HEADERS and _TOKEN.fullmatch(plain) is not None)


def format_name(text: str) -> str:
    """Return a `format` as everybody else spells it: names of formats have no capitals."""
    return text.strip().lower()


def meant(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return `type` and `format` of a schema as they are meant; what says nothing is left out.

    The type is one of JSON Schema's, or a list of those. A format beside it wins over what the type's spelling implies.
    """
    received, found = schema.get("type"), dict[str, Any]()
    if is_array(received):
        kinds = dict.fromkeys(kind.strip().lower() for kind in received if isinstance(kind, str))
        known = [kind for kind in kinds if kind in JSON_TYPES]
        found = {"type": known[0] if len(known) == 1 else known} if known else {}
    elif isinstance(received, str):
        plain = received.strip().lower()
        found = {"type": plain} if plain in JSON_TYPES else dict(_TYPES.get(plain, {}))
    if isinstance(schema.get("format"), str) and format_name(schema["format"]):
        found["format"] = format_name(schema["format"])
    return found


def by_status(responses: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of an operation by `200`, `2XX` or `default`; what is no status is left out.

    `200 OK` counts as 200, unless the document has that status too.
    """
    found: dict[str, Any] = {}
    for key, response in sorted(responses.items(), key=lambda item: len(str(item[0]).strip())):
        text = str(key).strip()
        code = _STATUS.match(text)
        if text.lower() == "default":
            found.setdefault("default", response)
        elif _STATUSES.fullmatch(text):
            found.setdefault(text.upper(), response)
        elif code is not None and not text[3:4].isdigit():
            found.setdefault(code.group(), response)
    return found


def can_be_sent(value: object, location: str) -> bool:
    """Whether a value arrives at this place of a request as what it is.

    A segment of a path is never empty and never `.` or `..`; a header has no line ends, no characters beyond ASCII and
    no blanks around it.
    """
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON can spell and UTF-8 cannot.
        return False
    if location == "path":
        return value not in {"", ".", ".."}
    return location != "header" or _HEADER_VALUE.fullmatch(value) is not None

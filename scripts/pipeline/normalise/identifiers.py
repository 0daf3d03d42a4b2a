"""Python names for things of a document, in the form that the generator leaves as it is.

The generator makes module, class and argument names out of whatever it reads, and two different inputs may meet in one
file. Names built here are fixed points of its conversion (a test holds the two together), so that what is unique here
stays unique on disk: letter case, Windows device names, Python's keywords and built-ins, and length are settled.
"""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import unicodedata
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 80
"""Characters of a name; longer ones are cut and end in a hash. File systems allow 255 bytes for the whole file name."""

_WORD = re.compile(r"([A-Z]?[a-z]+)")

_HASH = re.compile(
    # MD5, SHA-1 and SHA-256, wherever they begin (`PageOfUser` with one behind it); a GUID; any other by itself.
    r"(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-f])|(?:[0-9A-F]{64}|[0-9A-F]{40}|[0-9A-F]{32})(?![0-9A-F])"
    r"|(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])"
    r"|(?<![0-9a-f])[0-9a-f]{8,31}(?![0-9a-zA-Z])|(?<![0-9a-zA-Z])(?:[0-9a-f]{7,}|[0-9A-F]{7,})(?![0-9a-zA-Z])"
)

_DIGITS = 2
"""How many digits a hash has at the least; a word of `a` to `f` may have one."""

_PLURAL = re.compile(r"[A-Z]{2,}s(?![a-z])")
"""Several acronyms: ``APIs`` would be split into ``ap_is``."""

_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)})

_BUILTINS = frozenset(dir(builtins)) | {
    "self",
    "true",
    "false",
    "datetime",
    "PythonFinalizationError",
    "EncodingWarning",
}
"""With names that only some Python versions have, so that a build does not depend on the version."""

RESERVED_CLASSES = frozenset(
    {
        "Any", "ApiClient", "ApiError", "AsyncIterator", "AsyncPages", "AsyncResources", "AuthenticatedClient",
        "BinaryIO", "BytesIO", "Callable", "ClassVar", "Client", "CyaraError", "DecodingError", "Endpoint", "Enum",
        "File", "FileTypes", "Generator", "HTTPStatus", "IntEnum", "Iterator", "Literal", "Mapping", "Model",
        "OpenIntEnum", "OpenStrEnum", "Operation", "Optional", "Page", "Pages", "Response", "Self", "Sequence",
        "StrEnum", "SyncResources", "T", "TextIO", "TYPE_CHECKING", "TypeVar", "UUID", "UNSET", "Union", "Unset",
    }
)  # fmt: skip
"""Names that generated modules import or define; a schema of that name would shadow them."""


RESERVED_ARGUMENTS = frozenset({"client", "url", "body", "self", "cls"})
"""Arguments that generated functions have of their own."""


def words(text: str) -> list[str]:
    """Split text into words where the generator does: at anything but letters and digits, and at changes of case."""
    plain = unicodedata.normalize("NFKC", text)
    folded = unicodedata.normalize("NFKD", plain)
    ascii_only = "".join(char for char in folded if not unicodedata.combining(char))
    # Accents go only where plain ASCII is left: in other scripts the marks are part of the letters.
    source = ascii_only if ascii_only.isascii() else plain
    clean = "".join(char if _usable(char) else " " for char in source)
    if any(char.isupper() for char in clean):
        clean = " ".join(_WORD.split(clean))
    return clean.split()


def spoken(text: str) -> list[str]:
    """Split text into words as :func:`words` does, but leave a hash one word, in capitals.

    In capitals the generator leaves it whole, too.
    """
    found: list[str] = []
    end = 0
    for match in _HASH.finditer(text):
        digits = match[0].replace("-", "").upper()
        # No hash that would fall apart: `defaced`, `face2face`, `20240131`.
        if digits.isdecimal() or sum(map(str.isdecimal, digits)) < _DIGITS:
            continue
        found += [*words(text[end : match.start()]), digits]
        end = match.end()
    return found + words(text[end:])


def snake(text: str, *, otherwise: str) -> str:
    """Return a module or function name; ``otherwise`` where nothing usable is left of the text."""
    name = "_".join(spoken(_PLURAL.sub(lambda match: match.group().capitalize(), text))).lower()
    # The generator, or Python's own NFKC, would change these letters once more: a hash keeps such names apart.
    if not name or not stable(name):
        name = otherwise if not text.strip() or not name else f"{otherwise}_{_digest(text)}"
    # A digit comes first.
    if not name.isidentifier():
        name = f"{otherwise}_{name}"
    return reserved_apart(shortened(name, "_"))


def python_name(wire: str) -> str:
    """Return the name that the generator makes of a wire name, before it looks at reserved words."""
    return "_".join(words(wire)).lower()


def stable(name: str) -> bool:
    """Return whether the generator, and Python, leave the letters of a name as they are."""
    return all(char.isidentifier() or char.isdecimal() for char in name) and unicodedata.normalize("NFKC", name) == name


def reserved_apart(name: str) -> str:
    """Return a lower-case name with an underscore behind it where Python or Windows has other plans for it."""
    # `id` shadows a built-in, and is what everybody calls it.
    if name in _BUILTINS - {"id"} or keyword.iskeyword(name):
        return f"{name}_"
    # An underscore is not enough there: the generator takes it off, and puts it back for Python's own words only.
    return f"{name}_name" if name in _DEVICES else name


def pascal(text: str, *, otherwise: str) -> str:
    """Return a class name; ``otherwise`` where nothing usable is left of the text."""
    capital = "".join(word if word.isupper() else word[:1].upper() + word[1:] for word in spoken(text))
    # The generator capitalises behind a digit too; a name that it leaves alone has to do so first.
    name = re.sub(r"(?<=[^A-Za-z])[a-z]", lambda match: match.group().upper(), capital)
    if not name or not name.isascii():
        name = f"{otherwise}{_digest(text).upper()}" if text.strip() else otherwise
    if not name[:1].isalpha():
        name = f"{otherwise}{name}"
    return shortened(name, "")


def class_allowed(name: str) -> bool:
    """Return whether a class may have this name."""
    return name not in RESERVED_CLASSES and name not in _BUILTINS and name.lower() not in _DEVICES


def module_of(class_name: str) -> str:
    """Return the module that the generator puts a class into."""
    return "_".join(" ".join(_WORD.split(class_name)).split()).lower()


def shortened(name: str, joint: str) -> str:
    """Return a name of at most 80 characters, different names staying different."""
    if len(name) <= LONGEST:
        return name
    # In upper case: the generator would capitalise a letter that follows a digit.
    digest = _digest(name) if joint else "H" + _digest(name).upper()
    return name[: LONGEST - 10].rstrip("_") + joint + digest


def numbered(base: str, joint: str = "_") -> Iterator[str]:
    """Yield a name, then the name with 2, 3 and so on behind it, without end."""
    yield base
    yield from (f"{base}{joint}{number}" for number in count(2))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def _usable(char: str) -> bool:
    return char != "_" and (char.isidentifier() or char.isdecimal())

"""Arguments that are of the wrong kind: refused when the client is made, in one sentence.

httpx, OpenSSL and the stores would notice most of them at the first call, by a TypeError from their depths.
"""

import os
import ssl
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, cast

from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError

if TYPE_CHECKING:
    import attrs


DEFAULT_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
"""Seconds: 5 to connect, 30 between two pieces of an answer. The generated client alone would wait for ever."""


_OTHER: Final = "httpx" if httpx.__name__ == "httpx2" else "httpx2"
"""The HTTP library that calls do not run on."""


@lru_cache(maxsize=256)
def _is_of_the_other(kinds: tuple[type, ...]) -> bool:
    return any(kind.__module__.partition(".")[0] == _OTHER for kind in kinds)


def wrong_library(what: str, value: Any) -> str:
    """Return the sentence about an object of the HTTP library that calls do not run on; empty for any other object."""
    # What it does below the guard would be no known error and no known timeout there, so the call would be charged.
    if not _is_of_the_other(type(value).__mro__):
        return ""
    return (
        f"{what} is of {_OTHER}, and calls run on {httpx.__name__}. Nothing was sent. Next: make it with "
        f"{httpx.__name__}, or set CYARA_HTTP_LIBRARY={_OTHER} before the program starts"
    )


def check_library(options: Mapping[str, object]) -> None:
    """Refuse the options of a call that are objects of the other HTTP library.

    Raises:
        ConfigurationError: one is.
    """
    for name, value in options.items():
        # Spelled out, since it runs for each option of each call, most of which are None.
        if value is not None and _is_of_the_other(type(value).__mro__):
            raise ConfigurationError(wrong_library(f"{name}=", value))


def invalid_argument(name: str, value: object, *, takes: str, example: str) -> ConfigurationError:
    """Return the error for an argument."""
    if refusal := wrong_library(f"{name}=", value):
        return ConfigurationError(refusal)
    # Only numbers are repeated: a text may hold a password.
    shown = repr(value) if isinstance(value, int | float | NoneType) else f"a value of type {type(value).__name__}"
    return ConfigurationError(f"{name}= takes {takes}, not {shown}. Nothing was sent. Next: {name}={example}")


def is_number(value: object) -> bool:
    """Return whether it is a number of seconds or of things."""
    # A truth value is an int in Python.
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_timeout(_: object, __: object, value: object) -> None:
    """Refuse what httpx would hand to a socket unread."""
    if isinstance(value, httpx.Timeout):
        usable = all(part is None or _is_seconds(part) for part in value.as_dict().values())
    else:
        usable = value is None or (_is_seconds(value) and value != 0)
    if not usable:
        takes = f"seconds above 0, an {httpx.__name__}.Timeout of these, or None"
        raise invalid_argument("timeout", value, takes=takes, example="30")


def check_verify(_: object, __: object, value: object) -> None:
    """Refuse what names no authorities."""
    # None means no verification in one library and the default in another, so it is refused, too.
    if not isinstance(value, bool | str | os.PathLike | ssl.SSLContext):
        takes = "True, False, a file or folder of certificate authorities, or an ssl.SSLContext"
        raise invalid_argument("verify", value, takes=takes, example="'ca.pem'")


def check_certificate(_: object, __: object, value: Any) -> None:
    """Refuse what OpenSSL could not open."""
    # A list would be taken by OpenSSL, and its password pickled by us.
    if not (value is None or isinstance(value, str) or _is_pair(value)):
        takes = "a file's name, (certificate, key), or (certificate, key, password)"
        raise invalid_argument("cert", value, takes=takes, example="('client.pem', 'client.key')")


def check_text(name: str, value: object, *, example: str) -> None:
    """Refuse what is neither a text nor left out."""
    if not isinstance(value, str | NoneType):
        raise invalid_argument(name, value, takes="a text", example=example)


def check_user_agent(value: object) -> None:
    """Refuse what cannot become part of a header."""
    check_text("user_agent", value, example="'nightly-gate/2.1'")
    if value and not (str(value).isascii() and str(value).isprintable()):
        raise ConfigurationError("user_agent= is printable ASCII on one line; it becomes part of a header.")


def check_store(value: object) -> None:
    """Refuse what is neither a URL nor a store."""
    # A class has the attribute that its objects have.
    if not (value is None or isinstance(value, str)) and (isinstance(value, type) or not hasattr(value, "apply")):
        takes = "a strike store's URL, or a store"
        raise invalid_argument("store", value, takes=takes, example="'sqlite:///var/lib/ci/strikes.sqlite3'")


def check_environ(value: object) -> None:
    """Refuse an environment that holds anything but texts."""
    takes, example = "a mapping of texts", "dict(os.environ)"
    if not isinstance(value, Mapping | NoneType):
        raise invalid_argument("environ", value, takes=takes, example=example)
    for name, setting in cast("Mapping[object, object]", value or {}).items():
        if not isinstance(setting, str):
            raise invalid_argument("environ", setting, takes=f"{takes} (see {name})", example=example)


def _is_seconds(value: object) -> bool:
    return is_number(value) and 0 <= cast("float", value) <= threading.TIMEOUT_MAX


def _is_pair(value: object) -> bool:
    parts = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    return len(parts) in {2, 3} and all(isinstance(part, str | bytes | os.PathLike | NoneType) for part in parts)


_Validator = Callable[[object, "attrs.Attribute[Any]", object], None]


def whole_from(low: int) -> _Validator:
    """Return a validator for a number of things, `low` or more."""
    return _number(f"a whole number from {low}", lambda value: isinstance(value, int) and value >= low)


def seconds_from(low: float) -> _Validator:
    """Return a validator for seconds, or a factor, `low` or more."""
    return _number(f"a number from {low:g}", lambda value: value >= low)


def seconds_above(low: float) -> _Validator:
    """Return a validator for seconds, more than `low`."""
    return _number(f"a number above {low:g}", lambda value: value > low)


def _number(takes: str, is_usable: Callable[[float], bool]) -> _Validator:
    def check(_: object, field: "attrs.Attribute[Any]", value: object) -> None:
        # NaN compares false with everything, so it is refused, too.
        if not is_number(value) or not is_usable(cast("float", value)):
            raise invalid_argument(field.name, value, takes=takes, example=str(field.default))

    return check

"""Media types: which one of a document's list a request has or accepts."""

from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING, Any

from cyara_tools.portal.json_types import as_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON = "application/json"


def essence(content_type: str) -> str:
    """Return `type/subtype` in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, name: str) -> str | None:
    """Return one parameter of a media type, such as the boundary of a multipart body."""
    # The parser of e-mail headers knows quoting and RFC 2231, and `cgi` has left the standard library.
    message = Message()
    message["content-type"] = content_type
    found = message.get_param(name)
    return found if isinstance(found, str) else None


def is_json(media_type: str) -> bool:
    """Whether a body of this type is a JSON text."""
    name = essence(media_type)
    return name in {JSON, "text/json"} or name.endswith("+json")


def described(holder: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `content` of an answer or body; a key without a slash is a slip of the document and no media type."""
    return {name.strip(): node for name, node in as_object(holder.get("content")).items() if "/" in name}


def matches(media_type: str, listed: str) -> bool:
    """Whether a media type is meant by one that a document lists, which may be a range (`application/*+json`)."""
    actual, pattern = essence(media_type), essence(listed)
    if "*" in actual or "/" not in actual:
        return False
    if pattern in {actual, "*/*"}:
        return True
    # `application/*+json` means every type with that suffix, and `application/json` too, as ASP.NET reads it.
    kind, _, subtype = pattern.partition("/")
    actual_kind, _, actual_subtype = actual.partition("/")
    if kind not in {"*", actual_kind} or not subtype.startswith("*"):
        return False
    return subtype == "*" or actual_subtype.endswith(subtype[1:]) or f"+{actual_subtype}" == subtype[1:]


def pick(content_type: str, listed: Iterable[str]) -> str | None:
    """Return the entry of a document's list that a request's media type belongs to, the most exact first."""
    fitting = [name for name in listed if matches(content_type, name)]
    return min(fitting, key=lambda name: (name.count("*"), -len(name)), default=None)


def negotiate(accept: str, content: Mapping[str, object]) -> str | None:
    """Choose the media type of an answer: JSON if it is there and accepted, else by the order of the Accept header."""
    offered = sorted(content, key=lambda name: (essence(name) != JSON, not is_json(name)))
    wanted = [essence(part) for part in accept.split(",") if part.strip()] or ["*/*"]
    ranked = {name: [rank for rank, want in enumerate(wanted) if _accepts(want, essence(name))] for name in offered}
    taken = [name for name in offered if ranked[name]]
    if taken and not is_json(taken[0]):
        return min(taken, key=lambda name: ranked[name][0])
    # As ASP.NET does: an Accept header that fits nothing is ignored rather than answered by 406.
    return next(iter(taken or offered), None)


def _accepts(want: str, offered: str) -> bool:
    return want in {"*/*", offered} or (want.endswith("/*") and offered.startswith(want[:-1]))

"""A request by method and path, which no generated function makes: `cyara call GET /v3.0/...`."""

from __future__ import annotations

import json
import mimetypes
import re
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlencode

from cyara_auth.client.account import ACCOUNT, PLACEHOLDER
from cyara_auth.errors import ConfigurationError
from cyara_auth.extensions import OPERATION
from cyara_client._json import loads
from cyara_client._response import api_error
from cyara_client._text import text_of
from cyara_client.operations import OPERATIONS, Operation
from cyara_tools.api.body import open_file
from cyara_tools.api.texts import plain
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyara_auth._http import httpx
    from cyara_auth.client.cyara import Cyara
    from cyara_tools.portal.routing import Router

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_SLASHES: Final = re.compile("/+")


def url_of(path: str, pairs: Sequence[tuple[str, str]], account: object) -> str:
    """Return the relative URL of a call.

    Args:
        path: path below the base URL, which may have a query, and names in braces: that of the account, and those of
            parameters.
        pairs: parameters; those that have no place in the path are its query.
        account: number of the account; None where nobody says it.

    Raises:
        UsageError: a name in braces has no value, or the path is none.
        ConfigurationError: it has a place for the account, and nobody says which.
    """
    if not path.startswith("/") or path.startswith("//") or "#" in path:
        raise UsageError(
            f"{plain(path)!r} is no path below the base URL. Nothing was sent. Next: begin it with a slash: cyara "
            "call GET /v3.0/accounts/{accountId}/campaigns"
        )
    path, _, query = path.partition("?")
    values = dict(pairs)
    used: set[str] = set()

    def filled(found: re.Match[str]) -> str:
        name = found[1]
        if name in values:
            used.add(name)
            return quote(values[name], safe="")
        if not ACCOUNT.fullmatch(name):
            raise UsageError(
                f"The path has a place for {plain(name)}. Nothing was sent. Next: give --param {plain(name)}=VALUE"
            )
        if account is None:
            raise ConfigurationError(
                "No account is named. Nothing was sent. Next: give --account NUMBER, or set CYARA_ACCOUNT_ID"
            )
        return quote(str(account), safe="")

    path = PLACEHOLDER.sub(filled, path)
    rest = urlencode([(name, value) for name, value in pairs if name not in used], quote_via=quote)
    joined = "&".join(part for part in (query, rest) if part)
    return f"{path}?{joined}" if joined else path


def matched(method: str, url: httpx.URL, base_path: str) -> Operation | None:
    """Return the operation of the document that a portal takes a request for; None where it has none.

    Args:
        method: in upper case.
        url: of the request, as it will be sent.
        base_path: path of the API there.

    Raises:
        UsageError: the path leads out of the API, or could be read in two ways.
    """
    path = url.raw_path.decode("ascii").partition("?")[0]
    segments = [unquote(segment) for segment in _SLASHES.sub("/", path).split("/")]
    inner = "/".join(quote(segment, safe="") for segment in segments).rstrip("/")
    if not inner.casefold().startswith(f"{base_path}/".casefold()) or {".", ".."} & set(segments):
        raise UsageError("The path leads out of the API. Nothing was sent. Next: give it without dots")
    found = _router().candidates(inner[len(base_path) :], url.query.decode("ascii"), method)
    return next((OPERATIONS[served.operation_id] for served, _ in found), None)


@cache
def _router() -> Router:
    # Late: it is the local portal's, and only a call by its path needs it.
    from cyara_tools.portal.document import ServedOperation
    from cyara_tools.portal.routing import Router

    served: Any = ServedOperation
    return Router(
        served(method=one.method, path=one.path, raw={"operationId": one.operation_id}, parameters=(), public=False)
        for one in OPERATIONS.values()
    )


def body_arguments(text: str | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return content and headers of a request.

    Args:
        text: value of `--body`: text, `@FILE`, or `-` for standard input; None for no body.
        headers: what the caller sends beside it; a media type among them wins.

    Raises:
        UsageError: the file cannot be read.
    """
    if text is None:
        return {"headers": dict(headers)}
    if text == "-" or text.startswith("@"):
        with ExitStack() as stack:
            content = open_file(text.removeprefix("@"), stack).stream().read()
    else:
        content = text.encode()
    guessed = mimetypes.guess_type(text[1:])[0] if text.startswith("@") else None
    media_type = "application/json" if _is_json(content) else guessed or "application/octet-stream"
    named = any(name.lower() == "content-type" for name in headers)
    return {"content": content, "headers": dict(headers) if named else {"Content-Type": media_type, **headers}}


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def send(cyara: Cyara, method: str, url: str, arguments: Mapping[str, Any], operation: Operation | None) -> Any:
    """Send the request, and return its answer: JSON values, text, bytes, or None where it is empty.

    Args:
        cyara: sends it.
        method: in upper case.
        url: relative to the base URL.
        arguments: content and headers.
        operation: what the portal takes it for; None where the document has no such operation.

    Raises:
        ApiError: the answer is not a success.
        InferredOperationError: the operation would change things, and is a guess. Nothing was sent.
    """
    # As a generated function sends it, so that guard, retries and log know what is called.
    extensions = {} if operation is None else {"extensions": {OPERATION: operation}}
    response = cyara.raw(method, url, **arguments, **extensions)
    if not response.is_success:
        path = url.partition("?")[0]
        unknown = Operation(operation_id="cyara call", method=method, path=path, tag="", name="", module="")
        raise api_error(operation or unknown, response)
    return _read(response)


def _read(response: httpx.Response) -> Any:
    if not response.content:
        return None
    content_type = response.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.endswith(("/json", "+json")):
        try:
            return loads(response.content)
        except (ValueError, RecursionError):
            return text_of(response.content, content_type)
    return text_of(response.content, content_type) if media_type.startswith("text/") else response.content

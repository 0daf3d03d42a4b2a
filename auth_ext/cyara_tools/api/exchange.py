"""What people see of a call beside its answer: heads by `--include`, bodies of refusals; without secrets."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

from cyara_auth.redact import Redactor
from cyara_client._problem import REPLACEMENT, scrubbed
from cyara_client._text import text_of
from cyara_tools.output.errors import UsageError
from cyara_tools.output.plain_text import neutral
from cyara_tools.portal.spelling import OWNED_HEADERS
from cyara_tools.reports.ci_commands import no_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cyara_auth._http import httpx
    from cyara_client.errors import ApiError

_LONGEST: Final = 2_000
"""Characters of a body that are shown."""
_LOOKED_AT: Final = 16_000
_SECRET_HEADERS: Final = frozenset({"set-cookie", "set-cookie2", "authorization", "authentication-info"})
_OUR_HEADERS: Final = OWNED_HEADERS - {"accept", "content-type", "cookie"}
"""What the client writes itself: the credential, and what belongs to the connection."""
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[ -~]*")


def headers_of(lines: Sequence[str]) -> dict[str, str]:
    """Return the headers of `--header 'Name: value'`.

    Raises:
        UsageError: one is none, or is the client's own.
    """
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        # The value is not repeated: it may be a secret.
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value.strip()):
            raise UsageError("--header takes 'Name: value', in plain characters. Nothing was sent.")
        if name.lower() in _OUR_HEADERS:
            raise UsageError(f"The client writes the header {name} itself. Nothing was sent. Next: leave it out")
        headers[name] = value.strip()
    return headers


def hooks(headers: dict[str, str], *, include: bool) -> dict[str, list[Callable[[Any], object]]]:
    """Return the event hooks of a client that sends these headers, and shows the heads of answers."""

    def add(request: httpx.Request) -> None:
        request.headers.update(headers)

    return {"request": [add] if headers else [], "response": [_show_head] if include else []}


def _show_head(response: httpx.Response) -> None:
    """Write status and headers to standard error, so that the answer itself stays what programs can read."""
    redact = Redactor()
    lines = [f"{response.http_version} {response.status_code} {response.reason_phrase}".rstrip()]
    for name, value in response.headers.multi_items():
        shown = REPLACEMENT if name.lower() in _SECRET_HEADERS else scrubbed(redact(value))
        lines.append(f"{name}: {shown}")
    sys.stderr.write(no_command("\n".join(neutral(line) for line in lines)) + "\n\n")


def show_refusal(error: ApiError, redact: Callable[[str], str]) -> None:
    """Write the body of a refusal to standard error, shortened."""
    if b"\x00" in error.content:
        return
    text = text_of(error.content[:_LOOKED_AT], error.headers.get("content-type", "")).strip()
    if len(error.content) > _LOOKED_AT:
        # Not within a word: half a secret has not the shape of one.
        text = text.rpartition(" ")[0]
    clean = neutral(scrubbed(redact(text)).replace("\r\n", "\n"), keep="\n\t")
    if clean:
        shown = clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 3]}..."
        sys.stderr.write(f"{no_command(shown)}\n")

"""What kind of web page was saved in place of a document, and where that page says that the document is."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from pipeline.document.refusal import SAVE_IT, SIGN_IN
from pipeline.errors import quoted
from pipeline.fetch.portal_address import documents_in_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.document.refusal import Reason

_HEAD = 4096
_MOST = 2**20
"""Characters of a page that are looked at: whoever saves a page gets its own code first."""
_PAGE = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|div|meta)[\s>]", re.IGNORECASE | re.DOTALL
)
_INSIDE = re.compile(r"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,200})</title", re.IGNORECASE)
_SIGN_IN = re.compile(
    r"""type\s{0,9}=\s{0,9}["']?password|<title[^>]{0,200}>[^<]{0,200}\b(?:sign|log)[ -]?(?:in|on)\b|SAMLRequest"""
    r"""|action\s{0,9}=\s{0,9}["'][^"']{0,300}(?:log|sign)[_-]?[io]n""",
    re.IGNORECASE,
)
_VIEWER = re.compile(r"swagger-?ui|redoc|<rapi-doc|scalar|stoplight", re.IGNORECASE)
# A browser's view of JSON, saved as a page.
_HOLDS_IT = re.compile(r"""<pre[^>]{0,300}>\s{0,99}\{\s{0,99}(?:"|&quot;|&#34;)(?:openapi|swagger)\b""", re.IGNORECASE)
# Browsers write where a page came from above it, with the length of the address.
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(https?://[^\s<>\"']{1,300})")
_ORIGIN = re.compile(r"https?://[^\s<>\"'/]{1,200}/")
_NOWHERE = "https://page.invalid"
_MOST_ORIGINS = 20


def is_web_page(text: str) -> bool:
    """Return whether a text is HTML, whatever stands above it (comments, an XML declaration, MIME headers)."""
    head = text[:_HEAD]
    return _PAGE.match(head) is not None or (head.lstrip()[:1] == "<" and _INSIDE.search(head) is not None)


def web_page(text: str) -> Reason:
    """Return what a page is, and how to get from it to the document."""
    text = text[:_MOST]
    found = _TITLE.search(text)
    title = html.unescape(found[1]).strip() if found else ""
    titled = f", titled {quoted(title)}" if title else ""
    if _HOLDS_IT.search(text):
        return (
            f"is a web page that holds the document as a text{titled}",
            f"Save the JSON alone, as raw data. {SAVE_IT}",
        )
    if _VIEWER.search(text):
        return f"is a web page that shows an API (Swagger UI or its kind{titled}), not the document itself", _way(text)
    if _SIGN_IN.search(text):
        return f"is a web page to sign in{titled}", SIGN_IN
    return f"is a web page{titled}", SIGN_IN


def _way(text: str) -> str:
    document = next(_documents(text), None)
    if document is None:
        return f"Open the link to the JSON below the page's title, and save what it shows. {SAVE_IT}"
    where = "" if document.startswith("http") else "of the portal "
    return f"Open the address {quoted(document)} {where}and save what it shows, or give it to `fetch --url`."


def _documents(text: str) -> Iterator[str]:
    """Yield the documents that a page names, each with its host where the page tells that."""
    saved = _SAVED_FROM.search(text)
    if saved:
        yield from documents_in_page(text, saved[1])
    yield from (address.removeprefix(_NOWHERE) for address in documents_in_page(text, f"{_NOWHERE}/"))
    for origin in list(dict.fromkeys(_ORIGIN.findall(text)))[:_MOST_ORIGINS]:
        yield from documents_in_page(text, origin)

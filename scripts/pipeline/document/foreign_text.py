"""What a text is that is no OpenAPI document.

Asked only once it could not be read as one, so that no document is taken for something else.
"""

from __future__ import annotations

import re

from pipeline.document.refusal import SAVE_AGAIN, SAVE_IT, Reason
from pipeline.document.web_page import is_web_page, web_page
from pipeline.errors import quoted

_HEAD = 8192
_COMMENTS = re.compile(r"(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_JSONP = re.compile(r"[A-Za-z_$][\w.$]{0,100}\s?\(\s{0,50}[{\[]")
_SCRIPT = re.compile(
    r"export\s|module\.exports|(?:const|let|var)\s+\w+\s?=|import\s[^\n]{0,200}from\s|window\.|\(?function\b"
    r"|[\"']use strict"
)
_GRAPHQL = re.compile(
    r'(?:\s|#[^\n]*\n|"""(?:(?!""").)*""")*(?:extend\s+)?'
    r"(?:schema|type|interface|enum|union|input|scalar|directive|query|mutation|fragment)\b[^:\n]{0,200}[{@=(]",
    re.DOTALL,
)
_REQUEST = re.compile(r"(?:###[^\n]*\n|@\w+\s*=[^\n]*\n|\s)*(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S")
_BRUNO = re.compile(r"\s*meta\s?\{\s*\n\s*name:")
_CONFLICT = re.compile(r"(?m)^<{7} ")
_LOG_LINE = re.compile(
    r"\s*(?:(?:info|warn|fail|crit|dbug|trce): [\w.]+\[\d+\]"
    r"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\n]{0,40}?\b(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL|INF|WRN|ERR|DBG)\b)"
)
_MAIL = re.compile(r"(?im)^content-type:\s*(?:multipart/related|text/html)")
_ROOT = re.compile(r"<(?![?!])([A-Za-z_][\w.:-]{0,100})")
_BY_MARK: dict[str, Reason] = {
    "#%RAML": ("is a RAML file", SAVE_IT),
    "FORMAT: 1A": ("is an API Blueprint", SAVE_IT),
    "HTTP/": ("begins with the headers of an HTTP answer", "Save the body alone: `curl` without `-i`."),
    ")]}'": ("begins with )]}', a guard against scripts", "Remove that beginning, up to the first brace."),
    "version https://git-lfs": ("is a pointer of Git LFS, not the file itself", "Run `git lfs pull`."),
    "syntax = ": ("is a Protocol Buffers file, which describes a gRPC service", SAVE_IT),
    "syntax=": ("is a Protocol Buffers file, which describes a gRPC service", SAVE_IT),
    "```": ("stands in a code block of Markdown", "Remove its first and its last line, the ones with ```."),
    "curl ": ("is a command for curl", "Run it with `-o swagger.json`, and name that file."),
}
# By what only a file of that kind holds; the first that is found counts.
_XML_KINDS = {
    "http://schemas.xmlsoap.org/wsdl/": "a WSDL file, which describes a SOAP service",
    "http://www.w3.org/ns/wsdl": "a WSDL file, which describes a SOAP service",
    "http://wadl.dev.java.net/": "a WADL file",
    "/ns/edmx": "OData metadata",
    "schemas.microsoft.com/ado/": "OData metadata",
    "http://schemas.xmlsoap.org/soap/envelope": "the answer of a SOAP service",
    "http://www.w3.org/2003/05/soap-envelope": "the answer of a SOAP service",
}


_SCRIPT_STEP = f"If it is the script of a Swagger UI, its `url` says where the document is. {SAVE_IT}"
_BY_PATTERN: dict[re.Pattern[str], Reason] = {
    _BRUNO: ("is a request of Bruno", SAVE_IT),
    _SCRIPT: ("is JavaScript", _SCRIPT_STEP),
    _JSONP: ("is JSON inside of a call (JSONP)", "Save what stands between the parentheses, and name that file."),
    _GRAPHQL: ("is a GraphQL schema or query", SAVE_IT),
    _REQUEST: ("is a list of HTTP requests", SAVE_IT),
    _LOG_LINE: ("is the log of a program", SAVE_IT),
}


def foreign_text(text: str) -> Reason | None:
    """Return what a text is, and the next step; None where it does not tell."""
    head = text[:_HEAD].lstrip()
    if not head:
        return "is empty", SAVE_AGAIN
    if is_web_page(text):
        return web_page(text)
    if head.startswith("<") and not head.startswith("<<<<"):
        return _xml(head)
    return _with_a_mark(head) or _commented(text) or _by_pattern(text)


def _with_a_mark(head: str) -> Reason | None:
    """Return what a text is that says so in its first line."""
    for mark, reason in _BY_MARK.items():
        if head.startswith(mark):
            return reason
    if _MAIL.search(head) and "mime-version:" in head.lower():
        return "is a web page, saved whole (MHTML)", SAVE_IT
    return None


def _commented(text: str) -> Reason | None:
    head = text[:_HEAD]
    found = _COMMENTS.match(head)
    rest = head[found.end() :] if found else head
    if rest[:1] in {"{", "["} and head.lstrip()[:1] == "/":
        line = head[: len(head) - len(head.lstrip())].count("\n") + 1
        return f"has a comment in line {line}, and JSON has none", "Remove the comments."
    return None


def _by_pattern(text: str) -> Reason | None:
    """Return what a text is by the form of its first lines."""
    head = text[:_HEAD]
    conflict = _CONFLICT.search(text)
    if conflict and "\n=======" in text:
        line = text[: conflict.start()].count("\n") + 1
        return f"has the marks of a merge conflict in line {line}", "Resolve it with git, and build again."
    # Below comments: whoever saves a script gets its licence first.
    found = _COMMENTS.match(head)
    code = head[found.end() :] if found else head
    for pattern, reason in _BY_PATTERN.items():
        if pattern.match(code):
            return reason
    return None


def _xml(head: str) -> Reason:
    for mark, what in _XML_KINDS.items():
        if mark in head:
            return f"is {what}", SAVE_IT
    root = _ROOT.search(head)
    if root and root[1].rpartition(":")[2] == "schema":
        return "is an XML schema", SAVE_IT
    return f"is XML{f' with the root {quoted(root[1])}' if root else ''}", SAVE_IT

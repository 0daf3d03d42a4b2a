"""Docstrings of the resources, made from those of the endpoint functions."""

from __future__ import annotations

import re
import textwrap

ITERATOR = """limit: how many items at most; None for all.
on_page: called with each page as it arrives, before its items.
prefetch: fetch the next page while the items of this one are used."""

EVERY_ITEM = "Every item of every page, one after the other."

DOWNLOAD = """path: where the file shall be; replaced in one step, only when everything has arrived.
progress: called with bytes so far and bytes in all (None when the portal does not say).
max_bytes: largest size accepted.
sha256: expected hash in hexadecimal."""

PATH = "The path, once the whole file is there."

DOWNLOAD_ERROR = "DownloadError: too large, cut off, or not the file expected; or no file can be made at `path`."

_CLIENT = "    client: what `cyara_auth.connect()` returns, or anything else that hands out httpx clients."
_ARGUMENTS = "Args:"
_RETURNS = "Returns:"
_RAISES = "Raises:"

_CODE = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
"""Code between backticks, as Markdown has it: as many behind it as before, and no empty line in it."""

_INLINE = 2
"""Backticks that open code within a line; three and more open a block, whose lines are lines."""

_GLUED = str.maketrans({" ": "\x00", "\n": "\x00"})


def wrapped(text: object, width: int) -> str:
    """Return a text with lines of that many characters; code between backticks, and long addresses, stay whole."""
    glued = _CODE.sub(lambda code: code[0] if len(code[1]) > _INLINE else code[0].translate(_GLUED), str(text))
    wrapper = textwrap.TextWrapper(
        width, expand_tabs=False, replace_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    lines = ["\n".join(wrapper.wrap(line)) for line in glued.splitlines()]
    return "\n".join(lines).replace("\x00", " ")


def for_resource(
    docstring: str, *, added: str = "", without: str | None = None, returns: str = "", raises: str = ""
) -> str:
    """Return the docstring of a method: no client among the arguments, and the arguments that a method adds.

    Args:
        docstring: cleaned docstring of the endpoint function.
        added: lines about further arguments.
        without: argument that the method does not have.
        returns: what the method returns, when it is not what the endpoint function returns.
        raises: a further error, and when.
    """
    lines = docstring.splitlines()
    if _ARGUMENTS not in lines:
        return docstring
    start = lines.index(_ARGUMENTS)
    end = next((index for index in range(start + 1, len(lines)) if not lines[index].startswith("    ")), len(lines))
    kept: list[str] = []
    skipping = False
    for line in lines[start + 1 : end]:
        # Deeper indented lines go on with the entry before them, and are kept or left out with it.
        if not line.startswith("     "):
            skipping = line == _CLIENT or (without is not None and line.startswith(f"    {without}: "))
        if not skipping:
            kept.append(line)
    kept += [f"    {line}" for line in added.splitlines()]
    section = [_ARGUMENTS, *kept, ""] if kept else []
    rest = lines[end:]
    while rest and not rest[0]:
        rest.pop(0)
    if returns and _RETURNS in rest:
        after = rest[rest.index("", rest.index(_RETURNS)) :] if "" in rest else []
        rest = [_RETURNS, f"    {returns}", *after]
    if raises and _RAISES in rest:
        rest.insert(rest.index(_RAISES) + 1, f"    {raises}")
    # A docstring is a constant in the syntax tree, so `ast.unparse` does not indent it.
    text = "\n".join([*lines[:start], *section, *rest])
    indented = "\n".join(f"        {line}" if line else "" for line in text.splitlines())
    return f"{indented.strip()}\n        "

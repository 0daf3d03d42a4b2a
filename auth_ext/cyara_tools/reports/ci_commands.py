"""Lines that a CI takes for commands: how to write one, and how to keep a text of the portal's from being one.

GitHub (`actions/runner`, ActionCommand.cs) takes a line that begins with `::name::`, and `##[name]` anywhere in it.
Azure (`azure-pipelines-agent`, Command.cs) takes `##vso[area.event]` anywhere in a line, and shows `##[name]` in
another way.
"""

import re
from typing import Final

_GITHUB_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_GITHUB_PROPERTY: Final = _GITHUB_DATA | str.maketrans({":": "%3A", ",": "%2C"})
_AZURE_DATA: Final = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
_AZURE_PROPERTY: Final = _AZURE_DATA | str.maketrans({"]": "%5D", ";": "%3B"})
_ANYWHERE: Final = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
_AT_THE_START: Final = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def no_command(text: str) -> str:
    """Return a text in which no line is a command: the signs of one stand apart, and are read by people as before."""
    return _AT_THE_START.sub(r"\1: ", _ANYWHERE.sub("# #", text))


def json_without_command(text: str) -> str:
    """Return JSON that says the same, and has no command in it wherever it is printed."""
    # Two such signs can stand within a string only, and JSON has another way to write one.
    return text.replace("##", "#\\u0023")


def github_command(name: str, text: str, *, title: str) -> str:
    """Return the line of a workflow command, as `error`, `warning` and `notice` take it."""
    shown = no_command(title).translate(_GITHUB_PROPERTY)
    return f"::{name} title={shown}::{no_command(text).translate(_GITHUB_DATA)}"


def azure_issue(kind: str, text: str) -> str:
    """Return the line that logs an `error` or `warning` of a pipeline."""
    shown = kind.translate(_AZURE_PROPERTY)
    return f"##vso[task.logissue type={shown}]{no_command(text).translate(_AZURE_DATA)}"

"""Texts of a document where people read them: the parts of a docstring, without anything that acts on a terminal."""

from __future__ import annotations

import inspect
import re
from typing import Final

_ARGS: Final = "\nArgs:\n"
_ARGUMENT: Final = re.compile(r"^ {4}(\w+): (.*)$")
_SENT: Final = "\nSent as "


def plain(text: str) -> str:
    """Return a text as one line, with what cannot be seen left out."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def description_of(docstring: str) -> list[str]:
    """Return the paragraphs of an operation's description, its summary first."""
    text = inspect.cleandoc(docstring)
    text = text[: text.index(_SENT)] if _SENT in text else text.partition("\n\n")[0]
    return [plain(paragraph) for paragraph in text.split("\n\n") if plain(paragraph)]


def arguments_of(docstring: str) -> dict[str, str]:
    """Return what an operation's docstring says of each argument, by its Python name."""
    _, found, section = inspect.cleandoc(docstring).rpartition(_ARGS)
    texts: dict[str, list[str]] = {}
    name = ""
    for line in section.split("\n") if found else ():
        if match := _ARGUMENT.match(line):
            name = match[1]
            texts[name] = [match[2]]
        elif line.startswith(" " * 8) and name:
            texts[name].append(line)
        else:
            break
    return {name: plain(" ".join(lines)) for name, lines in texts.items()}


def attributes_of(docstring: str) -> dict[str, str]:
    """Return what a model's docstring says of each attribute, by its Python name."""
    return arguments_of(docstring.replace("\n    Attributes:\n", "\n    Args:\n"))

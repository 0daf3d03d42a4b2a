"""YAML as OpenAPI allows it: the part of YAML 1.2 that is JSON written differently.

Numbers, booleans and null follow the JSON schema of YAML 1.2, chapter 10.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.document.refusal import refuse
from pipeline.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.document.refusal import Reason

DEPTH_LIMIT = 200
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
# Overlays and settings are read by this, too: a step that only a document knows would be none for them.
_AGAIN = "Save the whole file again."
_KEEP_ONE = "Keep one of the two."
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")


class _Tree:
    """A tree under construction: the open collections, and the key that waits for its value in each mapping."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: object = None
        self.open: list[dict[str, Any] | list[Any]] = []
        self.keys: list[str | None] = []

    def add(self, value: object, *, is_text: bool) -> None:
        if not self.open:
            self.root = value
            return
        parent, key = self.open[-1], self.keys[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif key is not None:
            parent[key] = value
            self.keys[-1] = None
        elif not is_text:
            refuse(self.name, "has a key that is not plain text")
        elif value in parent:
            refuse(self.name, f"is not valid: the key {quoted(value)} stands twice in one object", _KEEP_ONE)
        else:
            self.keys[-1] = str(value)

    def begin(self, collection: dict[str, Any] | list[Any]) -> None:
        self.add(collection, is_text=False)
        self.open.append(collection)
        self.keys.append(None)
        if len(self.open) > DEPTH_LIMIT:
            refuse(self.name, f"is nested more than {DEPTH_LIMIT} levels deep")

    def end(self) -> None:
        self.open.pop()
        self.keys.pop()


def read_yaml(text: str, *, name: str) -> object:
    """Return the data of one YAML document.

    Raises:
        RefusedDocumentError: invalid YAML, an alias, a tag, a second document, a duplicate key, nested too deeply.
    """
    # Built from the parser's events: the ready-made loaders recurse without limit, let a second key win silently, and
    # turn `no` and `2024-01-01` into a boolean and a date.
    tree = _Tree(name)
    try:
        for event in _events(text):
            _take(tree, event)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        refuse(name, *_fault(text, error))
    return tree.root


def _events(text: str) -> Iterator[yaml.Event]:
    return yaml.parse(text, Loader=LOADER)


def _take(tree: _Tree, event: yaml.Event) -> None:
    # A short text of aliases of aliases can stand for gigabytes.
    if isinstance(event, yaml.AliasEvent):
        refuse(tree.name, "uses a YAML alias, and those are not followed", "Write the part out.")
    if isinstance(event, yaml.DocumentStartEvent) and tree.root is not None:
        refuse(tree.name, "holds more than one YAML document", "Keep the one that describes the API.")
    if getattr(event, "tag", None) is not None:
        refuse(tree.name, "uses a YAML tag; JSON has none", "Write the value without it.")
    if isinstance(event, yaml.ScalarEvent):
        # A key is text whatever it looks like (status codes are numbers), and so is what stands in quotes.
        is_key = bool(tree.open) and isinstance(tree.open[-1], dict) and tree.keys[-1] is None
        value = event.value if is_key or event.style else _scalar(event.value)
        tree.add(value, is_text=is_key)
    elif isinstance(event, yaml.MappingStartEvent):
        tree.begin({})
    elif isinstance(event, yaml.SequenceStartEvent):
        tree.begin([])
    elif isinstance(event, yaml.CollectionEndEvent):
        tree.end()


def _scalar(text: str) -> object:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        # `1e999` is infinite to Python, and JSON cannot carry that: it stays text.
        number = float(text)
        return number if number not in {float("inf"), float("-inf")} else text
    return text


def _fault(text: str, error: Exception) -> Reason:
    """Return what an error of the parser comes from, and the next step."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is not None:
        lines = text.splitlines()
        line = lines[mark.line] if mark.line < len(lines) else ""
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            what = f"has a tab at the beginning of line {mark.line + 1}, and YAML is indented by spaces only"
            return what, "Replace all tabs there by spaces."
        if not "".join(lines[mark.line :])[mark.column :].strip():
            last = text.rstrip().count("\n") + 1
            return f"was cut off: it ends in line {last}, before a bracket or quote is closed", _AGAIN
    reason = str(error).replace("\n", " ")
    return f"is not valid YAML or JSON: {quoted(reason)}", "Mend it there, or save the file again."

"""Reads a small YAML file that people write, strictly, and remembers the line of each thing in it.

Scalars are read by the core schema of YAML 1.2, so that `on` is a word and `1:30` no number. What can surprise is a
problem: a key that stands twice, a tag, an anchor, a number with a leading zero.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import attrs
import yaml

MOST_BYTES: Final = 256 * 1024
_DEEPEST: Final = 10

Path = tuple[str | int, ...]


@attrs.frozen(order=True)
class Problem:
    """What is wrong, as a sentence, and in which line, from 1."""

    line: int
    sentence: str


@attrs.define
class Located:
    """What a file says.

    Attributes:
        value: JSON values.
        lines: line of each thing in it, from 1, by the keys and indices that lead there.
        problems: what was wrong; `value` then lacks what could not be read.
    """

    value: Any = None
    lines: dict[Path, int] = attrs.field(factory=dict[Path, int])
    problems: list[Problem] = attrs.field(factory=list[Problem])

    def line_of(self, path: Path) -> int:
        """Return the line of a thing, or of the nearest around it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


class _CoreLoader(yaml.SafeLoader):
    """The library's own safe loader, with fewer words that it takes for something else."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012  # the library's own name, and copied by it


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    # The library has no types of its own, and those of others leave this out.
    _CoreLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first
    )


def read_yaml(text: str) -> Located:
    """Read one document; nothing raises, problems are part of what is returned."""
    found = Located()
    try:
        found.problems += _forbidden(text)
        if not found.problems:
            node = yaml.compose(text, Loader=_CoreLoader)
            found.value = None if node is None else _value(node, (), found)
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark)
        found.problems.append(Problem(line, f"This is no YAML: {error.problem or error.context}."))
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1 if isinstance(error.position, int) else 1
        found.problems.append(Problem(line, "There is a character that YAML does not allow."))
    return found


def _forbidden(text: str) -> Iterator[Problem]:
    """Yield what is YAML, but not for such a file; from events, since nodes no longer show it."""
    depth = 0
    for event in yaml.parse(text, Loader=_CoreLoader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield Problem(line, "Anchors and aliases (& and *) are not read. Quote a text that begins so.")
        if getattr(event, "tag", None):
            yield Problem(line, "Tags (!) are not read. Quote a text that begins so.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                yield Problem(line, "This is nested too deeply.")
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: yaml.Node, path: Path, found: Located) -> Any:
    found.lines.setdefault(path, _line(node.start_mark))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, found)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), found) for index, item in enumerate(node.value)]
    return _scalar(node, found)


def _mapping(node: yaml.MappingNode, path: Path, found: Located) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = _line(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            found.problems.append(Problem(line, "A key has to be one word."))
            continue
        key: str = key_node.value
        if key in values:
            found.problems.append(Problem(line, f"{key} stands twice; the first is in line {found.lines[*path, key]}."))
            continue
        found.lines[*path, key] = line
        values[key] = _value(value_node, (*path, key), found)
    return values


def _scalar(node: yaml.Node, found: Located) -> Any:
    text: str = node.value
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            if len(digits := text.lstrip("-+")) > 1 and digits.startswith("0"):
                sentence = (
                    f"{text[:40]} begins with 0, which some readers take for octal. "
                    "Write it without the 0, or in quotes where it is a name."
                )
                found.problems.append(Problem(_line(node.start_mark), sentence))
            # Far more digits than any number here has would take long to read.
            return int(text) if len(text) <= 40 else text  # noqa: PLR2004  # any such bound will do
        case "float":
            return float(text)
        case _:
            return text


def _line(mark: Any) -> int:
    """Return the line of a mark of the library's, from 1; the first where it has none."""
    return 1 if mark is None else int(mark.line) + 1

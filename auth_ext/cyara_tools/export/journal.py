"""What an export remembers beside its unfinished file: what was asked, which runs there are, and which are written.

One JSON value a line, so that going on is appending. A line that was cut off is the last one, and counts for nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.export.runs import ChosenRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FORM: Final = "cyara export 1"


@attrs.frozen(kw_only=True)
class Plan:
    """What is exported.

    Attributes:
        options: what the caller asked, and of whom; the same must be asked to go on.
        begun: when it was asked, as ISO 8601.
        columns: name and kind of each.
        replaces: whether a file of the final name was there, and is to be replaced.
        runs: in their order in the file.
        undated: how many runs were left out because their start cannot be read.
    """

    options: dict[str, Any]
    begun: str
    columns: list[list[str]]
    replaces: bool
    runs: Sequence[ChosenRun]
    undated: int = 0


@attrs.frozen(kw_only=True)
class Done:
    """How far the file is written: by runs, bytes and rows; and what was odd, as sentences."""

    runs: int = 0
    size: int = 0
    rows: int = 0
    problem: str | None = None


@attrs.frozen(kw_only=True)
class Journal:
    """What was read of one: no plan where it was not complete yet."""

    plan: Plan | None
    done: Sequence[Done] = ()


def journal_of(target: Path) -> Path:
    """Return where the journal of a file lies."""
    return target.with_name(target.name + ".journal")


def plan_lines(plan: Plan) -> str:
    """Return the first lines of a journal."""
    head = {name: value for name, value in attrs.asdict(plan, recurse=False).items() if name != "runs"}
    values = [{"form": _FORM, **head}, *(run.facts() for run in plan.runs), {"planned": len(plan.runs)}]
    return "".join(json.dumps(value) + "\n" for value in values)


def done_line(done: Done) -> str:
    """Return the line that says how far the file is."""
    return json.dumps(attrs.asdict(done)) + "\n"


def read_journal(text: str) -> Journal:
    """Read a journal.

    Raises:
        ValueError: it is none.
    """
    values = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    if not values:
        if text and not f'{{"form": "{_FORM}"'.startswith(text[: len(_FORM)]):
            raise ValueError("not a journal of an export")
        return Journal(plan=None)
    try:
        head = values[0]
        if head.pop("form") != _FORM:
            raise ValueError("not a journal of this form")
        end = next((number for number, value in enumerate(values) if "planned" in value), None)
        if end is None:
            return Journal(plan=None)
        plan = Plan(**head, runs=[ChosenRun.of(value) for value in values[1:end]])
        return Journal(plan=plan, done=[Done(**value) for value in values[end + 1 :]])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a journal of an export") from error

"""The comparison as a page of Markdown: one column per contender, nothing in it that was not measured."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEAD = """# Beside what people would use instead

Written by `python3 scripts/dev.py bench comparison`, which measures all of it again. Every contender calls the same
server from a process of its own, in turn with the others; the clients of the two generators are made from the bundled
document just before. What they cost are medians of one run on one machine ({machine}):
compare columns, not runs. What they do is what each did with an answer of the local portal.
"""


def page(columns: Mapping[str, Mapping[str, str]], absent: str) -> str:
    """Return the page; `absent` says who could not take part, if anyone."""
    machine = (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )
    labels = list(next(iter(columns.values())))
    lines = [_line(["", *columns]), "|---" * (len(columns) + 1) + "|"]
    lines += [_line([label, *(cells[label] for cells in columns.values())]) for label in labels]
    notice = f"\n{absent}\n" if absent else ""
    return HEAD.format(machine=machine) + "\n" + "\n".join(lines) + "\n" + notice


def _line(cells: Sequence[str]) -> str:
    """Return one line of the table; a value that came from a server is not to be read as its syntax."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

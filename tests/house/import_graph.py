"""Which module imports which, and the floors of the house: read from sources, so that nothing is imported to know.

`tests/house` judges by it, and `draw_house.py` draws it. Sources are a mapping of paths below a source root
(`cyara_auth/guard/core.py`) to their text, so that a test can plant a fault without touching a file.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY = "vocabulary"
"""The room of the modules that lie in no folder: credentials, origins, clocks, warnings."""
FLOORS: tuple[tuple[str, ...], ...] = (
    ("_http", "errors"),
    (VOCABULARY, "_platform"),
    ("strikes",),
    ("stores", "providers"),
    ("guard",),
    ("transport",),
    ("workflows", "drift"),
    ("client",),
    ("requests", "__init__"),
    ("cyara_tools",),
)
"""From the ground up. A module imports from its own room and from lower floors; rooms of one floor do not meet."""
LANDING = {VOCABULARY, "_platform"}
"""The one exception: what asks the operating system uses the vocabulary, and may be used by it."""


def read_sources(*folders: str) -> dict[str, str]:
    """Return the sources below these folders of the repository, by their path in the folder."""
    return {
        path.relative_to(ROOT / folder).as_posix(): path.read_text("utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def module_name(path: str) -> str:
    """Return the dotted name of a source; a package is named without its `__init__`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(path: str, source: str) -> Iterator[str]:
    """Yield what a source imports, in full: at its top, late, for types only, or by a name in quotes.

    `from a import b` yields `a.b`, because `b` may be a module.
    """
    # A relative import starts at the folder: that is what `__init__.py` itself is named after.
    folder = path.split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                start = folder[: len(folder) + 1 - node.level] if node.level else []
                home = [*start, *([node.module] if node.module else [])]
                yield from (".".join([*home, alias.name]) for alias in node.names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
            case _:
                pass


def import_graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return for each module those of the same sources that it imports; what is elsewhere keeps its full name."""
    modules = {module_name(path) for path in sources}

    def home(name: str) -> str:
        # `a.b.Name` is imported from the longest part of it that is a module.
        parts = name.split(".")
        found = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((part for part in found if part in modules), name)

    return {module_name(path): {home(name) for name in imports(path, source)} for path, source in sources.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of one import circle, the first of them once more at the end; none is an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def room(module: str) -> str | None:
    """Return the room of a module, or nothing for what is no part of the house."""
    package, _, inner = module.partition(".")
    if package == "cyara_tools":
        return package
    if package != "cyara_auth":
        return None
    first, _, rest = inner.partition(".")
    # A folder that no floor names is a room all the same, so that `floor()` can refuse it.
    return first if rest or any(first in rooms for rooms in FLOORS) else VOCABULARY if first else "__init__"


def floor(name: str) -> int:
    """Return how high a room lies, from 0."""
    return next(height for height, rooms in enumerate(FLOORS) if name in rooms)


def wrong_way(graph: Mapping[str, set[str]]) -> list[str]:
    """Return every import that goes up or across, as `importer -> imported`."""
    return [
        f"{module} -> {imported}"
        for module, targets in sorted(graph.items())
        for imported in sorted(targets)
        if not _may_import(room(module), room(imported))
    ]


def _may_import(importer: str | None, imported: str | None) -> bool:
    # What is no part of the house has rules of its own: who may touch the client, and that nobody imports scripts.
    if importer is None or imported is None or importer == imported:
        return True
    return {importer, imported} == LANDING or floor(imported) < floor(importer)

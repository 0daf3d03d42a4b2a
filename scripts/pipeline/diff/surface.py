"""What changed in the Python surface of two generated packages: found by reading them with griffe, never by importing.

Signatures of endpoint functions and resource methods, classes of models and their attributes, members of enumerations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import griffe

from pipeline.diff.difference import PYTHON, Difference, code
from pipeline.install.layout import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PARTS = ("api", "models", "resources", "client", "errors", "types")
_SYNC_TWINS = {"asyncio", "asyncio_detailed", "sync_detailed"}
"""Their signatures follow that of ``sync``; naming each change four times would hide it."""


def surface(root: Path) -> dict[str, str]:
    """Return the public names of the package below ``root``, dotted, each with its signature or type."""
    # Never by importing: both packages have one name, and the older one may need another Python.
    loader = griffe.GriffeLoader(search_paths=[root], allow_inspection=False)
    package = loader.load(PACKAGE, try_relative_path=False)
    found: dict[str, str] = {}
    if isinstance(package, griffe.Module):
        for part in _PARTS:
            member = package.members.get(part)
            if isinstance(member, griffe.Module):
                found |= _collected(member)
    return found


def surface_differences(old: dict[str, str], new: dict[str, str]) -> Iterator[Difference]:
    """Yield what was removed, added and changed; a member of something removed or added is not named again."""
    for name in sorted(old.keys() - new.keys()):
        # With a class goes all of it: naming each attribute would bury the one line that says it.
        if name.rpartition(".")[0] in new or "." not in name or name.rpartition(".")[0] not in old:
            yield Difference(kind=PYTHON, breaking=True, rule="name-removed", subject=name, text="is gone")
    for name in sorted(new.keys() - old.keys()):
        if name.rpartition(".")[0] in old or "." not in name or name.rpartition(".")[0] not in new:
            yield Difference(kind=PYTHON, breaking=False, rule="name-added", subject=name, text="is new")
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            breaking = _is_breaking(old[name], new[name])
            text = f"changes from {code(old[name])} to {code(new[name])}"
            yield Difference(kind=PYTHON, breaking=breaking, rule="signature-changed", subject=name, text=text)


def _collected(module: griffe.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    pending: list[griffe.Module | griffe.Class] = [module]
    while pending:
        parent = pending.pop()
        for name, member in parent.members.items():
            if isinstance(member, griffe.Alias) or _is_twin(name, member):
                continue
            path = member.path.removeprefix(f"{PACKAGE}.")
            if isinstance(member, griffe.Module):
                found[path] = "module"
                pending.append(member)
            elif isinstance(member, griffe.Class):
                found[path] = f"class {name}({', '.join(str(base) for base in member.bases)})"
                pending.append(member)
            elif isinstance(member, griffe.Function):
                found[path] = _signature(member)
            elif isinstance(member, griffe.Attribute) and isinstance(parent, griffe.Class):
                found[path] = f"{member.annotation or ''} = {member.value or ''}".strip(" =")
    return found


def _is_twin(name: str, member: griffe.Object) -> bool:
    """Return whether a name is private, or follows another one: asyncio functions and asynchronous resources."""
    is_async_class = isinstance(member, griffe.Class) and name.startswith("Async")
    return name.startswith("_") or name in _SYNC_TWINS or is_async_class


def _signature(function: griffe.Function) -> str:
    shown: list[str] = []
    keyword = griffe.ParameterKind.keyword_only
    for parameter in function.parameters:
        if parameter.name != "self":
            default = f" = {parameter.default}" if parameter.default is not None else ""
            star = "*, " if parameter.kind is keyword and not any("*" in part for part in shown) else ""
            shown.append(f"{star}{parameter.name}: {parameter.annotation}{default}")
    return f"({', '.join(shown)}) -> {function.returns}"


def arguments_and_answer(signature: str) -> dict[str, str]:
    """Return type and default of each argument by name, and the type of the answer by ``return``."""
    arguments, _, answer = signature[1:].rpartition(") -> ")
    named = (argument.partition(": ") for argument in _arguments(arguments))
    return {**{name: text for name, _, text in named}, "return": answer}


def _is_breaking(old: str, new: str) -> bool:
    """Return whether a caller of the old signature can notice: all but additional arguments with defaults."""
    if not (old.startswith("(") and new.startswith("(")):
        return True
    # An added argument with a default breaks nothing wherever it stands: only required ones are passed by position.
    (before, returned), (after, returns) = (text[1:].rsplit(") -> ", 1) for text in (old, new))
    ours, theirs = _arguments(before), _arguments(after)
    kept = [argument for argument in theirs if argument in ours]
    added = [argument for argument in theirs if argument not in ours]
    return kept != ours or returned != returns or not all(" = " in argument for argument in added)


def _arguments(text: str) -> list[str]:
    """Split at the commas between arguments, not at those inside brackets."""
    parts, depth = [""], 0
    for letter in text.replace("*, ", ""):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]

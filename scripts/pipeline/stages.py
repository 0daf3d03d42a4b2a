"""The stages of the corridor that have their own folders, behind one seam."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def _stage(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"pipeline.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pipeline"):
            return None
        raise


def upgrade(document: dict[str, Any]) -> Any:
    module = _stage("upgrade")
    return module.upgrade(document) if module else SimpleNamespace(document=document, changes=[])


def check_untrusted(document: dict[str, Any]) -> None:
    if module := _stage("inspect"):
        module.check_untrusted(document)


def inspect(document: dict[str, Any]) -> None:
    if module := _stage("inspect"):
        module.inspect(document)


def read_names(path: Path, document: dict[str, Any]) -> Any:
    module = _stage("normalise.names")
    return module.NameMap.read(path).for_document(document) if module else None


def read_rules(path: Path) -> Any:
    module = _stage("normalise.rules")
    return module.RuleSwitches.read(path) if module else None


def normalise(document: dict[str, Any], *, names: Any, rules: Any) -> Any:
    module = _stage("normalise")
    if module is None or not hasattr(module, "normalise"):
        return SimpleNamespace(document=document, changes=[], names=None)
    return module.normalise(document, names=names, rules=rules)


def write_index(package: Path, **arguments: Any) -> None:
    if (module := _stage("index")) and hasattr(module, "write_index"):
        module.write_index(package, **arguments)


def verify(package_root: Path, document: dict[str, Any], *, allow: frozenset[str]) -> Any:
    module = _stage("verify")
    return (
        module.verify(package_root=package_root, document=document, allow=allow)
        if module and hasattr(module, "verify")
        else None
    )

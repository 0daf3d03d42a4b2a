"""Import every endpoint module of a package in a child process, and say which ones raise."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.children.child import started
from pipeline.children.sandbox import confine
from pipeline.install.layout import PACKAGE

if TYPE_CHECKING:
    from pipeline.generate import GeneratedEndpoint

TIMEOUT = 600.0


def failing_imports(package: Path, endpoints: list[GeneratedEndpoint], *, work: Path) -> dict[str, str]:
    """Return the endpoint modules that cannot be imported, each with the error's name and text.

    Raises:
        GeneratorWarningError: the child process failed or did not end in time.
    """
    arguments = {"root": str(package.parent), "modules": sorted({endpoint.module for endpoint in endpoints})}
    with started("pipeline.imports", work=work) as child:
        answer = child.run(arguments, timeout=TIMEOUT)
    return {str(module): str(reason) for module, reason in answer["failures"].items()}


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Child side: import each module of ``modules`` from the package below ``root``."""
    confine(Path.cwd())
    sys.path.insert(0, arguments["root"])
    # By name, since the package is the one under construction; an installed client must not be taken for it.
    package = Path(str(importlib.import_module(PACKAGE).__file__))
    if not package.is_relative_to(arguments["root"]):
        raise RuntimeError(f"{PACKAGE} was imported from elsewhere")
    failures: dict[str, str] = {}
    for module in arguments["modules"]:
        try:
            importlib.import_module(f"{PACKAGE}.api.{module}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - generated code may fail in any way; each is reported by name
            failures[module] = f"{type(error).__name__}: {error}"
    return {"failures": failures}

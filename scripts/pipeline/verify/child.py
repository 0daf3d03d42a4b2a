"""The child's side: it runs generated code of an untrusted document, so it may reach nothing but the portal."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from attrs import asdict

from pipeline.children.sandbox import confine


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Verify the package below `root` by the document in the file `document`."""
    root = str(Path(arguments["root"]).resolve())
    # The async transport looks for this module at every step; where it is missing, each look walks the whole path.
    if importlib.util.find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # the documented way to make an import fail at once
    _limit_memory(arguments["memory_mb"])
    # Nearly everything made here lives to the end; looking for garbage as often as usual costs a sixth of the time.
    gc.set_threshold(100_000, 50, 50)
    if "cyara_client" in sys.modules:
        # Whatever imported it made this a verification of the installed package, not of the one just built.
        raise ImportError("cyara_client was imported before the package under test was named")
    sys.path.insert(0, root)
    # Only now, since both reach for the package under test.
    portals = importlib.import_module("cyara_tools.portal.local_portal")
    verification = importlib.import_module("pipeline.verify.run")
    # httpx loads it at the first client, and where trio is installed that loads a library of the system's.
    if importlib.util.find_spec("httpcore") is not None:
        importlib.import_module("httpcore")
    document = Path(arguments["document"]).read_bytes()
    environ = {**os.environ, "PYTHONPATH": root}
    with portals.LocalPortal(document, process=True, stateful=False, environ=environ) as portal:
        confine(Path.cwd(), loopback_port=int(portal.origin.rpartition(":")[2]))
        return asdict(verification.verify_package(portal, document, tuple(arguments["forms"])))


def _limit_memory(megabytes: int) -> None:
    """Bound the address space, where the system knows how."""
    if os.name == "posix":
        limits = importlib.import_module("resource")
        limits.setrlimit(limits.RLIMIT_AS, (megabytes << 20, megabytes << 20))

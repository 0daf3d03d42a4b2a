"""The child's side of verification: runs untrusted generated code, so it may reach nothing but the portal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from attrs import asdict


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """Verify the package below `root` by the document in the file `document`."""
    root = str(Path(arguments["root"]).resolve())
    _limit_memory(arguments["memory_mb"])
    sys.path.insert(0, root)
    from pipeline.verify.run import verify_package  # noqa: PLC0415 - it imports the package under test, found by now

    document = Path(arguments["document"]).read_bytes()
    environ = {**os.environ, "PYTHONPATH": root}
    return asdict(verify_package(document, tuple(arguments["forms"]), environ))


def _limit_memory(megabytes: int) -> None:
    """Bound the address space, where the system knows how."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

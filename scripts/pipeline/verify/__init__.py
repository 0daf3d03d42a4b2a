"""Verification that a package does what its document says: every operation, sync and async, over a real socket.

The package runs in a child process of bounded memory and time, against a local portal in a process of its own that
serves the document as received, upgraded to 3.x and with the corrections of overlays, and judges by it. The same code
is the contract suite of the committed package.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.children.child import started
from pipeline.document.json_nodes import mapping
from pipeline.errors import GeneratorWarningError, VerificationError
from pipeline.verify.report import FORMS, Failure, VerifyReport

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["FORMS", "Failure", "VerificationError", "VerifyReport", "verify"]

MEMORY_MB = 3_072
LONGEST = 1_800.0


def verify(  # noqa: PLR0913 - each is one independent choice, and all but two have defaults
    package_root: Path,
    document: dict[str, Any],
    *,
    forms: Sequence[str] = FORMS,
    allow: Collection[str] = (),
    timeout: float | None = None,
    memory_mb: int = MEMORY_MB,
) -> VerifyReport:
    """Call every operation of the package below `package_root` and report what holds.

    Args:
        package_root: folder that holds `cyara_client`.
        document: the document as received, as OpenAPI 3.x, with the corrections of overlays.
        forms: forms of answers to try, of `full`, `nulls`, `unknown_enum` and `dates7`.
        allow: operations whose failures are accepted.
        timeout: seconds for everything; by default a minute and two seconds for each operation.
        memory_mb: address space of the child, in mebibytes.

    Raises:
        VerificationError: the child was stopped or died; nothing is known about the package then.
    """
    # A large document takes longer; the bound is there for code that never ends.
    paths = mapping(document, "paths")
    count = sum(len(mapping(paths, path)) for path in paths)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        path = Path(folder) / "document.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        arguments = {
            "root": str(package_root),
            "document": str(path),
            "forms": list(forms),
            "memory_mb": memory_mb,
        }
        answer = _run(arguments, Path(folder), timeout=timeout or min(60.0 + 2 * count, LONGEST))
    found = [Failure(**failure) for failure in answer["failing"]]
    answer["failing"] = [failure for failure in found if failure.operation not in allow]
    answer["allowed"] = [failure for failure in found if failure.operation in allow]
    return VerifyReport(**answer)


def _run(arguments: dict[str, Any], work: Path, *, timeout: float) -> dict[str, Any]:
    try:
        with started("pipeline.verify.child", work=work) as child:
            return child.run(arguments, timeout=timeout)
    except GeneratorWarningError as error:
        raise VerificationError(f"The package could not be verified. {error}") from None

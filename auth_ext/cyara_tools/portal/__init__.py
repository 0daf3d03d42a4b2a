"""A local portal: try scripts, and get credentials wrong, without touching live data.

Needs the extra `testing`. `LocalPortal` is a context manager around a real HTTP server on loopback, `python -m
cyara_tools.portal` starts one from the shell, and the pytest plugin that comes along offers it as the fixture
`cyara_portal`. `faults` has the disturbances to order.

Names are looked up on first use, so that the pytest plugin costs nothing in runs that never start a portal.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyara_tools.portal import faults
    from cyara_tools.portal.local_portal import LocalPortal
    from cyara_tools.portal.proxy import CuttingProxy

__all__ = ["CuttingProxy", "LocalPortal", "faults"]

_NEEDED = ("defusedxml", "python_multipart", "starlette", "uvicorn")
_HOMES = {"CuttingProxy": "proxy", "LocalPortal": "local_portal"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name == "faults":
        return import_module("cyara_tools.portal.faults")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require_extra()
    return getattr(import_module(f"cyara_tools.portal.{_HOMES[name]}"), name)


def require_extra() -> None:
    """Say in one sentence what is not installed, before a server module fails at its imports.

    Raises:
        MissingExtraError: A package of the extra `testing` is missing.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        # Only here: errors reach for the client package, and a build imports this package before it says which one.
        raise import_module("cyara_auth.errors").MissingExtraError(
            f"The local portal needs {', '.join(missing)}. Run: pip install 'cyara-client[testing]'"
        )

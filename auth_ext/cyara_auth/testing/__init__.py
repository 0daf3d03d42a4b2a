"""A local portal: try scripts, and get credentials wrong, without touching live data.

Needs the extra `testing`. `LocalPortal` is a context manager around a real HTTP server on loopback, `python -m
cyara_auth.testing` starts one from the shell, and the pytest plugin that comes along offers it as the fixture
`cyara_portal`. `faults` has the disturbances to order.

Names are looked up on first use, so that the pytest plugin costs nothing in runs that never start a portal.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyara_auth.testing import faults
    from cyara_auth.testing.portal import LocalPortal
    from cyara_auth.testing.proxy import CuttingProxy

__all__ = ["CuttingProxy", "LocalPortal", "faults"]

_HOMES = {"CuttingProxy": "proxy", "LocalPortal": "portal"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name == "faults":
        return import_module("cyara_auth.testing.faults")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"cyara_auth.testing.{_HOMES[name]}"), name)

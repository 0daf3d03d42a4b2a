"""The guard for every tool: a reverse proxy on loopback that any HTTP tool takes for the portal (extra `proxy`).

A tool needs no credential: the proxy has it, and sends each request through the guard, once. `GuardProxy` is the proxy
in this process; the commands `cyara proxy` and `cyara exec` start it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyara_tools.proxy.server import GuardProxy

__all__ = ["GuardProxy"]

# The last two are what reads bodies as the document describes them.
_REQUIRED_PACKAGES = ("starlette", "uvicorn", "defusedxml", "python_multipart")


def __getattr__(name: str) -> Any:
    # Late, so that a command can say first which package is missing.
    if name != "GuardProxy":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require_extra()
    return import_module("cyara_tools.proxy.server").GuardProxy


def require_extra() -> None:
    """Say in one sentence what is not installed.

    Raises:
        MissingExtraError: A package of the extra `proxy` is missing.
    """
    missing = [name for name in _REQUIRED_PACKAGES if find_spec(name) is None]
    if missing:
        from cyara_auth.errors import MissingExtraError

        raise MissingExtraError(
            f"The proxy needs {', '.join(missing)}. Nothing was sent. Next: pip install 'cyara-client[cli,proxy]'"
        )

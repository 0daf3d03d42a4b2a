"""The package's own `__init__`: what it was built from, and the few names that users import first."""

from __future__ import annotations

_TEMPLATE = '''"""Typed client for the API, generated from its OpenAPI document.

Endpoint functions are in `cyara_client.api`, one package per tag; models in `cyara_client.models`; resources, which
`cyara_auth.connect()` hands out, in `cyara_client.resources`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import api, models, resources
    from .client import ApiClient
    from .errors import ApiError, CyaraError, DecodingError, UnverifiedOperationWarning
    from .operations import OPERATIONS, Operation
    from ._records import Records, to_records
    from .types import UNSET, File, Response, Unset, value_of

__version__: str
"""Version of the installed package; "unknown" where its metadata is not there, as in a frozen program."""

__platform__: str | None = {platform!r}
"""Platform release whose document this was built from; None when it is not known."""

__spec_sha256__ = {spec_sha256!r}
"""SHA-256 of that document as received; the document itself is `openapi.json` in this package."""

_HOMES = {{
    "ApiClient": "client",
    "ApiError": "errors",
    "CyaraError": "errors",
    "DecodingError": "errors",
    "File": "types",
    "OPERATIONS": "operations",
    "Operation": "operations",
    "Records": "_records",
    "Response": "types",
    "UNSET": "types",
    "Unset": "types",
    "UnverifiedOperationWarning": "errors",
    "to_records": "_records",
    "value_of": "types",
}}
_PACKAGES = ("api", "models", "resources")


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"{{__name__}}.{{name}}")
    if name in _HOMES:
        return getattr(import_module(f"{{__name__}}.{{_HOMES[name]}}"), name)
    if name == "__version__":
        # Late, since it costs as much as all the rest; by its name, so that who freezes a program sees it.
        from importlib import metadata

        # A frozen program, a zip and a vendored copy bring the code, and seldom the metadata that pip writes beside it.
        try:
            return metadata.version("cyara-client") or "unknown"
        except metadata.PackageNotFoundError:
            return "unknown"
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")


__all__ = (
    "OPERATIONS",
    "UNSET",
    "ApiClient",
    "ApiError",
    "CyaraError",
    "DecodingError",
    "File",
    "Operation",
    "Records",
    "Response",
    "Unset",
    "UnverifiedOperationWarning",
    "api",
    "models",
    "resources",
    "to_records",
    "value_of",
)
'''


def render_package_init(*, platform: str | None, spec_sha256: str) -> str:
    """Return the source of the package's `__init__`."""
    return _TEMPLATE.format(platform=platform, spec_sha256=spec_sha256)

"""The fixtures of everything that is tried over a real socket."""

from ..wire.fixtures import (
    anyio_backend,
    bare_environment,
    face,
    foreign,
    httpx_face,
    private_ca,
    server,
    tls_server,
)

__all__ = [
    "anyio_backend",
    "bare_environment",
    "face",
    "foreign",
    "httpx_face",
    "private_ca",
    "server",
    "tls_server",
]

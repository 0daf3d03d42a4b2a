"""A client generated from the zoo, and a server on a real socket to call with it."""

from __future__ import annotations

import importlib
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from generated_kit import Wire, build_package, handler_of
from zoo import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def zoo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Source root of the zoo's client, importable as `zoo_client` in a process of its own."""
    return build_package(DOCUMENT, tmp_path_factory.mktemp("zoo"), "zoo_client")


@pytest.fixture(scope="session")
def zoo(zoo_root: Path) -> Iterator[Callable[[str], Any]]:
    """Import modules of the zoo's client: `zoo("models")`. Its imports are all relative, so the name is free."""
    sys.path.insert(0, str(zoo_root))
    yield lambda name: importlib.import_module(f"zoo_client.{name}")
    sys.path.remove(str(zoo_root))


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(wire))
    server.daemon_threads = True
    wire.base_url = f"http://127.0.0.1:{server.server_port}/cyarawebapi"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.close()
        server.shutdown()
        server.server_close()
        thread.join(5)

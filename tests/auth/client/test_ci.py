"""In CI with a store that nobody keeps: every front door warns once, or refuses where a shared store is required."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cyara_auth import connect, install
from cyara_auth._http import httpx
from cyara_auth.errors import SharedStoreRequiredError, ThrowAwayStoreWarning
from cyara_auth.requests import GuardedAdapter
from cyara_auth.stores.registry import reset_stores

from ..wire.loopback import PAIR, WireServer

ENVIRON = {"CI": "true"}
FRONT_DOORS: dict[str, Callable[..., Any]] = {
    "connect": connect,
    "install": lambda base_url, credential, **options: install(httpx.Client(), base_url, credential, **options),
    "requests": GuardedAdapter,
}


@pytest.fixture(autouse=True)
def no_stores() -> Iterator[None]:
    reset_stores()
    yield
    reset_stores()


def sqlite_url(folder: Path) -> str:
    return (folder / "state" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1)


@pytest.mark.parametrize("door", FRONT_DOORS)
def test_a_new_store_gets_one_warning(door: str, tmp_path: Path, server: WireServer) -> None:
    url = sqlite_url(tmp_path)
    with pytest.warns(ThrowAwayStoreWarning, match="docs/ci.md") as caught:
        FRONT_DOORS[door](server.base_url, PAIR, store=url, environ=ENVIRON)
    assert len(caught) == 1
    FRONT_DOORS[door](server.base_url, PAIR, store=url, environ=ENVIRON)


@pytest.mark.parametrize("door", FRONT_DOORS)
def test_a_new_store_is_refused_and_one_that_was_kept_is_not(door: str, tmp_path: Path, server: WireServer) -> None:
    options = {"store": sqlite_url(tmp_path), "environ": ENVIRON, "require_shared_store": True}
    with pytest.raises(SharedStoreRequiredError, match=r"Nothing was sent\. Next: name a store"):
        FRONT_DOORS[door](server.base_url, PAIR, **options)
    assert server.seen == []
    reset_stores()
    with connect(server.base_url, PAIR, store=options["store"], environ={}, retries=0) as cyara:
        cyara.raw("GET", "/x")
    reset_stores()
    FRONT_DOORS[door](server.base_url, PAIR, **options)

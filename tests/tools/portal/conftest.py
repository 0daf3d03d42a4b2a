"""A portal and a bare httpx client for it: these tests use nothing of what the portal is there to validate."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from cyara_tools.portal import LocalPortal

Call = Callable[..., httpx.Response]


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    # The clock stands still unless a test advances it, so nothing depends on how long a test takes.
    with LocalPortal(speed=0) as running:
        yield running


@pytest.fixture
def call(portal: LocalPortal) -> Iterator[Call]:
    """Make an authorised request; `credential=` sends another pair, `credential=None` none."""
    yield from caller(portal)


@pytest.fixture
def calling() -> Callable[[LocalPortal], AbstractContextManager[Call]]:
    """Make authorised requests to a portal of the test's own."""
    return contextmanager(caller)


def caller(portal: LocalPortal) -> Iterator[Call]:
    # Proxies of the environment would take the calls elsewhere.
    with httpx.Client(base_url=portal.base_url, timeout=10, trust_env=False) as client:

        def make(method: str, path: str, *, credential: str | None = "current", **options: object) -> httpx.Response:
            headers = dict(options.pop("headers", {}))  # type: ignore[call-overload]  # tests give a mapping
            if credential is not None:
                pair = portal.credential if credential == "current" else credential
                headers.setdefault("Authorization", f"ApiKey {pair}")
            return client.request(method, path, headers=headers, **options)  # type: ignore[arg-type]  # passed on unread

        yield make

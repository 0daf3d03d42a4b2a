"""A portal in a process of its own, stores of every kind, and fleets of processes."""

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from cyara_auth import StrikeStore
from cyara_auth.credential import ApiCredential
from cyara_auth.stores.registry import open_store, reset_stores
from cyara_auth.strikes.state import KeyState, TicketStatus
from cyara_tools.portal import LocalPortal

from .crowd import TIMEOUT, Client

SCRIPT = Path(__file__).with_name("crowd.py")


def run_fleets(orders: list[dict[str, Any]], *, failpoint: str | None = None) -> list[Counter[str]]:
    """Run fleets of processes, one after the other, and return what each saw."""
    if not hasattr(os, "fork"):
        pytest.skip("a fleet is forked, and this system does not fork")
    answer = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(orders)],
        env=dict(os.environ) | ({"CYARA_AUTH_FAILPOINT": failpoint} if failpoint else {}),
        capture_output=True,
        text=True,
        timeout=TIMEOUT + 8,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "failed" not in answer.stdout, answer.stderr
    return [Counter(seen) for seen in json.loads(answer.stdout)]


@attrs.frozen(kw_only=True)
class Scene:
    """A portal whose key has a stale token that some callers still use, and one store that they all share."""

    portal: LocalPortal
    stale: str
    store_url: str

    @property
    def store(self) -> StrikeStore:
        return open_store(self.store_url, environ={})

    @property
    def state(self) -> KeyState:
        return self.store.read(ApiCredential.parse(self.stale).key_fingerprint)

    @property
    def invalid_calls(self) -> int:
        """Invalid calls while the current token is the current one: the number that must never reach three."""
        return self.portal.invalid_calls_by_token[-1]

    def client(self, credential: Any = None, *, base_url: str | None = None, **options: Any) -> Client:
        return Client(
            base_url=base_url or self.portal.base_url,
            credential=self.stale if credential is None else credential,
            store=self.store_url,
            **options,
        )

    def fleet(self, *, credential: str | None = None, failpoint: str | None = None, **order: Any) -> Counter[str]:
        """Run a fleet of processes with the stale pair, or another."""
        return self.fleets(1, credential=credential, failpoint=failpoint, **order)[0]

    def fleets(
        self, rounds: int, *, credential: str | None = None, failpoint: str | None = None, **order: Any
    ) -> list[Counter[str]]:
        """Run the same fleet several times, one after the other."""
        order |= {
            "base_url": self.portal.base_url,
            "credential": credential or self.stale,
            "store": self.store_url,
        }
        return run_fleets([order] * rounds, failpoint=failpoint)

    def open_tickets(self) -> int:
        return sum(ticket.status is TicketStatus.OPEN for ticket in self.state.tickets)


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal(process=True) as running:
        yield running


@pytest.fixture(params=["memory", "sqlite", "redis"])
def any_store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(portal: LocalPortal, make_scene: Callable[[str], Scene], any_store: str) -> Scene:
    return make_scene(any_store)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return the URL of an empty store of a kind."""

    def url(kind: str) -> str:
        if kind == "redis":
            return str(request.getfixturevalue("redis_server").url)
        if kind in ("s3", "azure"):
            return str(request.getfixturevalue(f"{kind}_bucket").url)
        file = (tmp_path / "state" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1)
        return {"memory": "memory:", "sqlite": file}[kind]

    reset_stores()
    yield url
    # Guards that nobody holds give their places back now, in threads of their own, and not into the emptied store of
    # the next test.
    gc.collect()
    for thread in threading.enumerate():
        if "(finish)" in thread.name:
            thread.join(5)
    reset_stores()


@pytest.fixture
def make_scene(portal: LocalPortal, store_url: Callable[[str], str]) -> Callable[[str], Scene]:
    def make(kind: str) -> Scene:
        portal.clear_faults()
        stale = portal.credential
        portal.regenerate_token()
        return Scene(portal=portal, stale=stale, store_url=store_url(kind))

    return make


@pytest.fixture
def in_fork() -> Callable[[Callable[[], None]], None]:
    """Run a function in a forked child, and fail if it fails or hangs there."""

    def run(function: Callable[[], None]) -> None:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            try:
                function()
            except BaseException:  # noqa: BLE001 - the child must never return into pytest
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0

    return run

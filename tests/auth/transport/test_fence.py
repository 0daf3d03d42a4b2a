"""A call that was admitted and then slept (a laptop's lid, a paused machine, a debugger) leaves by a new admission."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from cyara_auth._platform import machine_clock
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.events import Admit, Decision, Event
from cyara_auth.strikes.state import Admission, PairState

from ..wire.faces import Face, MakeFace
from ..wire.loopback import Reply, WireServer

STALE = Reply(status=401, body=b'{"title": "Unauthorized"}', media_type="application/problem+json")


class Sleeper(MemoryStrikeStore):
    """The machine sleeps right after each of the first reservations, before the caller hears of them.

    Attributes:
        naps: Seconds of each sleep to come.
        slept: Seconds so far, as a clock that counts them shows.
    """

    def __init__(self, *naps: float) -> None:
        super().__init__()
        self.naps = list(naps)
        self.slept = 0.0

    def apply(self, key_id: str, event: Event) -> Decision:
        decision = super().apply(key_id, event)
        if isinstance(event, Admit) and decision.admission is Admission.GRANT and self.naps:
            self.slept += self.naps.pop(0)
        return decision


def by_the_wall_clock(client: Face, store: Sleeper) -> None:
    client.injector.guard._core._wall = lambda: time.time() + store.slept  # noqa: SLF001 - a machine that sleeps


def by_the_steady_clock(client: Face, store: Sleeper) -> None:
    client.injector.guard._core._steady = lambda: machine_clock().seconds + store.slept  # noqa: SLF001 - likewise


@pytest.mark.parametrize("shows", [by_the_wall_clock, by_the_steady_clock])
def test_a_sleeper_sends_nothing_and_asks_again(
    server: WireServer, face: MakeFace, shows: Callable[[Face, Sleeper], None]
) -> None:
    server.script = lambda _: STALE
    store = Sleeper(130.0, 61.0)
    client = face(server.base_url, store=store)
    shows(client, store)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 401
    assert len(server.seen) == 1
    assert (client.state.grants, client.state.strikes, client.state.tickets) == (3, 1, ())


def test_a_short_nap_is_no_reason_to_ask_again(server: WireServer, face: MakeFace) -> None:
    store = Sleeper(55.0)
    client = face(server.base_url, store=store)
    by_the_wall_clock(client, store)
    assert client.get(f"{server.base_url}/v3.0/x").status_code == 200
    assert client.state.grants == 1
    assert client.verdict is PairState.VERIFIED


def test_who_sleeps_while_it_connects_sends_nothing_either(server: WireServer, httpx_face: MakeFace) -> None:
    store = Sleeper()
    client = httpx_face(server.base_url, store=store)
    by_the_wall_clock(client, store)

    def sleep_once(event: str, _: Any) -> None:
        if event.endswith("connect_tcp.complete") and not store.slept:
            store.slept = 61.0

    async def sleep_once_in_a_task(event: str, info: Any) -> None:
        sleep_once(event, info)

    trace = sleep_once_in_a_task if hasattr(client, "runner") else sleep_once
    assert client.get(f"{server.base_url}/v3.0/x", extensions={"trace": trace}).status_code == 200
    assert store.slept == 61.0
    assert len(server.seen) == 1
    assert client.state.grants == 2

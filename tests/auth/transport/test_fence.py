"""A process that sleeps between its admission and its request's head sends nothing when it wakes: it asks again.

Meanwhile others may have given its call up, and a rotation may have ended. Here the fence is one second, and the sleep
is SIGSTOP, as a laptop's lid, a paused container or a debugger makes it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.stores.registry import open_store, reset_stores
from cyara_auth.strikes.state import KeyState

from ..wire.faces import SyncFace
from ..wire.loopback import PAIR, Reply, WireServer

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system does not stop processes")

FENCE = 1.0
SLEEPER = """
import asyncio, os, signal, sys
from cyara_auth.guard import call
call.FENCE = float(sys.argv[4])  # before anything else of the guard takes it over
from cyara_auth._http import httpx
from cyara_auth.client.install import install
face, base_url, pair, _, kind = sys.argv[1:]
guarding = {"base_url": base_url, "credential": pair, "environ": dict(os.environ)}
url = base_url + "/v3.0/x"
sleeps = 0

def sleep(event="connection.connect_tcp.started", info=None):
    global sleeps
    if event == "connection.connect_tcp.started" and not sleeps:
        sleeps = 1
        print("asleep", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)

async def async_sleep(event, info):
    sleep(event, info)

class Custom(httpx.HTTPTransport):
    def handle_request(self, request):
        sleep()
        return super().handle_request(request)

class AsyncCustom(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request):
        sleep()
        return await super().handle_async_request(request)

def in_threads(own):
    options = {} if own else {"transport": Custom()}
    with install(httpx.Client(**options), **guarding) as client:
        return client.get(url, extensions={"trace": sleep} if own else {}).status_code

async def in_tasks(own):
    options = {} if own else {"transport": AsyncCustom()}
    async with install(httpx.AsyncClient(**options), **guarding) as client:
        return (await client.get(url, extensions={"trace": async_sleep} if own else {})).status_code

def by_requests():
    from urllib3.util import connection
    from cyara_auth.requests import guarded_session
    connect = connection.create_connection
    connection.create_connection = lambda *a, **o: (sleep(), connect(*a, **o))[1]
    return guarded_session(**guarding).get(url).status_code

work = {
    "sync": lambda: in_threads(kind == "own"),
    "async": lambda: asyncio.run(in_tasks(kind == "own")),
    "requests": by_requests,
}
try:
    print(work[face]())
except Exception as error:
    print(type(error).__name__)
"""


@attrs.frozen(kw_only=True)
class Sleeper:
    """A process that has been admitted and is asleep."""

    process: "subprocess.Popen[str]"
    store_url: str

    @property
    def state(self) -> KeyState:
        return open_store(self.store_url, environ={}).read(ApiCredential.parse(PAIR).key_fingerprint)

    def wake_after(self, seconds: float) -> str:
        """Return what it says about its call."""
        time.sleep(seconds)
        os.kill(self.process.pid, signal.SIGCONT)
        return self.process.communicate(timeout=20)[0].strip()


Sleep = Callable[..., Sleeper]


@pytest.fixture
def fall_asleep(server: WireServer, tmp_path: Path) -> Iterator[Sleep]:
    running = []
    url = (tmp_path / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1)

    def start(face: str, kind: str) -> Sleeper:
        process = subprocess.Popen(
            [sys.executable, "-c", SLEEPER, face, server.base_url, PAIR, str(FENCE), kind],
            env={**os.environ, "CYARA_STRIKE_STORE": url},
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "asleep\n"
        return Sleeper(process=process, store_url=url)

    reset_stores()
    yield start
    reset_stores()
    for process in running:
        process.kill()
        process.wait(10)


FACES = pytest.mark.parametrize(
    ("face", "kind"),
    [("sync", "own"), ("sync", "custom"), ("async", "own"), ("async", "custom"), ("requests", "own")],
)


@FACES
def test_who_slept_too_long_is_admitted_again_and_sends_once(
    server: WireServer, fall_asleep: Sleep, face: str, kind: str
) -> None:
    sleeper = fall_asleep(face, kind)
    assert sleeper.state.grants == 1
    assert server.seen == []
    assert sleeper.wake_after(FENCE + 0.2) == "200"
    assert sleeper.state.grants == 2
    assert sleeper.state.tickets == ()
    assert len(server.seen) == 1


@FACES
def test_who_woke_in_time_goes_on(server: WireServer, fall_asleep: Sleep, face: str, kind: str) -> None:
    sleeper = fall_asleep(face, kind)
    assert sleeper.wake_after(0.1) == "200"
    assert sleeper.state.grants == 1
    assert len(server.seen) == 1


@FACES
def test_what_others_learnt_meanwhile_holds_for_the_sleeper(
    server: WireServer, fall_asleep: Sleep, tmp_path: Path, face: str, kind: str
) -> None:
    store = open_store((tmp_path / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1), environ={})
    with SyncFace(server.base_url, store=store) as other:
        # Verified, so that the sleeper's place is not the only one.
        assert other.get(f"{server.base_url}/v3.0/x").status_code == 200
        sleeper = fall_asleep(face, kind)
        server.script = lambda _: Reply(status=401)
        assert other.get(f"{server.base_url}/v3.0/x").status_code == 401
    arrived = len(server.seen)
    assert sleeper.wake_after(FENCE + 0.2) == "CredentialRejectedError"
    assert len(server.seen) == arrived == 2
    assert (sleeper.state.strikes, sleeper.state.tickets) == (1, ())

"""What STRICT costs: one admission and its settlement through the guard, on each kind of store.

Under STRICT every call reserves and settles, also when the pair is verified, so this is added to each call. The portal
is left out. Redis is a `redis-server` of our own on a free loopback port, and left out where there is none.
"""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from harness import PAIR, Row

from cyara_auth.credential import ApiCredential
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.stores.redis import RedisStrikeStore
from cyara_auth.stores.sqlite import SqliteStrikeStore
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy, Outcome

if TYPE_CHECKING:
    from cyara_auth.stores.base import StrikeStore

ORIGIN = "https://portal.example:443"
CALLS = 3000
SQLITE_BAR_US = 300.0


def microseconds(store: StrikeStore) -> list[float]:
    """Time `CALLS` admissions and settlements of a verified pair, each by itself."""
    credential = ApiCredential.parse(PAIR)
    guard = StrikeGuard(store=store, settings=GuardSettings(policy=GuardPolicy.STRICT))

    def one() -> None:
        ticket = guard.admit(credential, ORIGIN)
        ticket.sent()
        ticket.settle(Outcome.VERIFICATION)

    # The first call verifies the pair, and the first transactions create the file.
    for _ in range(100):
        one()
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        one()
        times.append((time.perf_counter() - began) * 1e6)
    guard.close()
    store.close()
    return times


def row(name: str, store: StrikeStore, *, bar: float | None = None) -> Row:
    """Say the median, and in the note how long the slowest of a hundred took."""
    times = microseconds(store)
    slow = statistics.quantiles(times, n=100)[-1]
    claim = f"STRICT, one admit and settle on {name}"
    return Row(claim=claim, figure=statistics.median(times), unit="us", bar=bar, note=f"p99 {slow:.0f} us")


def redis_server(folder: str, cleanup: ExitStack) -> str:
    """Start a server that keeps nothing, and return its URL."""
    # Another process could take the port in between; a benchmark can be started again.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - no shell, and no text of others
    # Called in reverse: killed first, then waited for.
    cleanup.callback(server.wait)
    cleanup.callback(server.kill)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            break
    return f"redis://127.0.0.1:{port}"


def measure() -> list[Row]:
    """Return one row per kind of store; only the default store has a bar."""
    with ExitStack() as cleanup:
        folder = cleanup.enter_context(tempfile.TemporaryDirectory())
        rows = [
            row("memory", MemoryStrikeStore()),
            row("SQLite", SqliteStrikeStore(Path(folder) / "state" / "strikes.sqlite3"), bar=SQLITE_BAR_US),
        ]
        if shutil.which("redis-server"):
            rows.append(row("Redis over loopback", RedisStrikeStore(redis_server(folder, cleanup))))
        return rows

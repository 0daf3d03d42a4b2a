"""What it costs that two calls of a key may be in flight at a time, beside raw httpx and by kind of store.

A process keeps its place while its calls follow each other, so a store far away is asked seldom; and processes that
share the two places hand them to each other. Redis is a `redis-server` of our own behind a proxy that delays each
exchange by 2 ms; the bucket is moto's S3 behind one that delays each by 40 ms. Each is left out where it is missing.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import attrs
import httpx
from harness import PAIR, Row, in_turn, serving
from stores import redis_server

from cyara_auth import install

CALLS = 100
ROUNDS = 2
ANSWER_SECONDS = 0.05
PROCESSES = 8
SHARING_SECONDS = 10.0
CALLERS = 500
CALLERS_ANSWER_SECONDS = 0.2

# Answers every request with the same JSON after a while.
SERVER = """
import asyncio, sys
delay = float(sys.argv[1])
answer = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\\r\\n\\r\\n"):
            await asyncio.sleep(delay)
            writer.write(answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

# Hands every piece on after a while, in both directions.
PROXY = """
import asyncio, sys
port, delay = int(sys.argv[1]), float(sys.argv[2])
async def pump(reader, writer, delay):
    try:
        while data := await reader.read(65536):
            await asyncio.sleep(delay)
            writer.write(data)
    except ConnectionError:
        pass
    writer.close()
async def serve(reader, writer):
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(pump(reader, server_writer, delay), pump(server_reader, writer, 0))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

WORKER = """
import sys, time
import httpx
from cyara_auth import install
base, pair, store, begin, seconds = sys.argv[1:]
client = install(httpx.Client(timeout=30), base, pair, store=store)
time.sleep(max(0.0, float(begin) - time.time()))
end, calls = time.time() + float(seconds), 0
while time.time() < end:
    assert client.get(base + "/v3.0/accounts/1/campaigns").status_code == 200
    calls += 1
print(calls)
"""


@attrs.frozen(kw_only=True)
class Place:
    """A store to measure, and its bars: cost beside raw httpx, and calls per round trip of eight processes."""

    name: str
    url: str
    cost: float
    shared: float
    environ: dict[str, str] = attrs.field(factory=dict)


def stores(folder: str, cleanup: ExitStack) -> list[Place]:
    """Start what can be started, and return the stores."""
    found = [Place(name="SQLite", url=f"sqlite:///{folder}/state/strikes.sqlite3", cost=1.03, shared=1.8)]
    if shutil.which("redis-server"):
        port = redis_server(folder, cleanup).rpartition(":")[2]
        url = cleanup.enter_context(serving(PROXY, port, "0.002")).replace("http", "redis")
        found.append(Place(name="Redis, 2 ms away", url=url, cost=1.04, shared=1.7))
    if importlib.util.find_spec("moto") and importlib.util.find_spec("obstore"):
        environ = bucket(cleanup)
        found.append(
            Place(name="a bucket, 40 ms away", url="s3://strikes/bench", cost=1.10, shared=1.5, environ=environ)
        )
    return found


def bucket(cleanup: ExitStack) -> dict[str, str]:
    """Start moto's S3 with one bucket behind the delaying proxy, and return the variables for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "moto.server", "-p", port]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    cleanup.callback(server.wait)
    cleanup.callback(server.kill)
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.put(f"http://127.0.0.1:{port}/strikes", headers={"Authorization": _ANYBODY}).raise_for_status()
            break
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "moto did not start"
            time.sleep(0.1)
    return {
        "AWS_ENDPOINT_URL": cleanup.enter_context(serving(PROXY, port, "0.04")),
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }


# moto takes any signature, and wants to see the region in one.
_ANYBODY = "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def cost(place: Place, base: str) -> Row:
    """Measure sequential calls of one process beside the same calls by raw httpx."""
    with httpx.Client(timeout=30) as guarded, httpx.Client(timeout=30) as raw:
        install(guarded, base, PAIR, store=place.url)

        def calls(client: httpx.Client) -> None:
            for _ in range(CALLS):
                client.get(f"{base}/v3.0/accounts/1/campaigns").raise_for_status()

        pair = in_turn(lambda: calls(guarded), lambda: calls(raw), rounds=ROUNDS)
    claim = f"{CALLS * ROUNDS} calls in a row of {ANSWER_SECONDS * 1000:.0f} ms, guarded, {place.name}"
    return Row(claim=claim, figure=pair.ratio, peer="raw httpx", bar=place.cost)


def sharing(place: Place, base: str) -> list[Row]:
    """Let eight processes share the two places for ten seconds."""
    # All begin together, once the slowest has started.
    begin = str(time.time() + 5)
    command = [sys.executable, "-c", WORKER, base, PAIR, place.url, begin, str(SHARING_SECONDS)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]  # noqa: S603 - ours
    calls = sorted(int(worker.communicate(timeout=120)[0]) for worker in workers)
    trips = SHARING_SECONDS / ANSWER_SECONDS
    claim = f"{PROCESSES} processes on two places, {place.name}"
    return [
        Row(
            claim=f"{claim}: calls per round trip", figure=sum(calls) / trips, unit="", bar=place.shared, at_most=False
        ),
        Row(
            claim=f"{claim}: the least served beside the median",
            figure=calls[0] / statistics.median(calls),
            bar=0.5,
            at_most=False,
        ),
    ]


def start_up(base: str) -> Row:
    """Let five hundred tasks call at once on a pair that is not verified yet."""

    async def burst(*, guarded: bool) -> float:
        async with httpx.AsyncClient(timeout=60) as client:
            if guarded:
                install(client, base, PAIR, store="memory:", policy="concurrent")
            began = time.perf_counter()
            await asyncio.gather(*(client.get(f"{base}/v3.0/accounts/1/campaigns") for _ in range(CALLERS)))
            return time.perf_counter() - began

    pairs = [(asyncio.run(burst(guarded=True)), asyncio.run(burst(guarded=False))) for _ in range(3)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    claim = f"{CALLERS} callers at once, answers of {CALLERS_ANSWER_SECONDS:g} s, concurrent"
    return Row(claim=claim, figure=ratio, peer="raw httpx", bar=1.5)


def measure() -> list[Row]:
    """Return cost and sharing for each store, and the start of many callers."""
    rows: list[Row] = []
    with ExitStack() as cleanup:
        folder = cleanup.enter_context(tempfile.TemporaryDirectory())
        places = stores(str(Path(folder).as_posix()), cleanup)
        base = cleanup.enter_context(serving(SERVER, str(ANSWER_SECONDS))) + "/cyarawebapi"
        for place in places:
            os.environ.update(place.environ)
            rows += [cost(place, base), *sharing(place, base)]
        slow = cleanup.enter_context(serving(SERVER, str(CALLERS_ANSWER_SECONDS))) + "/cyarawebapi"
        rows.append(start_up(slow))
    return rows

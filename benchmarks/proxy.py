"""What `cyara proxy` costs: beside the same calls direct, with many callers at once, and in memory at 500 MB.

Portal, proxy and callers are processes of their own, on as many cores as there are. The portal is a bare asyncio server
that answers after a time of its own; callers are threads with `http.client`, which keeps its connections.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness import PAIR, Row, in_turn, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CAMPAIGNS = "/v3.0/accounts/1/campaigns"
EXPORT = "/v3.0/accounts/1/testcases/1/export"
SEQUENTIAL = 25
LATENCY_MS = 20
SLOW_MS = 100
MEGABYTES = 500
HEADER = {"Authorization": f"ApiKey {PAIR}"}

PORTAL = """
import asyncio, sys
delay, size = float(sys.argv[1]) / 1000, int(sys.argv[2]) << 20
block = bytes(range(256)) * 256
body = b'{"results":[{"campaignId":812,"name":"Nightly"}],"totalResults":1}'
head = b"HTTP/1.1 200 OK\\r\\nContent-Type: %s\\r\\nContent-Length: %d\\r\\n\\r\\n"

async def serve(reader, writer):
    try:
        while True:
            request = await reader.readuntil(b"\\r\\n\\r\\n")
            lower = request.lower()
            if b"content-length: " in lower:
                left = int(lower.split(b"content-length: ")[1].split(b"\\r")[0])
                while left:
                    left -= len(await reader.read(min(left, 1 << 18)))
            if delay:
                await asyncio.sleep(delay)
            if b"/export" in request:
                writer.write(head % (b"application/xml", size))
                for _ in range(size // len(block)):
                    writer.write(block)
                    await writer.drain()
            else:
                writer.write(head % (b"application/json", len(body)) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@contextmanager
def proxying(origin: str, *arguments: str) -> Iterator[tuple[str, int]]:
    """Run `cyara proxy` before a portal, and yield its base URL and process id."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CYARA_")} | {
            "CYARA_BASE_URL": f"{origin}/cyarawebapi",
            "CYARA_API_CREDENTIAL": PAIR,
            "CYARA_STRIKE_STORE": f"sqlite://{folder}/strikes.sqlite3",
        }
        command = [sys.executable, "-m", "cyara_tools.cli", "proxy", "--port", "0", "--json", *arguments]
        with subprocess.Popen(  # noqa: S603 - our own interpreter
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            try:
                facts = json.loads(process.stdout.readline())
                yield facts["base_url"], facts["pid"]
            finally:
                process.terminate()


def calling(base_url: str, number: int) -> Callable[[], None]:
    """Return what makes so many calls one after the other, by one connection that is kept."""
    parts = urlsplit(base_url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def call() -> None:
        for _ in range(number):
            connection.request("GET", parts.path + CAMPAIGNS, headers=HEADER)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()

    return call


def calls_per_second(base_url: str, *, callers: int, each: int) -> float:
    """Let callers make so many calls each, and return how many of all went in a second."""
    threads = [threading.Thread(target=calling(base_url, each)) for _ in range(callers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return callers * each / (time.perf_counter() - began)


def highest_resident(pid: int) -> float:
    """Return the highest resident size of a process so far, in MB; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def overhead() -> Row:
    """Measure calls one after the other, through the proxy and direct."""
    with serving(PORTAL, str(LATENCY_MS), "1") as origin, proxying(origin) as (base_url, _):
        pair = in_turn(calling(base_url, SEQUENTIAL), calling(f"{origin}/cyarawebapi", SEQUENTIAL))
    claim = f"a call of {LATENCY_MS} ms through the proxy, one after the other"
    return Row(claim=claim, peer="the same call direct", figure=pair.ratio, bar=1.5)


def throughput() -> list[Row]:
    """Measure many callers at once, under both policies."""
    with serving(PORTAL, "0", "1") as origin, proxying(origin, "--policy", "concurrent") as (base_url, _):
        calling(base_url, 50)()
        concurrent = max(calls_per_second(base_url, callers=8, each=100) for _ in range(3))
    with serving(PORTAL, str(SLOW_MS), "1") as origin, proxying(origin) as (base_url, _):
        calling(base_url, 2)()
        default = max(calls_per_second(base_url, callers=8, each=5) for _ in range(3)) * SLOW_MS / 1000
    return [
        Row(
            claim="calls of 8 callers through the proxy, --policy concurrent",
            unit="a second",
            figure=concurrent,
            bar=300,
            at_most=False,
            note=f"{os.cpu_count()} cores, callers and portal on them",
        ),
        Row(
            claim="calls of 8 callers per round trip of the portal, default policy",
            unit="calls",
            figure=default,
            bar=1.6,
            at_most=False,
            note=f"answers of {SLOW_MS} ms; two may be in flight",
        ),
    ]


def memory() -> Row:
    """Measure a large body up and down."""
    with serving(PORTAL, "0", str(MEGABYTES)) as origin, proxying(origin, "--no-check") as (base_url, pid):
        calling(base_url, 2)()
        parts = urlsplit(base_url)
        before = highest_resident(pid)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        connection.request("GET", parts.path + EXPORT)
        answer, received, digest = connection.getresponse(), 0, hashlib.sha256()
        while piece := answer.read(1 << 20):
            received += len(piece)
            digest.update(piece)
        assert received == MEGABYTES << 20
        assert digest.digest() == hashlib.sha256(bytes(range(256)) * (received >> 8)).digest()
        piece = bytes(1 << 20)
        length = {"Content-Length": str(MEGABYTES << 20)}
        connection.request("PUT", parts.path + "/v3.0/upload", (piece for _ in range(MEGABYTES)), length)
        assert connection.getresponse().read().startswith(b"{")
        grown = highest_resident(pid) - before
    return Row(claim=f"{MEGABYTES} MB down and up through the proxy, memory over idle", unit="MB", figure=grown, bar=25)


def measure() -> list[Row]:
    """Measure all of it."""
    return [overhead(), *throughput(), memory()]

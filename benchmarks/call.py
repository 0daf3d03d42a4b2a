"""What one call costs: with the guard and without, and the whole client beside bare httpx.

The server is another process that answers every request with the same 2.9 kB of JSON, so that client and server do not
share an interpreter. The pair is proven before anything is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
from harness import Row, in_turn

from cyara_auth import connect
from cyara_auth.install_guard import transports_of
from cyara_auth.retry_clients import Retrying, RetryingClient
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.api.campaigns import get_campaign

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = "0123456789abcdef0123456789abcdef:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/CANA8="
ANSWER_BYTES = 2900
CALLS = 100
ROUNDS = 21

SERVER = """
import asyncio, sys
body = sys.argv[1].encode()
answer = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body
class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.seen = b""
    def data_received(self, data):
        self.seen += data
        while b"\\r\\n\\r\\n" in self.seen:
            self.seen = self.seen.partition(b"\\r\\n\\r\\n")[2]
            self.transport.write(answer)
async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def campaign(size: int) -> str:
    """Return a campaign as JSON, with as many test cases as it takes to reach `size` bytes."""
    answer = {
        "campaignId": 7,
        "name": "Nightly regression",
        "planType": "Pulse",
        "status": "Running",
        "lastRunDate": "2026-01-31T21:15:11.8071332Z",
        "concurrency": 4,
        "testCases": [],
        "frequency": "00:15:00",
        "schedules": None,
        "requestedRunDate": None,
        "plan": {"planId": 31, "name": "Pulse 10 ports"},
    }
    cases = answer["testCases"]
    assert isinstance(cases, list)
    while len(json.dumps(answer)) < size:
        cases.append({"testCaseId": 3000 + len(cases), "name": f"[ACTION] - Reboot AGD {len(cases):03}"})
    return json.dumps(answer)


def repeated(call: Callable[[], object]) -> Callable[[], None]:
    """Return work of `CALLS` calls: one alone is too short for the clock of a busy machine."""

    def work() -> None:
        for _ in range(CALLS):
            call()

    return work


def measure() -> list[Row]:
    """Run each pair in turn against one server."""
    command = [sys.executable, "-c", SERVER, campaign(ANSWER_BYTES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own interpreter
        assert server.stdout is not None
        base_url = f"http://127.0.0.1:{int(server.stdout.readline())}/cyarawebapi"
        try:
            return rows(base_url)
        finally:
            server.terminate()


def rows(base_url: str) -> list[Row]:
    """Measure guard against no guard, and the whole client against httpx."""
    path = "/v3.0/accounts/1/campaigns/7"
    address = f"{base_url}{path}"
    with (
        connect(base_url, PAIR, store=MemoryStrikeStore()) as cyara,
        httpx.Client() as bare,
        RetryingClient(
            retrying=Retrying(), base_url=base_url, headers={"Authorization": f"ApiKey {PAIR}"}
        ) as unguarded,
    ):
        guarded = cyara.get_httpx_client()
        assert transports_of(guarded)["transport"] is not transports_of(unguarded)["transport"]
        header = {"Authorization": f"ApiKey {PAIR}"}
        for _ in range(200):  # prove the pair and pass the ramp
            guarded.get(path)
        guard = in_turn(repeated(lambda: guarded.get(path)), repeated(lambda: unguarded.get(path)), rounds=ROUNDS)
        whole = in_turn(
            repeated(lambda: get_campaign.sync(account_id=1, campaign_id=7, client=cyara)),
            repeated(lambda: bare.get(address, headers=header).json()),
            rounds=ROUNDS,
        )
    return [
        Row(claim="call with the guard, proven pair", figure=guard.ratio, peer="same client without it", bar=1.02),
        Row(claim="call to a typed object, 2.9 kB answer", figure=whole.ratio, peer="httpx and .json()", bar=1.10),
        Row(
            claim="time of that call",
            figure=min(whole.subject) / CALLS * 1e6,
            unit="us",
            peer=f"httpx and .json(): {min(whole.peer) / CALLS * 1e6:.0f} us",
        ),
    ]

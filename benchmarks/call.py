"""What one call costs: with the guard and without, and the whole client beside bare httpx.

The guard alone is measured against the local portal, the client beside httpx against a server that answers every
request with the same 2.9 kB of JSON. The pair is verified before anything is measured. The bars are for `concurrent`; a
call of `guarded` on a place that the process keeps is shown beside it, and `places` measures what that policy is for.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
from harness import PAIR, Row, in_turn, serving

from cyara_auth import connect
from cyara_auth.client.retrying_clients import Retrying, RetryingClient
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.api.campaigns import get_campaign
from cyara_tools.portal import LocalPortal

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_BYTES = 2900
CALLS = 50
ROUNDS = 41
GUARD_ROUNDS = 201
WARM_UP = 200
"""Calls that verify the pair and fill the caches."""

# Written to the socket as one ready-made block: a real server would cost more than what is measured.
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


def repeated(call: Callable[[], object], times: int = CALLS) -> Callable[[], None]:
    """Return work of several calls: one alone is too short for a busy machine."""

    def work() -> None:
        for _ in range(times):
            call()

    return work


def measure() -> list[Row]:
    """Measure the guard against the local portal, and the whole client against a server that costs nothing."""
    with serving(SERVER, campaign(ANSWER_BYTES)) as origin:
        rows = beside_httpx(f"{origin}/cyarawebapi")
    with LocalPortal(process=True) as portal:
        return [guard_alone(portal, "concurrent", 1.02), guard_alone(portal, "guarded", None), *rows]


def guard_alone(portal: LocalPortal, policy: str, bar: float | None) -> Row:
    """Measure one client with its guard and the same client without it, against the local portal."""
    path = f"/v3.0/accounts/{portal.account_id}/campaigns?pageSize=10"
    with (
        connect(portal.base_url, portal.credential, store=MemoryStrikeStore(), policy=policy) as cyara,
        RetryingClient(
            retrying=Retrying(),
            base_url=portal.base_url,
            headers={"Authorization": f"ApiKey {portal.credential}", "Accept": "application/json"},
        ) as unguarded,
    ):
        guarded = cyara.get_httpx_client()
        # Both take the same answers first, so that connections and caches are the same.
        for _ in range(WARM_UP):
            assert guarded.get(path).status_code == unguarded.get(path).status_code == HTTPStatus.OK
        # Few calls a round and many rounds: the difference is smaller than the noise of any single round.
        pair = in_turn(
            repeated(lambda: guarded.get(path), 5), repeated(lambda: unguarded.get(path), 5), rounds=GUARD_ROUNDS
        )
    return Row(
        claim=f"call with the guard, {policy}, verified pair",
        figure=pair.ratio,
        peer="the same client without it",
        bar=bar,
        note="local portal in another process",
    )


def beside_httpx(base_url: str) -> list[Row]:
    """Measure the whole client beside bare httpx."""
    path = "/v3.0/accounts/1/campaigns/7"
    header = {"Authorization": f"ApiKey {PAIR}"}
    with (
        connect(base_url, PAIR, store=MemoryStrikeStore(), policy="concurrent") as cyara,
        httpx.Client(base_url=base_url, headers=header) as bare,
    ):
        guarded = cyara.get_httpx_client()
        for _ in range(WARM_UP):
            guarded.get(path)
        call = in_turn(repeated(lambda: guarded.get(path)), repeated(lambda: bare.get(path)), rounds=ROUNDS)
        whole = in_turn(
            repeated(lambda: get_campaign.sync(account_id=1, campaign_id=7, client=cyara)),
            repeated(lambda: bare.get(path).json()),
            rounds=ROUNDS,
        )
    return [
        Row(claim="call with guard and retries", figure=call.ratio, peer="bare httpx client", bar=1.02),
        Row(claim="call to a typed object, 2.9 kB answer", figure=whole.ratio, peer="httpx and .json()", bar=1.10),
        Row(
            claim="time of that call",
            figure=min(whole.subject) / CALLS * 1e6,
            unit="us",
            peer=f"httpx and .json(): {min(whole.peer) / CALLS * 1e6:.0f} us",
        ),
    ]

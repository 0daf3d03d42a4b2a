"""10,000 campaigns over 200 pages: the iterator beside a loop written by hand with httpx, typed objects or not.

The server has ready-made pages, once as fast as it can be and once with the 20 ms that a page takes a portal across a
network.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx
from harness import PAIR, Row, in_turn, serving

from cyara_auth import connect
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.models import CampaignSummary

if TYPE_CHECKING:
    from cyara_auth import Cyara

PAGES, PER_PAGE = 200, 50
PATH = "/cyarawebapi/v3.0/accounts/1/campaigns"

SERVER = """
import asyncio, json, sys
pages, per_page, delay, path = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
answers = {}
def rows(number):
    first = number * per_page
    return [{"campaignId": n, "name": f"[ACTION] - Reboot AGD {n:05}", "planType": "Pulse", "status": "Running",
             "lastRunDate": "2026-01-31T21:15:11.8071332Z"} for n in range(first, first + per_page)]
def prepare(base):
    for number in range(pages):
        link = lambda n: f"{base}{path}?pageno={n + 1}&pageSize={per_page}" if 0 <= n < pages else None
        page = {"firstPage": link(0), "lastPage": link(pages - 1), "nextPage": link(number + 1),
                "previousPage": link(number - 1), "results": rows(number), "totalResults": pages * per_page}
        body = json.dumps(page).encode()
        head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
        answers[number + 1] = head + body
class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.seen = transport, b""
    def data_received(self, data):
        self.seen += data
        while b"\\r\\n\\r\\n" in self.seen:
            head, _, self.seen = self.seen.partition(b"\\r\\n\\r\\n")
            query = head.split(b" ", 2)[1].decode().partition("?")[2]
            number = dict(part.split("=") for part in query.split("&") if part).get("pageno", "1")
            asyncio.get_running_loop().call_later(delay, self.transport.write, answers[int(number)])
async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    prepare(f"http://127.0.0.1:{port}")
    print(port, flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def by_hand(client: httpx.Client, address: str, *, typed: bool, work: float) -> int:
    """Follow `nextPage` as people write it; with `typed`, into the same objects that the iterator yields."""
    count = 0
    following: str | None = address
    while following:
        answer = client.get(following, headers={"Authorization": f"ApiKey {PAIR}"})
        answer.raise_for_status()
        page = json.loads(answer.content)
        for row in page["results"]:
            count += 1
            if typed:
                CampaignSummary.from_dict(row)
        time.sleep(work)
        following = page["nextPage"]
    assert count == PAGES * PER_PAGE
    return count


def walk(cyara: Cyara, *, prefetch: bool, work: float) -> None:
    """Take every item from the iterator."""
    count = 0
    for _ in cyara.campaigns.iter_campaigns(page_size=PER_PAGE, prefetch=prefetch):
        count += 1
        if count % PER_PAGE == 0:
            time.sleep(work)
    assert count == PAGES * PER_PAGE


def beside(raw: httpx.Client, origin: str, where: str, *, work: float) -> list[Row]:
    """Measure the iterator in both its ways against one server."""
    address = f"{origin}{PATH}?pageno=1&pageSize={PER_PAGE}"
    with connect(f"{origin}/cyarawebapi", PAIR, account_id=1, store=MemoryStrikeStore()) as cyara:

        def hand() -> int:
            return by_hand(raw, address, typed=True, work=work)

        single = in_turn(lambda: walk(cyara, prefetch=False, work=work), hand, rounds=5)
        ahead = in_turn(lambda: walk(cyara, prefetch=True, work=work), hand, rounds=5)
    peer = f"httpx loop into the same objects, {where}"
    return [
        Row(claim="10,000 campaigns", peer=peer, figure=single.ratio, bar=1.1),
        Row(claim="10,000 campaigns, fetching ahead", peer=peer, figure=ahead.ratio, bar=1.0 if work else 1.1),
    ]


def measure() -> list[Row]:
    """Walk all pages by the iterator and by hand, in turn."""
    rows: list[Row] = []
    # Fetching ahead can only pay where there is something to wait for and something to do meanwhile, so the second pair
    # also spends 5 ms on each page, as a script does that writes what it reads. In the first there is neither, and the
    # iterator must not pay for handing pages over.
    for delay, work, where in ((0.0, 0.0, "loopback"), (0.02, 0.005, "20 ms a page, 5 ms of work with it")):
        with (
            serving(SERVER, str(PAGES), str(PER_PAGE), str(delay), PATH) as origin,
            httpx.Client(trust_env=False) as raw,
        ):
            rows += beside(raw, origin, where, work=work)
    return rows

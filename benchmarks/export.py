"""100,000 results of 20 runs exported, in each form: time beside the bare iterator, and memory over its own.

The server has ready-made pages. It takes 5 ms for each, a quarter of what a portal across a network does; there the
bars stand. Then it takes no time at all, and processor time is compared: that shows what writing costs where nothing is
waited for. It is above the bars, and has none. Each export and each walk has a fresh process and is timed from inside
it, its start not included. A walk takes every result and keeps none.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import PAIR, Row, serving

RUNS, PAGES, PER_PAGE = 20, 100, 50
DELAY = 0.005
ROUNDS = 3
MOST_MEMORY = {"csv": 10, "jsonl": 10, "parquet": 150, "xlsx": 10}
"""Megabytes; a batch of polars takes some tens of them, however many results there are."""
BARS = {"csv": 1.2, "jsonl": 1.2, "parquet": 1.2, "xlsx": 2.0}

SERVER = """
import asyncio, json, sys
runs, pages, per_page, delay = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
words = ["Success"] * 13 + ["Satisfactory"] * 3 + ["Failed"] * 3 + ["Aborted"]
detail = "Step 2: expected 'Please enter your account number', heard silence"
bodies = {}
def result(n):
    return {"testResultId": 880001 + n, "testCaseId": 3001 + n % 500, "name": f"[ACTION] - Reboot AGD {n:05}",
            "result": words[n % 20], "startDate": f"2026-01-{1 + n % 28:02}T21:{n % 60:02}:11.8071332Z",
            "duration": f"00:00:{n % 60:02}.{n % 10000:04}000", "detailedResult": detail if n % 20 > 15 else None}
def packed(value):
    body = json.dumps(value).encode()
    head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
    return head + body
def page(address, rows, number, last, total):
    link = lambda n: f"{address}?pageno={n}&pageSize={per_page}" if 1 <= n <= last else None
    return packed({"firstPage": link(1), "lastPage": link(last), "nextPage": link(number + 1),
                   "previousPage": link(number - 1), "results": rows, "totalResults": total})
def prepare(base):
    account = "/cyarawebapi/v3.0/accounts/1"
    campaign = f"{account}/campaigns/812"
    bodies[campaign, 1] = packed({"campaignId": 812, "name": "Nightly", "planType": "Pulse", "status": "Completed"})
    listed = [{"runId": run, "campaignRunId": f"{run:032}", "startDate": f"2026-01-{run:02}T21:00:00Z",
               "endDate": f"2026-01-{run:02}T22:00:00Z"} for run in range(runs, 0, -1)]
    bodies[f"{campaign}/runs", 1] = page("", listed, 1, 1, runs)
    for run in range(1, runs + 1):
        path = f"{account}/report/campaigns/812/runs/{run}/results"
        for number in range(1, pages + 1):
            first = ((run - 1) * pages + number - 1) * per_page
            rows = [result(n) for n in range(first, first + per_page)]
            bodies[path, number] = page(base + path, rows, number, pages, pages * per_page)
class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.seen = transport, b""
    def data_received(self, data):
        self.seen += data
        while b"\\r\\n\\r\\n" in self.seen:
            head, _, self.seen = self.seen.partition(b"\\r\\n\\r\\n")
            path, _, query = head.split(b" ", 2)[1].decode().partition("?")
            number = dict(part.split("=") for part in query.split("&") if part).get("pageno", "1")
            asyncio.get_running_loop().call_later(delay, self.transport.write, bodies[path, int(number)])
async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    prepare(f"http://127.0.0.1:{port}")
    print(port, flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

# `ru_maxrss` never falls, so each needs a process of its own. What a command imports is its start, and no part of this;
# so are the extras, which are loaded late by the command: the form is made of nothing first.
CODE = """
import json, resource, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from cyara_auth import connect
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.export import results
from cyara_tools.export.form import Form
from cyara_tools.export.part_file import PartFile
from cyara_tools.export.progress import Progress
from cyara_tools.export.runs import Window
origin, pair, target, form = sys.argv[1:]
def walk(cyara, runs):
    return sum(1 for run in range(1, runs + 1)
               for _ in cyara.campaigns.iter_campaign_run_results(campaign_id=812, run_id=run, page_size=50))
def export(cyara):
    to = Path(target)
    with PartFile(to, {}, restart=True) as part, Progress() as progress:
        plan, table = results.plan_export(cyara, [812], Window())
        part.begin(plan)
        results.write_results(cyara, table, part, as_json=form != "csv", watching=progress, most=1 << 60)
        part.finish(results.converter(Form(form), table.columns, []))
        return part.done.rows
if form == "parquet":
    import polars
if form == "xlsx":
    import xlsxwriter
with connect(origin + "/cyarawebapi", pair, account_id=1, store=MemoryStrikeStore()) as cyara:
    walk(cyara, 1)
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter(), time.process_time()
    rows = walk(cyara, RUNS) if form == "walk" else export(cyara)
    ended = time.perf_counter(), time.process_time()
    seconds = [after - before for after, before in zip(ended, began)]
    print(json.dumps([rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle]))
""".replace("RUNS", str(RUNS))


def measure() -> list[Row]:
    """Export and walk in fresh processes, in turn."""
    return [*_beside(DELAY, f"{DELAY * 1000:g} ms a page"), *_beside(0.0, "no time a page, processor time")]


def _beside(delay: float, where: str) -> list[Row]:
    arguments = map(str, (RUNS, PAGES, PER_PAGE, delay))
    # `ru_maxrss` counts bytes on macOS and KiB elsewhere.
    units_per_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024
    rows: list[Row] = []
    with serving(SERVER, *arguments) as origin, tempfile.TemporaryDirectory() as folder:

        def run(form: str) -> tuple[float, float]:
            target = Path(folder) / f"results.{form}"
            done = subprocess.run(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", CODE, origin, PAIR, str(target), form],
                check=True,
                capture_output=True,
                text=True,
            )
            count, (elapsed, processor), grown = json.loads(done.stdout.splitlines()[-1])
            assert count == RUNS * PAGES * PER_PAGE
            target.unlink(missing_ok=True)
            return elapsed if delay else processor, grown / units_per_megabyte

        # One walk a round for all forms, since it takes as long as an export.
        walks, exports = [], []
        for _ in range(ROUNDS):
            walks.append(run("walk")[0])
            exports.append({form: run(form) for form in BARS})
        for form, bar in BARS.items():
            ratio = statistics.median(ours[form][0] / bare for ours, bare in zip(exports, walks, strict=True))
            claim, peer = f"100,000 results to .{form}", f"the bare iterator, {where}"
            rows.append(Row(claim=claim, peer=peer, figure=ratio, bar=bar if delay else None))
            if delay:
                grown = max(ours[form][1] for ours in exports)
                rows.append(Row(claim=f"{claim}, memory over idle", figure=grown, unit="MB", bar=MOST_MEMORY[form]))
    return rows

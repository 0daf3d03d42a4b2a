"""A 500 MB download to a file: time beside `httpx.stream`, and memory over an idle process.

Both put the file safely on the disk (fsync), and both are timed from inside a fresh process, its start not included.
Memory is what the operating system counts: the highest resident size while downloading less the one before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import PAIR, Pair, Row, serving

MEGABYTES = 500
ROUNDS = 3

SERVER = """
import http.server, sys
size = int(sys.argv[1]) << 20
block = bytes(range(256)) * 4096
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for _ in range(size // len(block)):
            self.wfile.write(block)
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""

# `ru_maxrss` never falls, so each download needs a process of its own; the client is made before the first look at it.
OURS = """
import json, resource, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from cyara_auth import connect
from cyara_auth.stores.memory import MemoryStrikeStore
origin, pair, target = sys.argv[1:]
with connect(origin + "/cyarawebapi", pair, account_id=1, store=MemoryStrikeStore()) as cyara:
    download = cyara.test_cases.export_test_case_to_file
    cyara.get_httpx_client()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    download(Path(target), test_case_id=1)
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""

# With fsync as our download has it, since a file that is only in the cache of the system is written much faster.
THEIRS = """
import json, os, sys, time, httpx
origin, pair, target = sys.argv[1:]
began = time.perf_counter()
with httpx.Client(trust_env=False) as client, open(target, "wb") as file:
    headers = {"Authorization": "ApiKey " + pair}
    with client.stream("GET", origin + "/cyarawebapi/v3.0/accounts/1/testcases/1/export", headers=headers) as answer:
        for chunk in answer.iter_bytes():
            file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
print(json.dumps([time.perf_counter() - began, 0]))
"""


def measure() -> list[Row]:
    """Download by both in fresh processes, in turn."""
    with serving(SERVER, str(MEGABYTES)) as origin, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "export.xml"

        def run(code: str) -> tuple[float, int]:
            done = subprocess.run(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", code, origin, PAIR, str(target)], check=True, capture_output=True, text=True
            )
            assert target.stat().st_size == MEGABYTES << 20
            target.unlink()
            seconds, grown = json.loads(done.stdout.splitlines()[-1])
            return seconds, grown

        runs = [(run(OURS), run(THEIRS)) for _ in range(ROUNDS)]
    pair = Pair(subject=tuple(ours[0] for ours, _ in runs), peer=tuple(theirs[0] for _, theirs in runs))
    # `ru_maxrss` counts bytes on macOS and KiB elsewhere.
    units_per_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024
    return [
        Row(
            claim=f"{MEGABYTES} MB download, speed",
            peer="httpx.stream",
            figure=1 / pair.ratio,
            bar=0.9,
            at_most=False,
        ),
        Row(
            claim=f"{MEGABYTES} MB download, memory over idle",
            figure=max(ours[1] for ours, _ in runs) / units_per_megabyte,
            unit="MB",
            bar=20,
        ),
    ]

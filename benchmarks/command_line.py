"""Processor time of the command line, in fresh processes, beside the bare script that does the same with `connect()`.

Processor time and not time, since that is what a busy machine does not change, and a hundred jobs pay for.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Pair, Row

from cyara_tools.portal import LocalPortal

ROUNDS = 9

_PROGRAM = "import sys; sys.argv = ['cyara', *sys.argv[1:]]; from cyara_tools.cli import main; main()"
# What somebody would write who has no command line: the same rows, with the same columns.
_SCRIPT = """
import sys
from cyara_auth import connect
with connect() as cyara:
    for row in cyara.campaigns.iter_campaigns(limit=100):
        cells = (row.campaign_id, row.name, row.plan_type, row.status, row.last_run_date)
        sys.stdout.write("\\t".join("" if cell is None else str(cell) for cell in cells) + "\\n")
"""


def _seconds(code: str, arguments: tuple[str, ...], environ: dict[str, str]) -> float:
    """Return the processor time of a fresh interpreter, its start and its end included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def beside(arguments: tuple[str, ...], peer: str, environ: dict[str, str]) -> Pair:
    """Measure a command and a script in turn."""
    # The first run of each writes the bytecode.
    runs = [(_seconds(_PROGRAM, arguments, environ), _seconds(peer, (), environ)) for _ in range(ROUNDS + 1)][1:]
    return Pair(subject=tuple(run[0] for run in runs), peer=tuple(run[1] for run in runs))


def measure() -> list[Row]:
    """Return the rows of the table."""
    # PYTHONDONTWRITEBYTECODE above all: without bytecode the compiler would be measured.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CYARA_"))}
    with tempfile.TemporaryDirectory() as name, LocalPortal(process=True) as portal:
        environ |= {
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": str(portal.account_id),
            "CYARA_API_CREDENTIAL": portal.credential,
            "CYARA_STRIKE_STORE": (Path(name) / "strikes" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1),
        }
        version = beside(("--version",), "import httpx, attrs", environ)
        listing = beside(("campaigns", "list"), _SCRIPT, environ)
        over = [ours - theirs for ours, theirs in zip(listing.subject, listing.peer, strict=True)]
        shown = beside(("--help",), "import httpx, attrs", environ)
    script = "the script with `connect()`"
    return [
        Row(claim="`cyara --version`", figure=statistics.median(version.subject), unit="s", bar=0.15),
        Row(claim="`cyara --version`", figure=version.ratio, peer="import httpx, attrs", bar=1),
        Row(claim="`cyara --help`", figure=shown.ratio, peer="import httpx, attrs"),
        Row(
            claim="`cyara campaigns list`, over its peer",
            figure=statistics.median(over),
            unit="s",
            peer=script,
            bar=0.15,
        ),
        Row(claim="`cyara campaigns list`", figure=listing.ratio, peer=script, bar=1.4),
    ]

"""Show the whole thing in a minute, against a portal on this machine: `python3 scripts/dev.py demo`.

Rebuilds the client and compares it byte for byte, lists and runs campaigns, then lets fifty threads use a token that
was regenerated behind their backs. Nothing outside this machine is called, and no strike is counted anywhere but here.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cyara_auth import Pace, connect
from cyara_auth.errors import AdmissionRefusedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.errors import Unauthorized, UnverifiedOperationWarning
from cyara_client.models import CreateCampaignRequest, PlanType
from cyara_tools.portal import LocalPortal

if TYPE_CHECKING:
    from cyara_auth import Cyara

ROOT = Path(__file__).resolve().parent.parent
THREADS = 50
PORTAL_SECONDS_PER_SECOND = 60


def main() -> int:
    """Show everything; exit code 1 if something was not as it should be."""
    argparse.ArgumentParser(prog="dev.py demo", description=(__doc__ or "").partition("\n")[0]).parse_args()
    console = Console()
    # The demo says in words which paths are inferred.
    warnings.simplefilter("ignore", UnverifiedOperationWarning)
    good = rebuild(console)
    with LocalPortal(speed=PORTAL_SECONDS_PER_SECOND) as portal:
        console.rule("A portal on this machine")
        console.print(f"{portal.base_url}, account {portal.account_id}, a credential that is worth nothing elsewhere")
        with connect(portal.base_url, portal.credential, account_id=portal.account_id, store="memory:") as cyara:
            list_campaigns(console, cyara)
            run_one(console, cyara)
        good &= stale_fleet(console, portal)
    return 0 if good else 1


def rebuild(console: Console) -> bool:
    """Build the client from the bundled document into a temporary folder and compare."""
    console.rule("From document to client")
    with tempfile.TemporaryDirectory(prefix="cyara-demo-") as folder:
        began = time.monotonic()
        command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "build", "--into", folder]
        with console.status("building the client from openapi/upstream/cyara-v3.json"):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
        if done.returncode:
            console.print(done.stdout + done.stderr, markup=False)
            return False
        built, committed = Path(folder) / "generated", ROOT / "generated"
        names = {*files(built), *files(committed)}
        differing = [name for name in names if content(built / name) != content(committed / name)]
        verdict = "byte-identical to generated/" if not differing else f"{len(differing)} files differ: {differing[:3]}"
        console.print(f"{len(names)} files in {time.monotonic() - began:.1f} s, {verdict}", highlight=False)
        return not differing


def files(base: Path) -> set[str]:
    """Return the files below a folder, caches left out."""
    found = (path.relative_to(base) for path in base.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def content(path: Path) -> bytes | None:
    """Return the bytes of a file, None if it is not there."""
    return path.read_bytes() if path.is_file() else None


def list_campaigns(console: Console, cyara: Cyara) -> None:
    """Show the pages that a listing is made of, and its first entries."""
    console.rule("Campaigns, page by page")
    pages: list[int] = []
    campaigns = list(cyara.campaigns.iter_campaigns(on_page=lambda page: pages.append(len(page.items))))
    console.print(f"{len(campaigns)} campaigns on {len(pages)} pages of {pages}", highlight=False)
    for campaign in campaigns[:3]:
        console.print(
            f"  {campaign.campaign_id}  {campaign.name}  {campaign.plan_type}  {campaign.status}", markup=False
        )


def sent(number: int | None) -> int:
    """Return an id of an answer, where whatever the portal leaves out is None."""
    if number is None:
        raise ValueError("The portal left out an id that the demonstration needs.")
    return number


def run_one(console: Console, cyara: Cyara) -> None:
    """Create a campaign, run it to its end and show the results."""
    console.rule("Create a campaign, execute it, follow the run")
    console.print("Some of these paths are inferred; a real portal may differ.")
    (plan_id,) = [sent(plan.plan_id) for plan in cyara.plans.iter_plans(limit=1)]
    cases = [sent(case.test_case_id) for case in cyara.test_cases.iter_test_cases(limit=8)]
    wanted = CreateCampaignRequest(name="Demo", plan_id=plan_id, plan_type=PlanType.PULSE, test_case_ids=cases)
    created = cyara.campaigns.create_campaign(body=wanted)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"campaign {created.campaign_id}", total=None)
        outcome = cyara.run_campaign(
            sent(created.campaign_id),
            pace=Pace(interval=0.2, deadline=30),
            on_progress=lambda step: progress.update(task, description=f"asked {step.attempt} times"),
        )
    table = Table("test case", "name", "result", "duration")
    for result in outcome.results:
        table.add_row(str(result.test_case_id), result.name or "", str(result.result), str(result.duration))
    console.print(table)
    counts = ", ".join(f"{count} {result}" for result, count in outcome.counts.items())
    console.print(f"run {outcome.run_id}: {counts}; {outcome.verdict}", highlight=False)


def stale_fleet(console: Console, portal: LocalPortal) -> bool:
    """Let many threads start with a token that is no longer the current one, and count what reaches the portal."""
    console.rule(f"{THREADS} threads start with a token that somebody regenerated")
    stale = portal.credential
    portal.regenerate_token()
    before = portal.invalid_calls
    answers: list[BaseException | None] = []
    # A store of its own, as on a machine that has never used the pair: nothing is verified there yet.
    with connect(portal.base_url, stale, account_id=portal.account_id, store=MemoryStrikeStore()) as cyara:
        # All at once: a thread that comes late would be refused because of the first one's answer, which is no feat.
        together = threading.Barrier(THREADS)

        def call() -> None:
            together.wait()
            try:
                cyara.plans.get_plans()
            except (Unauthorized, AdmissionRefusedError) as error:
                answers.append(error)
            else:
                answers.append(None)

        threads = [threading.Thread(target=call) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    refused = [answer for answer in answers if isinstance(answer, AdmissionRefusedError)]
    on_the_wire = portal.invalid_calls - before
    console.print(f"{on_the_wire} call reached the portal, {len(refused)} were refused before a byte was sent:")
    console.print(f"  {refused[0] if refused else 'none'}", markup=False, highlight=False)
    console.print("The portal voids a token at the third. Written by hand, this would have been fifty.")
    return on_the_wire == 1 and len(refused) == THREADS - 1


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        # dev.py says it.
        raise SystemExit(130) from None

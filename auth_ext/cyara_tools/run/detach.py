"""Starts campaigns and leaves them: what runs is named, for `--resume` in another job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from cyara_auth.errors import WaitTimeoutError
from cyara_auth.transport.errors import TransportError
from cyara_auth.workflows.polling import Pace
from cyara_client.errors import CyaraError
from cyara_tools.run.job import Phase

if TYPE_CHECKING:
    from cyara_auth.client.cyara import Cyara
    from cyara_auth.workflows.search import ListedRun
    from cyara_tools.run.job import Job

LISTED_WITHIN: Final = 5.0
"""Seconds in which a run is looked for whose number the start did not name."""
WITHOUT_ANY: Final = 30.0
"""The same where the start named nothing at all: only the list knows its run then."""
_INTERVAL: Final = 1.0


async def find_run(cyara: Cyara, job: Job, *, interval: float) -> None:
    """Look for the run of a campaign that was just started, for a short while; `job.start` then has its numbers."""
    start = job.start
    if start is None or (start.ticket is not None and start.ticket.runs):
        return
    found = asyncio.Event()

    def note(run: ListedRun) -> None:
        job.start, job.phase = start.found(run), Phase.STARTED
        found.set()

    longest = LISTED_WITHIN if start.ticket is not None and start.ticket.every else WITHOUT_ANY
    # Given up by us and not by the deadline, which decides how long a run that may be another's is doubted.
    pace = Pace(interval=min(_INTERVAL, interval), deadline=4 * longest)
    following = asyncio.create_task(cyara.aio.follow_campaign(start, pace=pace, on_found=note))
    waiting = asyncio.create_task(found.wait())
    try:
        await asyncio.wait({following, waiting}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        following.cancel()
        try:
            await following
        except (asyncio.CancelledError, WaitTimeoutError, TransportError):
            pass
        except CyaraError:
            # What the campaign's follower meets, it will meet, too; the start itself is noted.
            pass

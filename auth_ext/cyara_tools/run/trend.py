"""The last runs of a campaign before this one, for a report: few calls, and never an error of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.completeness import Collected
from cyara_auth.workflows.steps import RESULTS_PER_PAGE
from cyara_auth.workflows.verdict import tally_of
from cyara_client.errors import CyaraError
from cyara_tools.run.record import EarlierRun

if TYPE_CHECKING:
    from cyara_auth.client.cyara import Cyara
    from cyara_auth.workflows.search import ListedRun
    from cyara_auth.workflows.start import CampaignStart

MOST_RUNS: Final = 10
_METHOD: Final = "iter_campaign_run_results"
_MOST_RESULTS: Final = 1000


async def trend_of(cyara: Cyara, start: CampaignStart) -> list[EarlierRun]:
    """Return the last runs that were over before a start, oldest first; as many as could be read."""
    newest = [run for run in start.earlier if run.ended and run.numbers][:MOST_RUNS]
    found: list[EarlierRun] = []
    for run in newest:
        try:
            found.append(await _earlier(cyara, start.campaign_id, run))
        except CyaraError:
            # A report without its last line is one all the same.
            break
    return found[::-1]


async def _earlier(cyara: Cyara, campaign_id: int, run: ListedRun) -> EarlierRun:
    collected = Collected()
    wishes: dict[str, Any] = {"page_size": RESULTS_PER_PAGE, "limit": _MOST_RESULTS, "prefetch": False}
    taken = {name: value for name, value in wishes.items() if has_method(cyara.aio, "campaigns", _METHOD, name)}
    for number in run.numbers[:MOST_RUNS]:
        items = find_method(cyara.aio, "campaigns", _METHOD)(campaign_id=campaign_id, run_id=number, **taken)
        collected.items += [item async for item in items]
    return EarlierRun(run=str(run.numbers[0]), started=run.start, ended=run.end, tally=tally_of(collected.results))

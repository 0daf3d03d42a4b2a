"""What a run that goes on has come to by now, for the report of a time-out: few calls, and no error of their own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.completeness import Collected
from cyara_auth.workflows.steps import RESULTS_PER_PAGE
from cyara_auth.workflows.verdict import result_value
from cyara_client.errors import CyaraError

if TYPE_CHECKING:
    from cyara_auth.client.cyara import Cyara
    from cyara_auth.workflows.search import ListedRun

_METHOD: Final = "iter_campaign_run_results"
# The time is up already: a portal that is slow, or a run of thousands of calls, must not keep a build much longer.
_PATIENCE: Final = 30.0


async def results_so_far(cyara: Cyara, campaign_id: int, run: ListedRun) -> list[Any]:
    """Return the results of the calls of a run that are over, as many as could be read."""
    collected = Collected()
    wishes: dict[str, Any] = {"page_size": RESULTS_PER_PAGE, "prefetch": False}
    taken = {name: value for name, value in wishes.items() if has_method(cyara.aio, "campaigns", _METHOD, name)}
    with suppress(CyaraError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            for number in run.numbers:
                items = find_method(cyara.aio, "campaigns", _METHOD)(campaign_id=campaign_id, run_id=number, **taken)
                # Not in one expression: what came before an error would be lost with it.
                async for item in items:
                    collected.items.append(item)
    return [result for result in collected.results if result_value(result) is not None]

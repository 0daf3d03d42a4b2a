"""Which campaigns can run beside each other: those whose plans have enough free ports, as far as the portal tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.errors import ApiError
from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.fields import as_json, field, identity
from cyara_tools.run.select import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cyara_auth.client.cyara import Cyara


_UNAUTHORIZED = 401


@attrs.frozen(kw_only=True)
class Ports:
    """What one campaign takes of its plan.

    Attributes:
        plan: number of the plan; None where the portal does not say.
        wanted: ports that the campaign uses at the same time.
        limit: ports that the plan has; None where the portal does not say.
    """

    plan: str | None = None
    wanted: int = 1
    limit: int | None = None

    def fits_beside(self, running: Iterable[Ports]) -> bool:
        """Say whether the plan has enough free ports while others of ours run; what is not known fits."""
        if self.plan is None or self.limit is None:
            return True
        others = [min(each.wanted, self.limit) for each in running if each.plan == self.plan]
        # Alone it always runs: the portal then gives it what there is.
        return not others or sum(others) + min(self.wanted, self.limit) <= self.limit


async def ports_of(cyara: Cyara, campaigns: Iterable[tuple[int, Any]]) -> dict[int, Ports]:
    """Ask the portal what each campaign takes of its plan.

    Args:
        cyara: the client.
        campaigns: the number of each, and what the portal has said of it so far.
    """
    limits: dict[str, int | None] = {}
    found: dict[int, Ports] = {}
    for number, known in campaigns:
        # Lists have neither ports nor plan.
        facts = known if field(known, "plan", "planid") is not None else await facts_of(cyara, number)
        plan = identity(field(facts, "planid")) or identity(field(field(facts, "plan"), "planid", "id"))
        if plan is not None and plan not in limits:
            limits[plan] = await _limit(cyara, plan)
        wanted = _count(field(facts, "concurrency", "ports"))
        found[number] = Ports(plan=plan, wanted=wanted or 1, limit=limits.get(plan) if plan else None)
    return found


async def _limit(cyara: Cyara, plan: str) -> int | None:
    if not plan.isdecimal() or not has_method(cyara.aio, "plans", "get_plan", "plan_id"):
        return None
    try:
        facts = as_json(await find_method(cyara.aio, "plans", "get_plan")(plan_id=int(plan)))
    except ApiError as error:
        # Whoever may run a campaign need not be allowed to see its plan.
        if error.status_code == _UNAUTHORIZED:
            raise
        return None
    return _count(field(facts, "concurrency", "ports"))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

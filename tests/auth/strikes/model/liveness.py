"""What must go on: looks at worlds in which nothing is under way any more."""

from cyara_auth.strikes.state import Admission

from .rules import BrokenRuleError, Rules
from .values import PORTAL, STALE, VERIFIED, World


def is_quiescent(world: World) -> bool:
    """Return whether every client is idle, no call travels, and every ticket is old."""
    idle = all(client.step == "idle" for client in world.clients)
    return idle and not world.travelling and not world.key.draining and all(t.old for t in world.key.tickets)


def refuse_no_verified_pair(world: World, rules: Rules) -> None:
    """Raise if the current pair is verified at the portal and would be refused, although nothing is under way."""
    if is_quiescent(world) and world.key.pairs[world.current].standings[PORTAL] in (VERIFIED, STALE):
        ticket = 1 + max((t.id for t in world.key.tickets), default=0)
        admission, _ = rules.admit(world.key, world.current, PORTAL, ticket, frozenset())
        if admission not in (Admission.GRANT, Admission.FREE):
            raise BrokenRuleError(f"a verified pair is refused: {admission}")

"""Breadth-first search over all worlds within bounds, for the first one in which a token is lost."""

from collections import deque

import attrs

from cyara_auth.strikes.decide import decide

from .rules import Decide, Rules
from .values import Bounds, World
from .world import canonical, start, steps

LIMIT = 2
"""Invalid calls that a current token survives."""


@attrs.frozen(kw_only=True)
class Search:
    """What was found: the most invalid calls on any current token, in how many worlds, and the way there."""

    worst: int
    states: int
    way: tuple[str, ...]
    worlds: frozenset[World]


def explore(bounds: Bounds, rule: Decide = decide) -> Search:
    """Visit every world; stop at the first with a third invalid call and return the steps that led there."""
    rules = Rules(rule, bounds.settings)
    first = canonical(start(bounds))
    came_from: dict[World, tuple[World, str] | None] = {first: None}
    queue = deque([first])
    worst = first
    while queue and worst.invalid <= LIMIT:
        world = queue.popleft()
        for name, following in steps(world, bounds, rules):
            after = canonical(following)
            if after not in came_from:
                came_from[after] = (world, name)
                queue.append(after)
                if after.invalid > worst.invalid:
                    worst = after
    return Search(worst=worst.invalid, states=len(came_from), way=_way(came_from, worst), worlds=frozenset(came_from))


def _way(came_from: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    names: list[str] = []
    while (origin := came_from[world]) is not None:
        world, name = origin
        names.append(name)
    return tuple(reversed(names))

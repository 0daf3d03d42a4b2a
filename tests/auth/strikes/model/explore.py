"""Breadth-first search over all worlds within bounds, for the one with the most invalid calls on a current token."""

import gc
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager

import attrs

from .rules import PROTOCOL, Protocol, Rules
from .values import Bounds, World
from .world import canonical, start, steps


@attrs.frozen(kw_only=True)
class Search:
    """What was found: the most invalid calls on any current token, in how many worlds, and the way there."""

    worst: int
    states: int
    way: tuple[str, ...]


@contextmanager
def _without_collector() -> Generator[None]:
    # Nothing of a search is cyclic, and looking for cycles among its worlds takes a quarter of the time.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_without_collector()
def explore(
    bounds: Bounds,
    protocol: Protocol = PROTOCOL,
    *,
    stop_above: int = 99,
    look: Callable[[World, Rules], None] | None = None,
) -> Search:
    """Visit every world and `look` at it; stop at the first with more than `stop_above` invalid calls."""
    rules = Rules(protocol, bounds.settings, confirm=bounds.confirms)
    first = canonical(start(bounds))
    came_from: dict[World, tuple[World, str] | None] = {first: None}
    queue = deque([first])
    worst = first
    while queue and worst.invalid <= stop_above:
        world = queue.popleft()
        if look is not None:
            look(world, rules)
        for name, following in steps(world, bounds, rules):
            after = canonical(following)
            if after not in came_from:
                came_from[after] = (world, name)
                queue.append(after)
                if after.invalid > worst.invalid:
                    worst = after
    return Search(worst=worst.invalid, states=len(came_from), way=_way(came_from, worst))


def _way(came_from: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    names: list[str] = []
    while (origin := came_from[world]) is not None:
        world, name = origin
        names.append(name)
    return tuple(reversed(names))

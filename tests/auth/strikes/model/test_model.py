"""The table of promises: each row of README's and of `docs/strike-protocol.md` is explored to its end here."""

from functools import cache

import pytest

from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy

from .explore import explore
from .liveness import is_quiescent, refuse_no_verified_pair
from .mutants import MUTANTS, Mutant, build
from .rules import BrokenRuleError, Rules
from .values import CONCURRENT, GUARDED, STRICT, SUPERSEDED, VERIFIED, Bounds, World

# Alone on a core the longest takes a quarter of a minute; CI shares its cores.
pytestmark = pytest.mark.timeout(400)


explored = cache(explore)


def unannounced(settings: GuardSettings, *, typo: bool, losses: int | None) -> Bounds:
    return Bounds(clients=2, calls=3, rotations=1, typo=typo, losses=losses, verified=0, settings=settings)


def planned(settings: GuardSettings, *, calls: int = 3, rotations: int = 1, fence: bool = True) -> Bounds:
    return Bounds(
        clients=2,
        calls=calls,
        rotations=rotations,
        typo=False,
        losses=1,
        unannounced=False,
        planned=True,
        verified=0,
        keeps=True,
        fence=fence,
        settings=settings,
    )


def stale(settings: GuardSettings, *, calls: int = 2) -> Bounds:
    return Bounds(clients=2, calls=calls, rotations=1, stale_start=True, settings=settings)


def everything(settings: GuardSettings) -> Bounds:
    return Bounds(
        clients=2,
        calls=2,
        rotations=1,
        typo=False,
        losses=1,
        stale_start=True,
        lapses=True,
        gateways=True,
        confirms=True,
        denials=True,
        settings=settings,
    )


PROMISES = {
    "guarded, unannounced, no wrong pair, no loss": (unannounced(GUARDED, typo=False, losses=0), 2),
    "guarded, unannounced, no wrong pair, 1 loss": (unannounced(GUARDED, typo=False, losses=1), 2),
    "guarded, unannounced, no wrong pair, 2 losses": (unannounced(GUARDED, typo=False, losses=2), 3),
    "guarded, unannounced, a wrong pair, no loss": (unannounced(GUARDED, typo=True, losses=0), 2),
    "guarded, unannounced, a wrong pair, 1 loss": (unannounced(GUARDED, typo=True, losses=1), 3),
    "guarded, unannounced, a wrong pair, which alone loses": (
        Bounds(clients=2, calls=3, rotations=1, losses=3, losing=(2,), verified=0, settings=GUARDED),
        2,
    ),
    "strict, unannounced, a wrong pair, any loss": (unannounced(STRICT, typo=True, losses=None), 2),
    "strict, 3 clients": (Bounds(clients=3, calls=2, rotations=1, losses=1, verified=0, settings=STRICT), 2),
    "strict, 2 rotations": (
        Bounds(clients=2, calls=3, rotations=2, losses=1, typo=False, verified=0, settings=STRICT),
        2,
    ),
    "strict, deaths are seen by age only": (
        Bounds(clients=2, calls=3, rotations=1, losses=1, verified=0, deaths_seen=False, settings=STRICT),
        2,
    ),
    "concurrent, unannounced, 3 in flight": (
        Bounds(clients=3, calls=2, rotations=1, losses=0, typo=False, verified=0, settings=CONCURRENT),
        3,
    ),
    "a stale pair that was never verified: guarded": (stale(GUARDED), 2),
    "a stale pair that was never verified: strict": (stale(STRICT, calls=3), 2),
    "a stale pair that was never verified: concurrent": (stale(CONCURRENT), 2),
    "the same with gateways, login pages, denials: guarded": (everything(GUARDED), 2),
    "the same with gateways, login pages, denials: strict": (everything(STRICT), 2),
    "the same with gateways, login pages, denials: concurrent": (everything(CONCURRENT), 2),
    "a planned rotation: guarded": (planned(GUARDED), 0),
    "a planned rotation: strict": (planned(STRICT), 0),
    "a planned rotation: concurrent": (planned(CONCURRENT), 0),
    "two planned rotations: guarded": (planned(GUARDED, calls=2, rotations=2), 0),
    "kept places: guarded, no loss": (
        Bounds(clients=2, calls=3, rotations=1, losses=0, keeps=True, verified=0, settings=GUARDED),
        2,
    ),
    "kept places: guarded, no wrong pair, 1 loss": (
        Bounds(clients=2, calls=3, rotations=1, losses=1, typo=False, keeps=True, verified=0, settings=GUARDED),
        2,
    ),
    "kept places: strict, lapses, 1 loss": (
        Bounds(
            clients=2, calls=3, rotations=1, losses=1, typo=False, keeps=True, lapses=True, verified=0, settings=STRICT
        ),
        2,
    ),
    "regenerations that the operator tells of: strict": (
        Bounds(clients=2, calls=3, rotations=1, losses=1, announced=True, settings=STRICT),
        2,
    ),
    "regenerations that the operator tells of: guarded": (
        Bounds(clients=2, calls=3, rotations=1, losses=1, announced=True, typo=False, settings=GUARDED),
        2,
    ),
    "a tunnel on loopback: strict": (
        Bounds(clients=2, calls=2, rotations=1, losses=1, typo=False, tunnel=True, verified=0, settings=STRICT),
        2,
    ),
    "a tunnel on loopback: guarded, no loss": (
        Bounds(clients=2, calls=2, rotations=1, losses=0, tunnel=True, settings=GUARDED),
        2,
    ),
    "a tunnel on loopback counts as a wrong pair: guarded, 1 loss": (
        Bounds(
            clients=1,
            calls=3,
            rotations=1,
            losses=1,
            typo=False,
            stale_start=True,
            tunnel=True,
            verified=0,
            settings=GUARDED,
        ),
        3,
    ),
    "a test server on loopback: strict": (
        Bounds(clients=2, calls=2, rotations=1, losses=1, test_server=True, verified=0, typo=False, settings=STRICT),
        2,
    ),
    "a test server on loopback: guarded, no loss": (
        Bounds(clients=2, calls=2, rotations=1, losses=0, test_server=True, settings=GUARDED),
        2,
    ),
    "a superseded pair, while nothing else is fresh": (
        Bounds(
            clients=2,
            calls=2,
            rotations=1,
            losses=2,
            typo=False,
            stale_start=True,
            superseded=0,
            verified=1,
            lapses=True,
            settings=GUARDED,
        ),
        2,
    ),
    "a budget of one": (
        Bounds(clients=3, calls=2, rotations=1, losses=1, settings=GuardSettings(policy=GuardPolicy.STRICT, budget=1)),
        1,
    ),
    "without the fence: guarded": (
        Bounds(clients=2, calls=3, rotations=1, losses=0, verified=0, fence=False, settings=GUARDED),
        3,
    ),
    "without the fence: strict": (
        Bounds(clients=2, calls=3, rotations=1, losses=0, verified=0, fence=False, settings=STRICT),
        3,
    ),
    "a planned rotation without the fence": (planned(GUARDED, calls=2, fence=False), 3),
}


@pytest.mark.parametrize(("bounds", "worst"), PROMISES.values(), ids=PROMISES.keys())
def test_no_token_sees_more_invalid_calls_than_promised(bounds: Bounds, worst: int) -> None:
    # Not fewer, either: the adversary must have been able to spend what the row allows.
    search = explored(bounds)
    assert search.worst == worst, search.way
    assert search.states > 500


@pytest.mark.slow
def test_guarded_with_a_wrong_pair_and_two_losses() -> None:
    search = explore(unannounced(GUARDED, typo=True, losses=2))
    assert search.worst == 4, search.way
    assert search.states > 250_000


def losing(settings: GuardSettings, *, losses: int | None = 3, keeps: bool = False) -> Bounds:
    return Bounds(
        clients=2,
        calls=3,
        rotations=0,
        typo=False,
        losses=losses,
        lapses=not keeps,
        keeps=keeps,
        verified=0,
        settings=settings,
    )


@pytest.mark.parametrize(
    "bounds",
    [losing(GUARDED), losing(GUARDED, losses=2, keeps=True), losing(CONCURRENT)],
    ids=["guarded", "guarded, places are kept", "concurrent"],
)
def test_losses_alone_never_stop_a_verified_pair(bounds: Bounds) -> None:
    quiescent = 0

    def look(world: World, rules: Rules) -> None:
        nonlocal quiescent
        quiescent += is_quiescent(world)
        refuse_no_verified_pair(world, rules)

    assert explore(bounds, look=look).worst == 0
    assert quiescent > 50


def test_two_losses_stop_a_verified_pair_in_strict_and_one_does_not() -> None:
    explore(losing(STRICT, losses=1), look=refuse_no_verified_pair)
    with pytest.raises(BrokenRuleError, match="exhausted"):
        explore(losing(STRICT, losses=2), look=refuse_no_verified_pair)


def test_a_test_server_that_accepts_leaves_the_portals_pair_free_to_go() -> None:
    bounds = Bounds(
        clients=1,
        calls=4,
        rotations=1,
        losses=0,
        unannounced=False,
        typo=False,
        test_server=True,
        verified=0,
        settings=GUARDED,
    )

    def look(world: World, rules: Rules) -> None:
        if world.key.strikes == 0:
            refuse_no_verified_pair(world, rules)

    assert explore(bounds, look=look).worst == 0


def test_a_new_token_can_be_verified_after_two_regenerations() -> None:
    seen: set[tuple[int, ...]] = set()

    def look(world: World, _: Rules) -> None:
        seen.add(tuple(pair.standings[0] for pair in world.key.pairs))

    explore(Bounds(clients=2, calls=3, rotations=2, typo=False, losses=0, settings=STRICT), look=look)
    assert (SUPERSEDED, SUPERSEDED, VERIFIED) in seen


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_protocol_is_caught(mutant: Mutant) -> None:
    try:
        search = explore(mutant.bounds, build(mutant), stop_above=mutant.promise, look=mutant.look)
    except BrokenRuleError:
        return
    assert search.worst > mutant.promise, f"{mutant.name} survived {search.states} worlds"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_protocol_keeps_what_the_mutant_breaks(mutant: Mutant) -> None:
    search = explored(mutant.bounds, look=mutant.look) if mutant.look else explored(mutant.bounds)
    assert search.worst <= mutant.promise, search.way


def test_a_mutant_that_changes_nothing_is_an_error() -> None:
    gone = Mutant(name="gone", module=MUTANTS[0].module, changes={"no such line": ""}, bounds=MUTANTS[0].bounds)
    with pytest.raises(LookupError, match="no such line"):
        build(gone)

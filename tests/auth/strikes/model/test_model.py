import pytest

from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy

from .explore import LIMIT, explore
from .mutants import MUTANTS, Mutant, build
from .values import FINAL, VERIFIED, Bounds

# Alone on a core the longest takes a minute; CI shares its cores.
pytestmark = pytest.mark.timeout(400)

GUARDED = GuardSettings(policy=GuardPolicy.GUARDED)
CONFIRMING = GuardSettings(policy=GuardPolicy.STRICT, confirm_suspects=True, suspect_in_grace=True)

SMALL = {
    "strict, 2 clients x 3 calls, 1 rotation": Bounds(clients=2, calls=3, rotations=1),
    "strict, 2 x 3, 2 rotations": Bounds(clients=2, calls=3, rotations=2, typo=False),
    "strict, 3 x 2, 1 rotation": Bounds(clients=3, calls=2, rotations=1),
    "strict, 2 x 3, verifications lapse": Bounds(clients=2, calls=3, rotations=1, lapses=True),
    "strict, 2 x 3, refused connections and young unknowns": Bounds(clients=2, calls=3, rotations=1, refusals=True),
    "strict, 2 x 3, gateways answer 401": Bounds(clients=2, calls=3, rotations=1, gateways=True),
    "strict, 2 x 3, suspects are confirmed": Bounds(
        clients=2, calls=3, rotations=1, gateways=True, settings=CONFIRMING
    ),
    "strict, 2 x 3, the operator announces the rotation": Bounds(clients=2, calls=3, rotations=1, announced=True),
    "strict, 2 x 3, 2 rotations, both announced": Bounds(clients=2, calls=3, rotations=2, typo=False, announced=True),
    "strict, 2 x 3, announced, verifications lapse": Bounds(
        clients=2, calls=3, rotations=1, lapses=True, announced=True
    ),
    "guarded, 3 x 3, no rotation": Bounds(clients=3, calls=3, rotations=0, settings=GUARDED),
    "guarded, 2 x 3, stale from the start, everything": Bounds(
        clients=2,
        calls=3,
        rotations=1,
        stale_start=True,
        lapses=True,
        gateways=True,
        refusals=True,
        settings=GUARDED,
    ),
}


@pytest.mark.parametrize("bounds", SMALL.values(), ids=SMALL.keys())
def test_no_token_sees_a_third_invalid_call(bounds: Bounds) -> None:
    search = explore(bounds)
    assert search.worst == LIMIT, search.way  # not less: the adversary must have been able to spend the budget
    assert search.states > 1_000


@pytest.mark.slow
def test_strict_three_clients_with_three_calls() -> None:
    search = explore(Bounds(clients=3, calls=3, rotations=1))
    assert search.worst == LIMIT, search.way
    assert search.states > 400_000


@pytest.mark.slow
def test_guarded_three_clients_with_three_calls_on_a_stale_pair() -> None:
    search = explore(Bounds(clients=3, calls=3, rotations=1, stale_start=True, settings=GUARDED))
    assert search.worst == LIMIT, search.way
    assert search.states > 400_000


def test_a_budget_of_one_spends_one() -> None:
    settings = GuardSettings(policy=GuardPolicy.STRICT, budget=1)
    assert explore(Bounds(clients=3, calls=2, rotations=1, settings=settings)).worst == 1


def test_guarded_loses_a_token_to_a_regeneration_with_three_calls_in_flight() -> None:
    # Nobody can know of it before the first answer. The exception is documented, and this shows that the model sees it.
    search = explore(Bounds(clients=3, calls=2, rotations=1, faults=False, settings=GUARDED))
    assert search.worst > LIMIT


def test_a_new_token_can_be_verified_after_two_rotations() -> None:
    search = explore(Bounds(clients=2, calls=3, rotations=2, typo=False, faults=False))
    assert any(world.key.pairs[:3] == (FINAL, FINAL, VERIFIED) for world in search.worlds)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_protocol_is_caught(mutant: Mutant) -> None:
    search = explore(mutant.bounds, build(mutant))
    assert search.worst > LIMIT, f"{mutant.name} survived {search.states} worlds"


def test_a_mutant_that_changes_nothing_is_an_error() -> None:
    gone = Mutant(name="gone", module=MUTANTS[0].module, changes={"no such line": ""}, bounds=MUTANTS[0].bounds)
    with pytest.raises(LookupError, match="no such line"):
        build(gone)

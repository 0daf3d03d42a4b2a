"""A store that breaks, disappears or forgets: nothing unreserved leaves, and what needs no reservation goes on."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import StrikeStoreRolledBackWarning, StrikeStoreUnavailableError
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.guard.places import IDLE
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.stores.registry import reset_stores
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy, Outcome
from cyara_tools.portal import LocalPortal

from .conftest import Scene
from .crowd import Client, Crowd, call

SYNC_INTERVAL = 0.25
ORIGIN = "https://portal.example:443"

may_lose_writes = pytest.mark.filterwarnings(
    f"ignore::{StrikeStoreRolledBackWarning.__module__}.{StrikeStoreRolledBackWarning.__name__}"
)


def spoil(scene: Scene) -> None:
    """Write junk over the file, as a failing disk does."""
    reset_stores()
    path = Path(scene.store_url.removeprefix("sqlite://"))
    for file in path.parent.iterdir():
        file.write_bytes(b"junk" * 4096)


def test_row_78_an_unverified_pair_is_refused(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    assert scene.state.strikes == 0
    spoil(scene)
    crowd = Crowd()
    arrivals = scene.portal.arrivals
    with scene.client() as client:
        crowd.add_threads(client, 20)
        assert crowd.run() == {"StrikeStoreDamagedError": 20}
    assert scene.portal.arrivals == arrivals


def test_row_78_guarded_goes_on_with_the_place_that_it_keeps_and_no_further(
    make_scene: Callable[[str], Scene],
) -> None:
    scene = make_scene("sqlite")
    with scene.client(scene.portal.credential) as client:
        assert call(client) == "200"
        spoil(scene)
        assert [call(client) for _ in range(20)] == ["200"] * 20
        time.sleep(IDLE + 0.4)
        arrivals = scene.portal.arrivals
        assert call(client) == "StrikeStoreDamagedError"
        assert scene.portal.arrivals == arrivals


def test_row_78_a_verified_pair_that_goes_free_goes_on(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    with scene.client(scene.portal.credential, policy="concurrent") as client:
        assert call(client) == "200"
        spoil(scene)
        for _ in range(2):
            time.sleep(SYNC_INTERVAL + 0.05)
            assert call(client) == "200"


def test_row_78_a_verified_pair_goes_on_no_longer_than_its_verification(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    pair = ApiCredential.parse(scene.portal.credential)
    moment = [1000.0]
    settings = GuardSettings(policy=GuardPolicy.CONCURRENT, verification_ttl=60.0)
    guard = StrikeGuard(store=scene.store, settings=settings, steady=lambda: moment[0])
    ticket = guard.admit(pair, ORIGIN)
    ticket.sent()
    ticket.settle(Outcome.VERIFICATION)
    spoil(scene)
    for age in (1.0, 58.0):
        moment[0] += age
        time.sleep(SYNC_INTERVAL + 0.05)
        guard.admit(pair, ORIGIN).settle(Outcome.VERIFICATION)
    moment[0] += 61.0
    time.sleep(SYNC_INTERVAL + 0.05)
    with pytest.raises(StrikeStoreUnavailableError):
        guard.admit(pair, ORIGIN)


def test_row_78_a_rejection_counts_even_if_it_could_not_be_written(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    good = scene.portal.credential
    with scene.client(good) as client:
        assert call(client) == "200"
        scene.portal.regenerate_token()
        spoil(scene)
        assert call(client) == "401"
        arrivals = scene.portal.arrivals
        crowd = Crowd()
        crowd.add_threads(client, 20)
        seen = crowd.run()
        assert set(seen) <= {"CredentialRejectedError", "StrikeStoreUnavailableError"}
        assert scene.portal.arrivals == arrivals
    assert scene.invalid_calls == 1


def test_row_80_a_store_that_is_deleted_while_running(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    folder = Path(scene.store_url.removeprefix("sqlite://")).parent
    with scene.client() as client, scene.client(scene.portal.credential) as good:
        assert call(client) == "401"
        assert call(good) == "200"
        shutil.rmtree(folder)
        # Deleting the store is a reset; but this process has seen the rejection and remembers it.
        assert call(client) == "CredentialRejectedError"
        time.sleep(SYNC_INTERVAL + 0.05)
        crowd = Crowd()
        crowd.add_threads(good, 10)
        assert crowd.run() == {"200": 10}
    assert scene.invalid_calls == 1
    assert folder.exists()


@pytest.mark.filterwarnings(
    f"ignore::{StrikeStoreRolledBackWarning.__module__}.{StrikeStoreRolledBackWarning.__name__}"
)
def test_row_81_a_flushed_redis_does_not_bring_a_rejected_pair_back(
    make_scene: Callable[[str], Scene], request: pytest.FixtureRequest
) -> None:
    scene = make_scene("redis")
    with scene.client() as client:
        assert call(client) == "401"
        request.getfixturevalue("redis_server").stop()
        assert call(client) == "CredentialRejectedError"
        request.getfixturevalue("redis_server").start()
        crowd = Crowd()
        crowd.add_threads(client, 20)
        assert crowd.run() == {"CredentialRejectedError": 20}
    assert scene.invalid_calls == 1


@may_lose_writes
def test_row_78_redis_that_is_gone_stops_new_pairs_and_not_verified_ones(
    make_scene: Callable[[str], Scene], request: pytest.FixtureRequest
) -> None:
    scene = make_scene("redis")
    with scene.client() as client, scene.client(scene.portal.credential, policy="concurrent") as good:
        assert call(good) == "200"
        request.getfixturevalue("redis_server").stop()
        assert call(client) == "StrikeStoreUnavailableError"
        time.sleep(SYNC_INTERVAL + 0.05)
        assert [call(good) for _ in range(5)] == ["200"] * 5
        assert scene.invalid_calls == 0
        request.getfixturevalue("redis_server").start()
        assert call(client) == "401"


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
def test_row_73_a_jump_of_the_wall_clock_gives_no_budget_back(scene: Scene, jump: float) -> None:
    moment = [time.time()]
    guard = StrikeGuard(store=scene.store, wall=lambda: moment[0])
    pair = ApiCredential.parse(scene.stale)
    for _ in range(2):
        ticket = guard.admit(pair, ORIGIN)
        ticket.sent()
        ticket.give_up()
        moment[0] += jump
    with pytest.raises(Exception, match="budget of possibly invalid calls"):
        guard.admit(pair, ORIGIN)
    guard.close()


def test_row_72_a_token_that_half_of_the_portal_does_not_know_yet() -> None:
    burnt = 0
    rounds = 12
    with LocalPortal(nodes=4) as portal:
        for _ in range(rounds):
            new = portal.regenerate_token(nodes=3)  # a quarter of the answers still says 401
            before = portal.invalid_calls
            crowd = Crowd()
            with Client(base_url=portal.base_url, credential=new, store=MemoryStrikeStore()) as client:
                crowd.add_threads(client, 25, calls=4)
                crowd.run()
            burnt += portal.invalid_calls - before > 2
            portal.propagate()
    # A burst would burn three of four; two at a time are in flight, and the first 401 ends it.
    assert burnt == 0

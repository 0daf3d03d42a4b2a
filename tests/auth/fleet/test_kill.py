"""SIGKILL at each named moment of a call: the budget holds, and nobody is left to wait for a dead process."""

from collections.abc import Callable
from typing import Any

import pytest

from cyara_auth.errors import CredentialRejectedError, StrikeBudgetExhaustedError
from cyara_auth.strikes.state import TicketStatus

from .conftest import Scene
from .crowd import Crowd

STORES = pytest.mark.parametrize("kind", ["sqlite", "redis"])
FACES = pytest.mark.parametrize("face", [{"threads": 1}, {"loops": 1, "tasks": 1}], ids=["thread", "task"])
TABLE = {
    # failpoint: invalid calls at the portal, how many processes die of it, why the next ones are refused
    "after_reserve": (0, 2, StrikeBudgetExhaustedError),
    "after_send": (2, 2, StrikeBudgetExhaustedError),
    "after_headers": (2, 2, StrikeBudgetExhaustedError),
    "in_settle": (2, 2, StrikeBudgetExhaustedError),
    "after_settle": (1, 1, CredentialRejectedError),
}


def attempts_that_die(scene: Scene, failpoint: str, face: dict[str, Any]) -> None:
    invalid, killed, refusal = TABLE[failpoint]
    seen = scene.fleets(killed + 1, failpoint=failpoint, **face)
    assert seen == [{"killed": 1}] * killed + [{refusal.__name__: 1}]
    assert scene.invalid_calls == invalid
    crowd = Crowd()
    with scene.client() as client:
        crowd.add_threads(client, 20)
        assert crowd.run() == {refusal.__name__: 20}
    assert scene.invalid_calls == invalid
    assert scene.open_tickets() == 0


@STORES
@FACES
def test_row_52_killed_after_the_reservation(
    make_scene: Callable[[str], Scene], kind: str, face: dict[str, Any]
) -> None:
    attempts_that_die(make_scene(kind), "after_reserve", face)


@STORES
@FACES
@pytest.mark.parametrize("failpoint", [name for name in TABLE if name != "after_reserve"])
def test_row_53_killed_after_sending(
    make_scene: Callable[[str], Scene], kind: str, face: dict[str, Any], failpoint: str
) -> None:
    attempts_that_die(make_scene(kind), failpoint, face)


@pytest.mark.parametrize("failpoint", ["after_send", "after_headers", "in_settle"])
def test_the_failpoints_find_a_protocol_that_forgives_the_dead(
    make_scene: Callable[[str], Scene], failpoint: str
) -> None:
    scene = make_scene("sqlite")
    assert scene.fleets(6, failpoint=failpoint, threads=1, mutant=True) == [{"killed": 1}] * 6
    assert scene.invalid_calls == 6
    assert scene.portal.token_void


@STORES
def test_many_processes_that_die_at_the_same_moment(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    seen = scene.fleet(failpoint="after_send", processes=6, threads=2)
    assert scene.invalid_calls == seen["killed"] == 2
    assert seen["StrikeBudgetExhaustedError"] == 8


@STORES
def test_a_good_pair_survives_one_death_while_it_is_verified(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    assert scene.fleet(credential=good, failpoint="after_headers", threads=1) == {"killed": 1}
    assert len(scene.state.tickets) == 1
    # The next process finds the owner dead, keeps the charge, and verifies the pair with what is left of the budget.
    assert scene.fleet(credential=good, threads=4) == {"200": 4}
    assert scene.invalid_calls == 0


@STORES
def test_guarded_a_verified_pair_goes_on_alone_after_deaths(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    assert scene.fleet(credential=good, threads=1) == {"200": 1}
    assert scene.fleets(3, credential=good, failpoint="after_send", threads=1) == [{"killed": 1}] * 3
    assert scene.fleet(credential=good, processes=3, threads=4) == {"200": 12}
    # Each stays charged until a success that was reserved when nobody can evaluate it any more.
    assert [ticket.status for ticket in scene.state.tickets] == [TicketStatus.UNKNOWN] * 3
    # All the while one call goes at a time, so that a regeneration nobody announced costs one.
    scene.portal.regenerate_token()
    assert scene.fleet(credential=good, processes=3, threads=4)["401"] == 1
    assert scene.invalid_calls == 1


@STORES
def test_concurrent_a_verified_pair_does_not_care_about_deaths(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    order = {"credential": good, "policy": "concurrent"}
    assert scene.fleet(**order, threads=1) == {"200": 1}
    assert scene.fleets(3, **order, failpoint="after_send", threads=1) == [{"killed": 1}] * 3
    assert scene.fleet(**order, threads=4) == {"200": 4}
    assert scene.state.tickets == ()


@STORES
def test_strict_two_deaths_in_flight_need_an_operator(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    assert scene.fleet(credential=good, policy="strict", threads=1) == {"200": 1}
    seen = scene.fleet(credential=good, policy="strict", failpoint="after_send", processes=2, threads=1)
    assert seen == {"killed": 2}
    assert scene.fleet(credential=good, policy="strict", threads=2) == {"StrikeBudgetExhaustedError": 2}
    assert scene.invalid_calls == 0

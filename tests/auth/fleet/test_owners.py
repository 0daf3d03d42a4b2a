"""Owners of tickets that are not what they were: dead, rebooted, reused, forked, or shutting down."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from cyara_auth._platform import current_owner, machine_clock
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ProbeWaitTimeoutError
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.machine import Instant, Owner
from cyara_auth.strikes.events import Admit
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, TicketStatus

from .conftest import Scene
from .crowd import Crowd, call

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
SHARED = pytest.mark.parametrize("kind", ["sqlite", "redis"])


def reserve(scene: Scene, owner: Owner, *, ticket: str, now: Instant | None = None) -> Admission | None:
    """Let another process, made up, hold a ticket of the stale pair."""
    pair = ApiCredential.parse(scene.stale)
    event = Admit(
        now=now or scene.store.clock(),
        settings=GuardSettings(),
        pair=pair.fingerprint,
        origin=scene.portal.origin,
        owner=owner,
        ticket=ticket,
        orphan_ttl=150.0,
    )
    return scene.store.apply(pair.key_fingerprint, event).admission


def dead_owner(scene: Scene, **change: Any) -> None:
    """See that nobody waits for this owner, and that its charge stays."""
    assert reserve(scene, attrs.evolve(current_owner(), **change), ticket="dead") is Admission.GRANT
    with scene.client() as client:
        assert call(client) == "401"
        assert call(client) == "CredentialRejectedError"
    assert scene.invalid_calls == 1
    assert [ticket.status for ticket in scene.state.tickets] == [TicketStatus.UNKNOWN]


def test_row_74_an_owner_from_before_a_reboot(make_scene: Callable[[str], Scene]) -> None:
    dead_owner(make_scene("sqlite"), boot="the boot before")


@SHARED
@pytest.mark.parametrize("change", [{"started": "another"}, {"pid": 2**22 + 1}], ids=["reused", "gone"])
def test_row_75_a_process_id_that_is_reused_or_gone(
    make_scene: Callable[[str], Scene], kind: str, change: dict[str, Any]
) -> None:
    dead_owner(make_scene(kind), **change)


@pytest.mark.parametrize(
    ("kind", "foreign"),
    [
        ("sqlite", {"pid_namespace": "another container", "pid": 1}),
        ("redis", {"pid_namespace": "another container", "pid": 1}),
        ("redis", {"boot": "a clone's boot", "pid": 2**22 + 1}),
        ("redis", {"host": "resumed-twice", "pid": 2**22 + 1}),
    ],
    ids=["container on SQLite", "container on Redis", "clone of the disk", "clone with its memory"],
)
def test_an_owner_elsewhere_is_waited_for(
    make_scene: Callable[[str], Scene], kind: str, foreign: dict[str, Any]
) -> None:
    scene = make_scene(kind)
    owner = attrs.evolve(current_owner(), **foreign)
    assert reserve(scene, owner, ticket="foreign") is Admission.GRANT
    guard = StrikeGuard(store=scene.store)
    with pytest.raises(ProbeWaitTimeoutError, match="still verifying this pair"):
        guard.admit(ApiCredential.parse(scene.stale), scene.portal.origin, timeout=0.3)
    guard.close()
    assert [ticket.status for ticket in scene.state.tickets] == [TicketStatus.OPEN]


def test_row_74_a_reboot_makes_open_tickets_unknown_and_frees_nothing(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    before = Instant(domain="the boot before", seconds=machine_clock().seconds + 10_000)
    old_boot = attrs.evolve(current_owner(), boot="the boot before")
    assert reserve(scene, old_boot, ticket="1", now=before) is Admission.GRANT
    assert scene.fleets(2, failpoint="after_send", threads=1) == [{"killed": 1}, {"StrikeBudgetExhaustedError": 1}]
    assert scene.invalid_calls == 1


@forks
@SHARED
def test_row_76_a_forked_child_goes_on_with_the_parents_client(
    make_scene: Callable[[str], Scene], kind: str, in_fork: Callable[[Callable[[], None]], None]
) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    with scene.client(good) as client:
        assert call(client) == "200"

        def child() -> None:
            crowd = Crowd()
            crowd.add_threads(scene.client(good), 4)
            assert crowd.run() == {"200": 4}

        for _ in range(3):
            in_fork(child)
        assert call(client) == "200"
    assert scene.invalid_calls == 0


@forks
@SHARED
def test_row_76_an_open_ticket_stays_the_parents(
    make_scene: Callable[[str], Scene], kind: str, in_fork: Callable[[Callable[[], None]], None]
) -> None:
    scene = make_scene(kind)
    guard = StrikeGuard(store=scene.store)
    pair = ApiCredential.parse(scene.stale)
    ticket = guard.admit(pair, "https://portal.example:443")

    def child() -> None:
        ticket.give_up()  # as a child's garbage collector would
        guard.close()
        assert scene.open_tickets() == 1

    in_fork(child)
    assert scene.open_tickets() == 1
    ticket.give_up()
    guard.close()
    assert scene.state.tickets == ()


EXIT = """
import sys
from cyara_auth.credential import ApiCredential
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.stores.registry import open_store
guard = StrikeGuard(store=open_store(sys.argv[1], environ={}))
ticket = guard.admit(ApiCredential.parse(sys.argv[2]), "https://portal.example:443")
if sys.argv[3] == "sent":
    ticket.sent()
if sys.argv[4] == "error":
    raise RuntimeError("the program ends by an error")
"""


@SHARED
@pytest.mark.parametrize("end", ["return", "error"])
@pytest.mark.parametrize(("moment", "left"), [("reserved", []), ("sent", [TicketStatus.UNKNOWN])])
def test_row_90_the_end_of_the_interpreter_settles_what_is_open(
    make_scene: Callable[[str], Scene], kind: str, end: str, moment: str, left: list[TicketStatus]
) -> None:
    scene = make_scene(kind)
    ended = subprocess.run(
        [sys.executable, "-c", EXIT, scene.store_url, scene.stale, moment, end], capture_output=True, check=False
    )
    assert ended.returncode == (1 if end == "error" else 0)
    assert ended.stderr.count(b"Error") == (1 if end == "error" else 0), ended.stderr.decode()
    assert b"ignored" not in ended.stderr
    assert [ticket.status for ticket in scene.state.tickets] == left

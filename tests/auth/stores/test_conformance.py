"""One machine for all stores: whatever happens in whatever order, every store answers as the memory store does.

The machine makes up clocks, deaths, reboots and restarts of the client; the events of all stores are identical, so
every decision and every state has to be. And all stores meet a fork.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from cyara_auth.machine import Instant, Owner
from cyara_auth.stores.bucket import BucketStrikeStore
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.stores.redis import RedisStrikeStore
from cyara_auth.stores.sqlite import SqliteStrikeStore
from cyara_auth.strikes.events import (
    Admit,
    DateTickets,
    Decision,
    Event,
    Renew,
    Reset,
    RotateAbort,
    RotateBegin,
    RotateCommit,
    Settle,
    StillValid,
)
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy, Incident, Outcome

from .events import Bucket, RedisServer

if TYPE_CHECKING:
    from cyara_auth.stores.base import StrikeStore

KEY_IDS = ("a" * 32, "b" * 32)
PAIRS = ("1" * 32, "2" * 32, "3" * 32)
ORIGINS = ("https://one.example:443", "https://two.example:443", "http://127.0.0.1:8080")
OWNERS = tuple(Owner(host="h", pid_namespace="r", boot="b", pid=pid, started="1") for pid in (1, 2, 3))
INCIDENT = Incident(wall=1.5, host="h", pid=1, source="the test", operation="GetCampaigns")
ORPHAN_TTL = 150.0

all_settings = st.builds(
    GuardSettings,
    policy=st.sampled_from(GuardPolicy),
    budget=st.sampled_from((1, 2)),
)
key_ids, pairs, origins, owners = (st.sampled_from(values) for values in (KEY_IDS, PAIRS, ORIGINS, OWNERS))


class Conformance(RuleBasedStateMachine):
    """The memory store is the oracle: a dictionary and `decide`."""

    redis_url: ClassVar[str | None] = None
    bucket_url: ClassVar[str | None] = None
    run: ClassVar = itertools.count()

    tickets = Bundle("tickets")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        # One server for all runs: each has keys of its own there.
        self.prefix = f"{next(self.run):08x}"
        self.stores: dict[str, StrikeStore] = {"memory": MemoryStrikeStore()}
        self.open_sqlite()
        self.open_redis()
        self.open_bucket()
        self.now = Instant(domain="first boot", seconds=1000.0)
        self.dead: frozenset[Owner] = frozenset()
        self.numbers = itertools.count()

    def open_sqlite(self) -> None:
        self.stores["sqlite"] = SqliteStrikeStore(Path(self.folder.name) / "state" / "strikes.sqlite3")

    def open_redis(self) -> None:
        if self.redis_url is not None:
            self.stores["redis"] = RedisStrikeStore(self.redis_url)

    def open_bucket(self) -> None:
        if self.bucket_url is not None:
            self.stores["bucket"] = BucketStrikeStore(self.bucket_url)

    def key_id(self, name: str) -> str:
        return self.prefix + name[8:]

    def apply(self, name: str, event: Event) -> Decision:
        key_id = self.key_id(name)
        before = {kind: store.version(key_id) for kind, store in self.stores.items()}
        decisions = {kind: store.apply(key_id, event) for kind, store in self.stores.items()}
        expected = decisions["memory"]
        for kind, store in self.stores.items():
            assert decisions[kind] == expected, kind
            assert (store.version(key_id) != before[kind]) == expected.changed, kind
        return expected

    @rule(
        target=tickets,
        key_id=key_ids,
        pair=pairs,
        origin=origins,
        owner=owners,
        settings=all_settings,
        confirm=st.booleans(),
        waiting_life=st.sampled_from((None, 2.0)),
    )
    def admit(  # the facts of a call
        self,
        *,
        key_id: str,
        pair: str,
        origin: str,
        owner: Owner,
        settings: GuardSettings,
        confirm: bool,
        waiting_life: float | None,
    ) -> tuple[str, str, str, str | None]:
        event = Admit(
            now=self.now,
            settings=settings,
            pair=pair,
            origin=origin,
            owner=owner,
            ticket=f"{self.prefix}-{next(self.numbers)}",
            orphan_ttl=ORPHAN_TTL,
            dead=self.dead,
            confirm=confirm,
            waiting_life=waiting_life,
        )
        ticket = self.apply(key_id, event).ticket
        return key_id, pair, origin, None if ticket is None else ticket.id

    @rule(
        call=tickets,
        outcome=st.sampled_from(Outcome),
        settings=all_settings,
        retry_after=st.none() | st.floats(min_value=0, max_value=100),
        keep=st.booleans(),
    )
    def settle(
        self,
        *,
        call: tuple[str, str, str, str | None],
        outcome: Outcome,
        settings: GuardSettings,
        retry_after: float | None,
        keep: bool,
    ) -> None:
        key_id, pair, origin, ticket = call
        event = Settle(
            now=self.now,
            settings=settings,
            pair=pair,
            origin=origin,
            outcome=outcome,
            ticket=ticket,
            incident=INCIDENT,
            retry_after=retry_after,
            keep=keep,
        )
        self.apply(key_id, event)

    @rule(call=tickets, settings=all_settings, sending=st.booleans(), succeeded=st.booleans())
    def renew(
        self, *, call: tuple[str, str, str, str | None], settings: GuardSettings, sending: bool, succeeded: bool
    ) -> None:
        key_id, _, _, ticket = call
        if ticket is not None:
            verified_at = self.now if succeeded else None
            event = Renew(now=self.now, settings=settings, ticket=ticket, sending=sending, verified_at=verified_at)
            self.apply(key_id, event)

    @rule(key_id=key_ids, forgive=st.frozensets(pairs))
    def still_valid(self, key_id: str, forgive: frozenset[str]) -> None:
        self.apply(key_id, StillValid(forgive=forgive))

    @rule(key_id=key_ids)
    def begin_rotation(self, key_id: str) -> None:
        self.apply(key_id, RotateBegin(now=self.now, incident=INCIDENT))

    @rule(key_id=key_ids, pair=pairs)
    def commit_rotation(self, key_id: str, pair: str) -> None:
        self.apply(key_id, RotateCommit(now=self.now, incident=INCIDENT, pair=pair))

    @rule(key_id=key_ids)
    def abort_rotation(self, key_id: str) -> None:
        self.apply(key_id, RotateAbort())

    @rule(key_id=key_ids, forgive=st.frozensets(pairs))
    def reset(self, key_id: str, forgive: frozenset[str]) -> None:
        self.apply(key_id, Reset(now=self.now, forgive=forgive))

    @rule(key_id=key_ids)
    def date_tickets(self, key_id: str) -> None:
        self.apply(key_id, DateTickets(now=self.now))

    @rule(seconds=st.sampled_from((0.001, 0.3, 20.0, 149.0, 151.0, 1000.0)))
    def wait(self, seconds: float) -> None:
        self.now = Instant(domain=self.now.domain, seconds=self.now.seconds + seconds)

    @rule(domain=st.sampled_from(("first boot", "second boot")))
    def reboot(self, domain: str) -> None:
        self.now = Instant(domain=domain, seconds=1000.0)

    @rule(owner=owners)
    def kill(self, owner: Owner) -> None:
        self.dead |= {owner}

    @rule()
    def restart_clients(self) -> None:
        for kind in self.stores.keys() - {"memory"}:
            self.stores[kind].close()
        self.open_sqlite()
        self.open_redis()
        self.open_bucket()

    @invariant()
    def states_agree(self) -> None:
        if not hasattr(self, "stores"):
            return
        for name in KEY_IDS:
            key_id = self.key_id(name)
            expected = self.stores["memory"].read(key_id)
            for kind, store in self.stores.items():
                assert store.read(key_id) == expected, kind
        known = self.stores["memory"].key_ids()
        for kind, store in self.stores.items():
            assert [name for name in store.key_ids() if name.startswith(self.prefix)] == known, kind

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            for store in self.stores.values():
                store.close()
            self.folder.cleanup()


CHECKS = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.mark.timeout(180)
def test_sqlite_decides_and_remembers_as_memory_does() -> None:
    run_state_machine_as_test(Conformance, settings=CHECKS)


@pytest.mark.timeout(180)
def test_redis_decides_and_remembers_as_both(redis_server: RedisServer) -> None:
    machine = type("Machine", (Conformance,), {"redis_url": redis_server.url})
    run_state_machine_as_test(machine, settings=settings(CHECKS, max_examples=25))


@pytest.mark.timeout(180)
def test_a_bucket_decides_and_remembers_as_both(bucket: Bucket) -> None:
    machine = type("Machine", (Conformance,), {"bucket_url": bucket.url})
    run_state_machine_as_test(machine, settings=settings(CHECKS, max_examples=8, stateful_step_count=30))


def forked(url: str, *order: str) -> dict[str, str]:
    """Run `forking.py`, by itself since what goes wrong after a fork may end the whole process."""
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    script = Path(__file__).with_name("forking.py")
    done = subprocess.run(
        [sys.executable, str(script), url, *order], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


def test_row_76_a_fork_copies_the_strikes_in_memory() -> None:
    assert forked("memory:") == {"child": "worked", "parent": "worked", "strikes of the child": "0"}


def test_row_76_parent_and_child_go_on_with_one_file(tmp_path: Path) -> None:
    url = (tmp_path / "state" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1)
    assert forked(url) == {"child": "worked", "parent": "worked", "strikes of the child": "1"}


def test_row_76_parent_and_child_go_on_with_one_server(redis_server: RedisServer) -> None:
    assert forked(redis_server.url) == {"child": "worked", "parent": "worked", "strikes of the child": "1"}


@pytest.mark.parametrize("order", ["its own store", "the parent's store"])
def test_row_76_a_child_of_a_process_that_used_a_bucket_is_refused(bucket: Bucket, order: str) -> None:
    said = forked(bucket.url, order)
    assert "Make the first call after the fork, or start processes by 'spawn'" in said.pop("child")
    assert said == {"parent": "worked", "strikes of the child": "0"}


def test_row_76_a_child_uses_a_bucket_that_its_parent_has_not_used(bucket: Bucket) -> None:
    said = forked(bucket.url, "the parent's store", "unused")
    assert said == {"child": "worked", "parent": "worked", "strikes of the child": "1"}


@pytest.mark.timeout(180)
def test_the_machine_finds_a_store_that_forgets_a_strike() -> None:
    class Forgetful(MemoryStrikeStore):
        def apply(self, key_id: str, event: Event) -> Decision:
            if isinstance(event, Settle) and event.outcome is Outcome.STRIKE and event.ticket is None:
                return super().apply(key_id, Reset(now=event.now))
            return super().apply(key_id, event)

    def open_forgetful(self: Conformance) -> None:
        self.stores["sqlite"] = Forgetful()

    machine = type("Machine", (Conformance,), {"open_sqlite": open_forgetful})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=settings(CHECKS, print_blob=False, report_multiple_bugs=False))

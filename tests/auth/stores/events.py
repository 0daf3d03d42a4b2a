"""Short ways to make the events that the store tests feed to a store."""

import subprocess
import uuid
from pathlib import Path
from typing import Protocol

from cyara_auth._platform import current_owner
from cyara_auth.machine import Instant
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.events import Admit, Decision, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, GuardPolicy, Incident, Outcome

KEY_ID = "a" * 32
PAIR = "1" * 32
ORIGIN = "https://cyara.example:443"
STRICT = GuardSettings(policy=GuardPolicy.STRICT)
INCIDENT = Incident(wall=1_700_000_000.0, host="test", pid=1)


class RedisServer(Protocol):
    """What the fixture `redis_server` gives."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str: ...

    @property
    def socket_url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Bucket(Protocol):
    """What the fixture `bucket` gives."""

    url: str
    port: int


def admit(store: StrikeStore, *, key_id: str = KEY_ID, pair: str = PAIR, settings: GuardSettings = STRICT) -> Decision:
    event = Admit(
        now=store.clock(),
        settings=settings,
        pair=pair,
        origin=ORIGIN,
        owner=current_owner(),
        ticket=uuid.uuid4().hex,
        orphan_ttl=150.0,
    )
    return store.apply(key_id, event)


def settle(
    store: StrikeStore, granted: Decision, outcome: Outcome, *, key_id: str = KEY_ID, now: Instant | None = None
) -> Decision:
    assert granted.ticket is not None
    event = Settle(
        now=now or store.clock(),
        settings=STRICT,
        pair=granted.ticket.pair,
        origin=ORIGIN,
        outcome=outcome,
        ticket=granted.ticket.id,
        incident=INCIDENT,
    )
    return store.apply(key_id, event)


def report_strike(store: StrikeStore, now: Instant, *, pair: str = PAIR) -> Decision:
    """Report a 401 whose ticket is not known, so that equal reports are alike in every byte."""
    event = Settle(
        now=now,
        settings=STRICT,
        pair=pair,
        origin=ORIGIN,
        outcome=Outcome.STRIKE,
        ticket=None,
        incident=INCIDENT,
    )
    return store.apply(KEY_ID, event)


def verify(store: StrikeStore) -> None:
    """Let the pair pass one probe, as a first call of a process would."""
    granted = admit(store)
    assert granted.admission is Admission.GRANT
    settle(store, granted, Outcome.VERIFICATION)


def strikes(store: StrikeStore) -> int:
    return store.read(KEY_ID).strikes

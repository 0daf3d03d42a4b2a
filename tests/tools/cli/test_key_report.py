"""What `status` says of a key, for states that are hard to reach by hand."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from cyara_auth.errors import ConfigurationError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    GuardPolicy,
    Incident,
    KeyMode,
    KeyState,
    PairRecord,
    PairState,
    Verification,
)
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.cli.key_report import KeyReport, incident_text
from cyara_tools.cli.short_fingerprints import resolve_prefix

PAIR, ORIGIN = "ab" * 16, "https://portal.example"
STORE = MemoryStrikeStore()
INCIDENT = Incident(wall=time.time() - 3600, host="build-7", pid=4711, by="cd" * 16)


def report_of(
    verdict: PairState, *, strikes: int = 0, watermark: int = 0, policy: GuardPolicy = GuardPolicy.GUARDED
) -> KeyReport:
    now = STORE.clock()
    pair = PairRecord(
        fingerprint=PAIR, verdict=verdict, first_seen=now, verifications=(Verification(origin=ORIGIN, at=now),)
    )
    state = KeyState(strikes=strikes, watermark=watermark, pairs=(pair,))
    settings = GuardSettings(policy=policy)
    return KeyReport(key="ef" * 16, state=state, origin=ORIGIN, settings=settings, store=STORE)


@pytest.mark.parametrize(
    ("verdict", "strikes", "watermark", "policy", "code"),
    [
        (PairState.UNVERIFIED, 0, 0, GuardPolicy.GUARDED, ExitCode.OK),
        (PairState.UNVERIFIED, 1, 0, GuardPolicy.GUARDED, ExitCode.OK),
        (PairState.UNVERIFIED, 2, 0, GuardPolicy.GUARDED, ExitCode.REFUSED),
        (PairState.VERIFIED, 2, 0, GuardPolicy.GUARDED, ExitCode.OK),
        (PairState.VERIFIED, 2, 2, GuardPolicy.STRICT, ExitCode.OK),
        (PairState.VERIFIED, 2, 0, GuardPolicy.STRICT, ExitCode.REFUSED),
        (PairState.SUSPECT, 0, 0, GuardPolicy.GUARDED, ExitCode.REFUSED),
        (PairState.REJECTED, 0, 0, GuardPolicy.GUARDED, ExitCode.REJECTED),
        (PairState.SUPERSEDED, 0, 0, GuardPolicy.GUARDED, ExitCode.REJECTED),
    ],
)
def test_verdicts(verdict: PairState, strikes: int, watermark: int, policy: GuardPolicy, code: ExitCode) -> None:
    assert report_of(verdict, strikes=strikes, watermark=watermark, policy=policy).verdict(PAIR)[0] is code


def test_age_of_a_rotation() -> None:
    now = datetime.fromtimestamp(INCIDENT.wall, UTC) + timedelta(hours=1)
    assert report_of(PairState.VERIFIED).rotation_age(now) is None
    draining = KeyReport(
        key="ef" * 16,
        state=KeyState(mode=KeyMode.DRAINING, drained=INCIDENT),
        origin=None,
        settings=GuardSettings(),
        store=STORE,
    )
    age = draining.rotation_age(now)
    assert age is not None
    assert timedelta(minutes=59) < age < timedelta(minutes=61)
    assert draining.verdict(PAIR)[0] is ExitCode.REFUSED


def test_incidents_in_words() -> None:
    text = incident_text(INCIDENT)
    assert text.endswith("UTC, process 4711 on build-7, replaced by cdcdcdcd")
    assert incident_text(None) == ""


def test_fingerprints_by_their_first_digits() -> None:
    known = ["ab12", "ab34", "cd56"]
    assert resolve_prefix("CD", known, what="pair") == "cd56"
    for prefix in ("ab", "ff"):
        with pytest.raises(ConfigurationError, match="Known: ab12, ab34, cd56"):
            resolve_prefix(prefix, known, what="pair")

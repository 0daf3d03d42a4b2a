"""What `status` says of a key, for states that are hard to reach by hand."""

import time
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from cyara_auth._platform import current_owner
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ConfigurationError, RotationInProgressError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    GuardPolicy,
    Incident,
    KeyMode,
    KeyState,
    PairRecord,
    PairState,
    Standing,
    TicketRecord,
    TicketStatus,
)
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.cli.key_report import KeyReport, incident_text
from cyara_tools.cli.short_fingerprints import resolve_prefix

CREDENTIAL = ApiCredential.parse("0123456789abcdef" * 2 + ":" + "A" * 43 + "=", source="a test")
PAIR, ORIGIN = str(CREDENTIAL.fingerprint), "https://portal.example:443"
STORE = MemoryStrikeStore()
INCIDENT = Incident(wall=time.time() - 3600, host="build-7", pid=4711, by="cd" * 16)


def standing(verdict: PairState, origin: str = ORIGIN, incident: Incident | None = None) -> Standing:
    verified = verdict is PairState.VERIFIED
    verified_at = STORE.clock() if verified else None
    return Standing(origin=origin, verdict=verdict, was_verified=verified, verified_at=verified_at, incident=incident)


def unknown(pair: str = PAIR) -> TicketRecord:
    return TicketRecord(
        id=f"lost-{pair}",
        pair=pair,
        origin=ORIGIN,
        owner=current_owner(),
        reserved_at=STORE.clock(),
        orphan_ttl=150.0,
        status=TicketStatus.UNKNOWN,
        incident=attrs.evolve(INCIDENT, by=None, reason="status 502 at https://portal.example/cyarawebapi"),
    )


def report_of(
    verdict: PairState,
    *,
    strikes: int = 0,
    watermark: int = 0,
    policy: GuardPolicy = GuardPolicy.GUARDED,
    tickets: tuple[TicketRecord, ...] = (),
    others: tuple[PairRecord, ...] = (),
) -> KeyReport:
    pair = PairRecord(fingerprint=PAIR, first_seen=STORE.clock(), standings=(standing(verdict, incident=INCIDENT),))
    state = KeyState(strikes=strikes, watermark=watermark, pairs=(pair, *others), tickets=tickets)
    settings = GuardSettings(policy=policy)
    return KeyReport(key="ef" * 16, state=state, origin=ORIGIN, settings=settings, store=STORE)


NEWER = PairRecord(fingerprint="cd" * 16, first_seen=STORE.clock(), standings=(standing(PairState.VERIFIED),))


@pytest.mark.parametrize(
    ("verdict", "strikes", "watermark", "policy", "code"),
    [
        (PairState.UNVERIFIED, 0, 0, GuardPolicy.GUARDED, ExitCode.OK),
        (PairState.UNVERIFIED, 1, 0, GuardPolicy.GUARDED, ExitCode.OK),
        (PairState.UNVERIFIED, 2, 0, GuardPolicy.GUARDED, ExitCode.REFUSED),
        (PairState.VERIFIED, 2, 0, GuardPolicy.CONCURRENT, ExitCode.OK),
        (PairState.VERIFIED, 2, 0, GuardPolicy.GUARDED, ExitCode.REFUSED),
        (PairState.VERIFIED, 2, 2, GuardPolicy.STRICT, ExitCode.OK),
        (PairState.VERIFIED, 2, 0, GuardPolicy.STRICT, ExitCode.REFUSED),
        (PairState.SUSPECT, 0, 0, GuardPolicy.GUARDED, ExitCode.REFUSED),
        (PairState.REJECTED, 0, 0, GuardPolicy.GUARDED, ExitCode.REJECTED),
        # Nothing else of the key works, so the verification that superseded it may have been wrong.
        (PairState.SUPERSEDED, 0, 0, GuardPolicy.GUARDED, ExitCode.OK),
    ],
)
def test_verdicts(verdict: PairState, strikes: int, watermark: int, policy: GuardPolicy, code: ExitCode) -> None:
    assert report_of(verdict, strikes=strikes, watermark=watermark, policy=policy).verdict(CREDENTIAL)[0] is code


@pytest.mark.parametrize(
    ("policy", "code", "text"),
    [
        (GuardPolicy.GUARDED, ExitCode.OK, "one at a time, since answers were lost"),
        (GuardPolicy.STRICT, ExitCode.REFUSED, "reset --still-valid"),
        (GuardPolicy.CONCURRENT, ExitCode.OK, "calls go out"),
    ],
)
def test_lost_answers_of_a_verified_pair(policy: GuardPolicy, code: ExitCode, text: str) -> None:
    lost = (unknown(), attrs.evolve(unknown(), id="another"))
    known = report_of(PairState.VERIFIED, policy=policy, tickets=lost).verdict(CREDENTIAL)
    assert known[0] is code
    assert text in known[1]


def test_two_bad_gateways_name_what_happened_and_still_valid_first() -> None:
    lost = (unknown(), attrs.evolve(unknown(), id="another"))
    code, text = report_of(PairState.UNVERIFIED, tickets=lost).verdict(CREDENTIAL)
    assert code is ExitCode.REFUSED
    assert "status 502 at https://portal.example/cyarawebapi twice" in text
    assert 0 < text.index("reset --still-valid") < text.index("reset --regenerated")


def test_a_superseded_pair_needs_the_current_token_and_no_new_one() -> None:
    code, text = report_of(PairState.SUPERSEDED, others=(NEWER,)).verdict(CREDENTIAL)
    assert code is ExitCode.REJECTED
    assert "pair cdcdcdcd took its place" in text
    assert "copy the current token from the portal (Settings > API) to its source (a test)" in text
    assert "generate" not in text


def test_a_pair_that_was_rejected_may_be_forgiven() -> None:
    text = report_of(PairState.REJECTED).verdict(CREDENTIAL)[1]
    assert f"{ORIGIN} said so" in text
    assert f"cyara auth reset --still-valid --forgive {CREDENTIAL.fingerprint.short}" in text


def test_who_holds_the_places_is_named() -> None:
    held = tuple(attrs.evolve(unknown(), id=name, status=TicketStatus.OPEN) for name in ("one", "two"))
    report = report_of(PairState.VERIFIED, tickets=held)
    owner = current_owner()
    assert report.verdict(CREDENTIAL) == (
        ExitCode.OK,
        f"a call would wait for its turn: the places of this key are held by process {owner.pid} on {owner.host}",
    )
    assert report.facts()["open"] == 2
    assert [row[:2] for row in report.call_rows()] == [[PAIR[:8], "under way"]] * 2
    assert not report.somebody_waits
    waiting = attrs.evolve(report, state=attrs.evolve(report.state, waiting_at=STORE.clock()))
    assert waiting.somebody_waits


def test_places_of_a_dead_process_are_held_by_nobody() -> None:
    gone = attrs.evolve(current_owner(), started="at another time")
    held = tuple(attrs.evolve(unknown(), id=name, status=TicketStatus.OPEN, owner=gone) for name in ("one", "two"))
    assert "one at a time" in report_of(PairState.VERIFIED, tickets=held).verdict(CREDENTIAL)[1]


def test_what_another_origin_says_is_told_and_decides_nothing() -> None:
    elsewhere = standing(PairState.REJECTED, "https://captive.example:443", INCIDENT)
    report = report_of(PairState.VERIFIED)
    [pair] = report.state.pairs
    report = attrs.evolve(report, state=attrs.evolve(report.state, pairs=(pair.with_standing(elsewhere),)))
    assert report.verdict(CREDENTIAL) == (ExitCode.OK, "calls go out")
    assert [row[1:3] for row in report.pair_rows()] == [
        ["verified", ORIGIN],
        ["rejected", "https://captive.example:443"],
    ]
    # Without a portal, the one that spoke last is meant.
    assert attrs.evolve(report, origin=None).verdict(CREDENTIAL)[0] is ExitCode.REJECTED


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
    code, text = draining.verdict(CREDENTIAL)
    assert code is ExitCode.REFUSED
    assert 0 < text.index("cyara auth rotate commit") < text.index("cyara auth rotate abort")
    assert isinstance(draining.refusal(CREDENTIAL), RotationInProgressError)


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

"""A running client picks up a rotated token without a restart, once per change, and never another source."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    CredentialExpiredError,
    CredentialExpiryWarning,
    CredentialFormatError,
    CredentialSourceError,
)
from cyara_auth.providers import CredentialProvider, CredentialSource, ProfileProvider, StaticProvider
from cyara_auth.providers.private_file import write_private
from cyara_auth.providers.renewal import LoginSource
from cyara_auth.providers.source import UNVERSIONED_INTERVAL_S, version_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


class Counting:
    """A source without a version: it returns what it is told to, and counts how often it is asked."""

    def __init__(self, credential: ApiCredential | None) -> None:
        self.credential = credential
        self.calls = 0

    def __call__(self) -> ApiCredential | None:
        self.calls += 1
        return self.credential


@pytest.fixture
def clock() -> Clock:
    return Clock()


def source_of(provider: Counting, clock: Clock) -> CredentialSource:
    assert provider.credential is not None
    return CredentialSource(provider, provider.credential, now=clock.now, monotonic=clock)


def test_a_file_is_read_again_once_per_change(config: Path, fresh: Callable[[], str]) -> None:
    path = config / "profiles" / "x.json"
    write_private(path, fresh())
    provider = ProfileProvider(path=path)
    version, first = version_of(provider), provider()
    assert first is not None
    source = CredentialSource(provider, first, version=version)
    assert source.refresh() is first
    rotated = fresh()
    write_private(path, rotated)
    assert source.current() is first
    second = source.refresh()
    assert second.pair_text() == rotated
    assert source.current() is second
    assert source.refresh() is second


def test_a_broken_change_is_reported_until_it_is_mended(config: Path, fresh: Callable[[], str]) -> None:
    path = config / "profiles" / "x.json"
    write_private(path, fresh())
    provider = ProfileProvider(path=path)
    version, first = version_of(provider), provider()
    assert first is not None
    source = CredentialSource(provider, first, version=version)
    write_private(path, "key:token")
    for _ in range(2):
        with pytest.raises(CredentialFormatError):
            source.refresh()
    assert source.current() is first
    path.unlink()
    assert source.refresh() is first
    mended = fresh()
    write_private(path, mended)
    assert source.refresh().pair_text() == mended


def test_a_source_that_cannot_tell_is_asked_at_intervals(clock: Clock, fresh: Callable[[], str]) -> None:
    provider = Counting(ApiCredential.parse(fresh()))
    source = source_of(provider, clock)
    provider.credential = rotated = ApiCredential.parse(fresh())
    for _ in range(5):
        assert source.refresh() != rotated
    assert provider.calls == 0
    clock.seconds = UNVERSIONED_INTERVAL_S
    for _ in range(5):
        assert source.refresh() == rotated
    assert provider.calls == 1


def test_a_source_that_turns_to_texts_is_unusable_and_the_credential_stays(clock: Clock, pair: str) -> None:
    provider = Counting(ApiCredential.parse(pair))
    source = source_of(provider, clock)
    provider.credential = pair  # type: ignore[assignment]  # what an untyped provider may do
    clock.seconds = UNVERSIONED_INTERVAL_S
    with pytest.raises(CredentialSourceError, match="type str"):
        source.refresh()
    assert source.current() == ApiCredential.parse(pair)


def test_threads_read_the_source_once(clock: Clock, fresh: Callable[[], str]) -> None:
    provider = Counting(ApiCredential.parse(fresh()))
    source = source_of(provider, clock)
    provider.credential = ApiCredential.parse(fresh())
    clock.seconds = UNVERSIONED_INTERVAL_S
    threads = [threading.Thread(target=source.refresh) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert provider.calls == 1
    assert source.current() == provider.credential


def test_expiry_warns_before_and_refuses_after(clock: Clock, pair: str) -> None:
    credential = ApiCredential.parse(pair, source="x", expires_at=NOON + timedelta(days=8))
    source = source_of(Counting(credential), clock)
    assert source.current() is credential
    clock.seconds = timedelta(days=1, seconds=1).total_seconds()
    with pytest.warns(CredentialExpiryWarning, match="expires at 2026-02-08 12:00:00 UTC"):
        source.current()
    assert source.current() is credential
    clock.seconds = timedelta(days=8).total_seconds()
    with pytest.raises(CredentialExpiredError, match="expired at 2026-02-08 12:00:00 UTC") as caught:
        source.current()
    assert "Nothing was sent. Next:" in str(caught.value)
    assert not any(half in str(caught.value) for half in pair.split(":"))


@pytest.mark.parametrize(
    ("name", "next_step"),
    [
        ("command /bin/vault", r"to its source \(command /bin/vault\), then: cyara auth verify$"),
        (LoginSource("profile file /x.json"), r"then: cyara auth login"),
    ],
)
def test_an_expired_credential_is_renewed_where_it_came_from(
    clock: Clock, fresh: Callable[[], str], name: str, next_step: str
) -> None:
    source = source_of(Counting(ApiCredential.parse(fresh(), source=name, expires_at=NOON)), clock)
    with pytest.raises(CredentialExpiredError, match=next_step) as caught:
        source.current()
    assert ("cyara auth login" in str(caught.value)) is name.startswith("profile")


def test_an_expired_credential_is_replaced_by_the_source(clock: Clock, fresh: Callable[[], str]) -> None:
    provider = Counting(ApiCredential.parse(fresh(), expires_at=NOON + timedelta(days=30)))
    source = source_of(provider, clock)
    provider.credential = ApiCredential.parse(fresh(), expires_at=NOON + timedelta(days=90))
    clock.seconds = timedelta(days=31).total_seconds()
    assert source.current() is provider.credential
    provider.credential = ApiCredential.parse(fresh())
    clock.seconds = timedelta(days=91).total_seconds()
    assert source.current() is provider.credential


def test_elsewhere_reports_and_never_uses(config: Path, fresh: Callable[[], str]) -> None:
    used = ApiCredential.parse(fresh(), source="used")
    other = ApiCredential.parse(fresh(), source="other")
    broken = config / "profiles" / "broken.json"
    write_private(broken, "key:token")
    others: list[CredentialProvider] = [
        Counting(used),
        Counting(other),
        Counting(None),
        ProfileProvider(path=broken),
    ]
    source = CredentialSource(Counting(used), used, others=others)
    same, different, absent, unusable = source.other_sources()
    assert (same.differs, different.differs, absent.differs, unusable.differs) == (False, True, False, False)
    assert different.fingerprint == other.fingerprint.short
    assert absent.fingerprint is None
    assert unusable.problem is not None
    assert "placeholder" in unusable.problem
    assert source.current() is used


def test_an_argument_never_changes(pair: str) -> None:
    credential = ApiCredential.parse(pair)
    source = CredentialSource(StaticProvider(credential), credential, version=StaticProvider(credential).version())
    assert source.refresh() is credential

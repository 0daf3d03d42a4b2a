"""`CredentialSource`: the one place where a running client gets its credential, again and again.

`current()` costs next to nothing, because it is called for every request. `refresh()` is called after a rejection: it
reads the source anew, once for each change of the source, so that a token which was replaced while the process ran is
picked up without a restart. The same pair read again stays rejected.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from cyara_auth._platform.fork import ModuleLock
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialError, CredentialExpiredError, CredentialExpiryWarning
from cyara_auth.providers.base import CredentialProvider, VersionedProvider, call_provider, describe
from cyara_auth.providers.renewal import renewal

UNVERSIONED_INTERVAL_S = 30.0
"""How often a source without a version (a command, a keyring) is read again at most, in seconds."""

WARN_BEFORE = timedelta(days=7)


@attrs.frozen(kw_only=True)
class OtherSource:
    """What another source says, for the operator to compare: it is never used.

    Attributes:
        name: The source, in words.
        fingerprint: Of its pair, 8 digits; `None` when it has none or is unusable.
        differs: Whether it holds another pair than the one in use.
        problem: Why it is unusable.
    """

    name: str
    fingerprint: str | None = None
    differs: bool = False
    problem: str | None = None


@attrs.define(eq=False, repr=False)
class CredentialSource:
    """A provider with memory. Shared by all threads and tasks of a client.

    Args:
        provider: The source that won.
        credential: What it returned just now.
        others: Sources of lower rank, which `other_sources` compares with.
        version: The provider's version from before it was read; `None` when it has none.
        now: Clock for `expires_at`.
        monotonic: Clock for `UNVERSIONED_INTERVAL_S`.
    """

    provider: CredentialProvider
    """The source that is in use."""
    _credential: ApiCredential
    _others: Sequence[CredentialProvider] = attrs.field(default=(), alias="others", kw_only=True)
    _version: object = attrs.field(default=None, alias="version", kw_only=True)
    _now: Callable[[], datetime] = attrs.field(default=lambda: datetime.now(UTC), alias="now", kw_only=True)
    _monotonic: Callable[[], float] = attrs.field(default=time.monotonic, alias="monotonic", kw_only=True)
    _read_at: float = attrs.field(default=attrs.Factory(lambda self: self._monotonic(), takes_self=True), init=False)
    # A thread of the parent may be waiting for a command or a keyring under it, and a child must not wait for that.
    _lock: ModuleLock = attrs.field(factory=ModuleLock, init=False)
    _warned: str | None = attrs.field(default=None, init=False)

    def current(self) -> ApiCredential:
        """Return the credential that is in use.

        Raises:
            CredentialExpiredError: Its time is up, and the source has no other.
        """
        # No lock: to replace one reference is atomic, and either credential was the source's own a moment ago.
        credential = self._credential
        return credential if credential.expires_at is None else self._unexpired(credential)

    def refresh(self) -> ApiCredential:
        """Read the source again if it has changed, and return what is in use now; the caller compares fingerprints.

        A source that has gone keeps its last credential in use.

        Raises:
            CredentialError: The source has changed and is unusable now.
        """
        # Held while the source is read: of many threads that were rejected together, one starts the command.
        with self._lock:
            if self._may_have_changed():
                # Only the source that won is asked. Another one holds a pair that the caller did not choose.
                version = version_of(self.provider)
                found = call_provider(self.provider)
                # Not before the call: a source that failed is read again next time.
                self._version = version
                self._read_at = self._monotonic()
                if found is not None:
                    self._credential = found
            return self._credential

    def other_sources(self) -> list[OtherSource]:
        """Read the sources of lower rank and say what they hold."""
        return [self._compare(provider) for provider in self._others]

    def describe(self) -> str:
        """Name the source."""
        return self._credential.source

    def __repr__(self) -> str:
        return f"<CredentialSource {self.describe()}: {self._credential.fingerprint.short}>"

    def _may_have_changed(self) -> bool:
        if isinstance(self.provider, VersionedProvider):
            return self.provider.version() != self._version
        return self._monotonic() - self._read_at >= UNVERSIONED_INTERVAL_S

    def _unexpired(self, credential: ApiCredential) -> ApiCredential:
        expires_at = credential.expires_at
        # The portal would count a call with an expired token as invalid, so it is stopped here.
        if expires_at is not None and self._now() >= expires_at:
            credential = self.refresh()
            expires_at = credential.expires_at
            if expires_at is not None and self._now() >= expires_at:
                raise CredentialExpiredError(
                    f"The credential {credential.fingerprint.short} from {credential.source} expired at "
                    f"{expires_at:%Y-%m-%d %H:%M:%S %Z}. Nothing was sent. Next: if there is no newer token, generate "
                    f"one; then {renewal(credential.source)}"
                )
        # Once for each pair: this runs for every request.
        if expires_at is not None and expires_at - self._now() < WARN_BEFORE and self._warned != credential.fingerprint:
            self._warned = credential.fingerprint
            message = (
                f"The credential {credential.fingerprint.short} from {credential.source} expires at "
                f"{expires_at:%Y-%m-%d %H:%M:%S %Z}; replace it before (cyara auth rotate begin)"
            )
            warnings.warn(message, CredentialExpiryWarning, stacklevel=3)
        return credential

    def _compare(self, provider: CredentialProvider) -> OtherSource:
        found, problem = None, None
        try:
            found = provider()
        except CredentialError as error:
            problem = str(error)
        if found is None:
            return OtherSource(name=describe(provider), problem=problem)
        return OtherSource(name=found.source, fingerprint=found.fingerprint.short, differs=found != self._credential)


def version_of(provider: CredentialProvider) -> object:
    """Return the provider's version, `None` when it has none. Taken before reading, so that no change is missed."""
    return provider.version() if isinstance(provider, VersionedProvider) else None

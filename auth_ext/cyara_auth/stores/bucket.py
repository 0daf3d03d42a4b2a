"""Strikes in a bucket, for fleets without a server, such as CI jobs: one object per key, which the service compares.

What a user has to know:

* The service must honour conditional writes; Amazon's and Microsoft's do. That is tried before the first use.
* Nothing may delete or expire the objects. Who deletes them makes the fleet forget its strikes.
* The settings are obstore's: AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, AZURE_STORAGE_ACCOUNT_NAME and others.
* A call costs two round trips to the service, and a reading of its clock another two every ten seconds.
* A process that has used it must not fork; a child is refused.
"""

import json
from contextlib import AbstractContextManager
from typing import ClassVar, Final

from obstore import exceptions

from cyara_auth._platform import machine_clock
from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import StorePace
from cyara_auth.stores.bucket_client import BucketClient
from cyara_auth.stores.remote import RemoteStrikeStore, Row

LOCK_TIMEOUT: Final = 10.0
"""Seconds to wait for the service, and for a write that nobody else overtakes."""

CLOCK_DOMAIN: Final = "bucket"
_KEYS: Final = "keys"
_CLOCK: Final = "clock"
_STALE: Final = {"e_tag": '"0"', "version": "1"}


class BucketStrikeStore(RemoteStrikeStore):
    """Strikes in objects `keys/FINGERPRINT` below the prefix: a line of JSON about the state, a line with the state."""

    pace = StorePace(poll=0.25, quantum=1.0, waiting_life=6.0)
    unclear: ClassVar = (exceptions.GenericError,)
    pause = 0.2

    def __init__(self, url: str, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        self._client = BucketClient(url, timeout=lock_timeout)
        super().__init__(self._client.address, lock_timeout=lock_timeout)

    def key_ids(self) -> list[str]:
        """Return the key fingerprints that the bucket knows, sorted."""
        with self._errors_translated():
            return sorted(self._client.names(_KEYS))

    def describe(self) -> str:
        """Return the bucket and the prefix."""
        return f"bucket {self._address}"

    def risks(self) -> list[str]:
        """Say what of the service is not known to be safe or quick, and try it; for `cyara auth doctor`."""
        if self._address.startswith("gs:"):
            return ["Google documents one write per object and second: this store is slow there, and was never tried."]
        self.clock()
        return []

    def close(self) -> None:
        """Nothing to let go of: unused connections end by themselves."""

    def _read_row(self, key_id: str) -> Row:
        found = self._client.get(f"{_KEYS}/{key_id}")
        if found is None:
            return Row(version=0, first_version="", write="", text="", now=_instant(0.0), tag="create")
        head, _, text = found.body.decode().partition("\n")
        facts = json.loads(head)
        version, first, write = int(facts["version"]), str(facts["first_version"]), str(facts["write"])
        now = _instant(max(float(facts["clock"]), found.modified))
        return Row(version=version, first_version=first, write=write, text=text, now=now, tag=found.tag)

    def _replace(self, key_id: str, row: Row, wanted: Row) -> bool:
        # An ETag may be a hash of the content: the version makes every content new, so a stale one never fits again.
        clock = self._server_time(row).seconds
        facts = {
            "version": wanted.version,
            "first_version": wanted.first_version,
            "write": wanted.write,
            "clock": clock,
        }
        try:
            self._client.put(f"{_KEYS}/{key_id}", f"{json.dumps(facts)}\n{wanted.text}".encode(), mode=row.tag)
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileNotFoundError):
            return False
        return True

    def _server_time(self, row: Row) -> Instant:
        return max(self.clock(), row.now, key=lambda instant: instant.seconds)

    def _read_clock(self) -> Instant:
        """Return the greatest moment that the service's clock has surely passed."""
        # The library shows no header of an answer; but the service dates what is written, in whole seconds.
        began = machine_clock().seconds
        self._client.put(_CLOCK, b"", mode="overwrite")
        if self._clock is None:
            self._try_conditions()
        modified = self._client.modified(_CLOCK)
        here = machine_clock().seconds
        if self._clock is None:
            return _instant(modified)
        # What was known before may be the better part of a second more exact, unless the two clocks drift apart.
        latest = modified + 1.0 + here - began
        return _instant(min(max(self._extrapolated(here).seconds, modified), latest))

    def _try_conditions(self) -> None:
        try:
            self._client.put(_CLOCK, b"", mode=_STALE)
        except exceptions.PreconditionError:
            return
        raise StrikeStoreUnavailableError(
            detail=f"{self._address} writes although the condition (If-Match) does not hold, so that two processes "
            "could overwrite each other. Use a service that honours it"
        )

    def _errors_translated(self) -> AbstractContextManager[None]:
        return self._client.errors_translated()


def _instant(seconds: float) -> Instant:
    return Instant(domain=CLOCK_DOMAIN, seconds=seconds)

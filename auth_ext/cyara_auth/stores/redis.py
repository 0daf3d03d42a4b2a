"""Strikes in Redis or Valkey, for fleets that outgrow one machine: the same promises, over a network.

What a user has to know:

* The server must keep what it acknowledged: append-only file with `everysec` or better, `maxmemory-policy noeviction`.
  A flush or a failover that loses writes is noticed and warned about, and processes that saw a rejection remember it.
* The clock is the server's (TIME). Setting it forward by more than `orphan_ttl` could refund a call too early.
* A call costs two round trips; the verified fast path of GUARDED costs none.
"""

import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import attrs
import redis

from cyara_auth import failpoints
from cyara_auth._platform import machine_clock
from cyara_auth.errors import StrikeStoreRolledBackWarning, StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import LOCAL_PACE
from cyara_auth.stores.redis_client import address, open_client
from cyara_auth.stores.versions import StateCache, first_version
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Admit, DateTickets, Decision, Event, Reset, RotateCommit, Settle
from cyara_auth.strikes.state import EMPTY, KeyState
from cyara_auth.strikes.state_json import dump_state

LOCK_TIMEOUT: Final = 2.0
"""Seconds to wait for the server, and for a write that nobody else overtakes."""

CLOCK_DOMAIN: Final = "redis"
_CLOCK_TRUST: Final = 10.0  # seconds for which the server's clock is extrapolated from the local one
_PREFIX: Final = "cyara:strikes:"

# One hash per key holds version and state, so both live in one slot of a cluster. Nothing expires. `decide` runs here,
# in Python, and the server only compares and sets: a second protocol in Lua could disagree with the first.
_READ: Final = """
local row = redis.call('HMGET', KEYS[1], 'version', 'first_version', 'state')
local time = redis.call('TIME')
return {row[1] or '0', row[2] or '', row[3] or '', time[1], time[2]}
"""
_COMPARE_AND_SET: Final = """
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSETNX', KEYS[1], 'first_version', ARGV[2])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'state', ARGV[3])
return 1
"""


@attrs.frozen(kw_only=True)
class _Row:
    """What the server has of a key. A key that was never written has version 0 and empty texts."""

    version: int
    first_version: str
    text: str


class RedisStrikeStore:
    """Strikes on a server. The client library makes its connections anew after a fork."""

    shared = True
    blocking = True
    pace = LOCAL_PACE

    def __init__(self, url: str, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        self._address = address(url)
        self._lock_timeout = lock_timeout
        self._client = open_client(url, timeout=lock_timeout)
        self._cache = StateCache()
        self._latest: dict[str, _Row] = {}
        self._clock: tuple[float, Instant] | None = None

    def apply(self, key_id: str, event: Event) -> Decision:
        """Decide on `event` and keep the result: read, decide, and write if nobody has written in between."""
        deadline = time.monotonic() + self._lock_timeout
        with self._errors_translated():
            while True:
                row, now = self._fetch(key_id)
                decision = decide(self._state(key_id, row), _with_server_time(event, now))
                if not decision.changed:
                    return decision
                version = row.version + 1 if row.version else first_version()
                if self._replace(key_id, row.version, version, dump_state(decision.state), event):
                    self._cache.keep(key_id, version, decision.state)
                    return decision
                # Each round of the loop was lost to somebody else's write, so the key as a whole goes on.
                if time.monotonic() > deadline:
                    raise StrikeStoreUnavailableError(detail=f"{self._address} is written by too many others at once")

    def read(self, key_id: str) -> KeyState:
        """Return the state of a key, `EMPTY` if it was never seen."""
        with self._errors_translated():
            row, _ = self._fetch(key_id)
            return self._state(key_id, row)

    def version(self, key_id: str) -> int:
        """Return the key's version, 0 if the server has none."""
        with self._errors_translated():
            return int(self._client.hget(_key(key_id), "version") or 0)

    def key_ids(self) -> list[str]:
        """Return the key fingerprints that the server knows, sorted."""
        with self._errors_translated():
            found = self._client.scan_iter(match=f"{_PREFIX}*", count=1000)
            return sorted({name.removeprefix(_PREFIX).strip("{}") for name in found})

    def clock(self) -> Instant:
        """Return the server's clock, at most ten seconds extrapolated."""
        # Good enough to date a call. `apply` puts the server's own reading into the event that it decides on, so no
        # instant that another machine has written ever lies in the future there.
        here = machine_clock().seconds
        if self._clock is None or here - self._clock[0] > _CLOCK_TRUST:
            with self._errors_translated():
                self._remember_clock(self._client.time())
        assert self._clock is not None  # noqa: S101 - set by the line above
        # Another thread may have asked the server since `here` was read, so the difference can be negative.
        read_at, reading = self._clock
        return attrs.evolve(reading, seconds=reading.seconds + max(0.0, here - read_at))

    def describe(self) -> str:
        """Return the address without the password."""
        return f"Redis {self._address}"

    def risks(self) -> list[str]:
        """Say what in the server's settings could make it forget strikes; for `cyara auth doctor`."""
        with self._errors_translated():
            facts = self._client.info("persistence") | self._client.info("memory")
        found: list[str] = []
        if not facts.get("aof_enabled"):
            found.append("The server writes no append-only file, so a restart may forget strikes: set appendonly yes.")
        if (policy := str(facts.get("maxmemory_policy"))).startswith("allkeys"):
            found.append(f"A full server may drop strikes ({policy}): set maxmemory-policy noeviction.")
        return found

    def close(self) -> None:
        """Let go of the connections. The next call makes new ones."""
        self._client.close()

    def _fetch(self, key_id: str) -> tuple[_Row, Instant]:
        # Taken before asking: a slower thread's older answer is no lost write.
        before = self._latest.get(key_id)
        version, first, text, seconds, micros = self._client.eval(_READ, 1, _key(key_id))
        row = _Row(version=int(version), first_version=first, text=text)
        self._notice_lost_writes(key_id, before, row)
        return row, self._remember_clock((int(seconds), int(micros)))

    def _replace(self, key_id: str, expected: int, version: int, text: str, event: Event) -> bool:
        if isinstance(event, Settle):
            failpoints.hit("in_settle")
        try:
            done = self._client.eval(_COMPARE_AND_SET, 1, _key(key_id), str(expected), str(version), text)
        except (redis.ConnectionError, redis.TimeoutError):
            # The server may have done it before the connection broke. The text has a ticket's unique id in it.
            row, _ = self._fetch(key_id)
            return row.version == version and row.text == text
        return bool(done)

    def _state(self, key_id: str, row: _Row) -> KeyState:
        return self._cache.load(key_id, row.version, row.text) if row.version else EMPTY

    def _remember_clock(self, moment: tuple[int, int]) -> Instant:
        reading = Instant(domain=CLOCK_DOMAIN, seconds=moment[0] + moment[1] / 1e6)
        self._clock = (machine_clock().seconds, reading)
        return reading

    def _notice_lost_writes(self, key_id: str, before: _Row | None, row: _Row) -> None:
        # Versions grow and the first one stays. Either going back means that the server forgot what it acknowledged.
        self._latest[key_id] = attrs.evolve(row, text="")
        if before is not None and (row.version < before.version or before.first_version not in ("", row.first_version)):
            warnings.warn(
                f"{self.describe()} has lost writes (flushed, restarted without persistence, or failed over); strikes "
                "may be forgotten. If calls with an invalid token were made today, regenerate the token.",
                StrikeStoreRolledBackWarning,
                stacklevel=2,
            )

    @contextmanager
    def _errors_translated(self) -> Generator[None]:
        """Put every failure of the server, the network or the client library in one sentence."""
        # ValueError and TypeError: somebody else's value in one of our fields, or an answer of another shape.
        try:
            yield
        except redis.AuthenticationError as error:
            raise StrikeStoreUnavailableError(detail=f"{self._address} refused the user name or password") from error
        except redis.TimeoutError as error:
            raise StrikeStoreUnavailableError(detail=f"{self._address} did not answer in time") from error
        except (redis.RedisError, OSError, ValueError, TypeError) as error:
            raise StrikeStoreUnavailableError(
                detail=f"{self._address} cannot be used: {str(error).rstrip('.')}"
            ) from error


def _key(key_id: str) -> str:
    return f"{_PREFIX}{{{key_id}}}"


def _with_server_time(event: Event, now: Instant) -> Event:
    """Replace an extrapolated reading of the server's clock by the reading that came with the state."""
    # A call that ended a while ago keeps its own moment: dated by its writing, a verification would last too long.
    if isinstance(event, Settle) and event.now.domain == now.domain and event.now.seconds < now.seconds:
        return event
    if isinstance(event, Admit | Settle | RotateCommit | Reset | DateTickets) and event.now.domain == now.domain:
        return attrs.evolve(event, now=now)
    return event

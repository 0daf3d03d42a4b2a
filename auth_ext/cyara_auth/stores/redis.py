"""Strikes in Redis or Valkey, for fleets that outgrow one machine: the same promises, over a network.

What a user has to know:

* The server must keep what it acknowledged: append-only file with `everysec` or better, `maxmemory-policy noeviction`.
  A flush or a failover that loses writes is noticed and warned about, and processes that saw a rejection remember it.
* The clock is the server's (TIME). Setting it forward by more than `orphan_ttl` could refund a call too early.
* A place costs two round trips, and is kept while calls follow each other; a free call of CONCURRENT costs none.
* One server, as a client reaches it by one address: Cluster and Sentinel are refused.
* A user of its own may be limited to the key names `cyara:strikes:*` and the commands EVAL, HMGET, HGET, HSET, HSETNX,
  TIME, SCAN and INFO; SELECT where the address names another database than 0.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import ClassVar, Final, TypeVar

import redis
from redis.exceptions import AskError, ClusterError, NoPermissionError

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import LOCAL_PACE
from cyara_auth.stores.redis_client import address, open_client
from cyara_auth.stores.remote import RemoteStrikeStore, Row

LOCK_TIMEOUT: Final = 2.0
"""Seconds to wait for the server, and for a write that nobody else overtakes."""

CLOCK_DOMAIN: Final = "redis"
_PREFIX: Final = "cyara:strikes:"
_Answer = TypeVar("_Answer")

# One hash per key holds version and state, so both live in one slot of a cluster. Nothing expires. `decide` runs here,
# in Python, and the server only compares and sets: a second protocol in Lua could disagree with the first.
_READ: Final = """
local row = redis.call('HMGET', KEYS[1], 'version', 'first_version', 'write', 'state')
local time = redis.call('TIME')
return {row[1] or '0', row[2] or '', row[3] or '', row[4] or '', time[1], time[2]}
"""
_COMPARE_AND_SET: Final = """
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSETNX', KEYS[1], 'first_version', ARGV[2])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'write', ARGV[3], 'state', ARGV[4])
return 1
"""


class RedisStrikeStore(RemoteStrikeStore):
    """Strikes on a server. The client library makes its connections anew after a fork."""

    pace = LOCAL_PACE
    unclear: ClassVar = (redis.ConnectionError, redis.TimeoutError)

    def __init__(self, url: str) -> None:
        super().__init__(address(url), lock_timeout=LOCK_TIMEOUT)
        self._client = open_client(url, timeout=LOCK_TIMEOUT)
        self._mode_asked = False

    def version(self, key_id: str) -> int:
        """Return the key's version, 0 if the server has none."""
        with self._errors_translated():
            return int(_twice(lambda: self._client.hget(_key(key_id), "version")) or 0)

    def key_ids(self) -> list[str]:
        """Return the key fingerprints that the server knows, sorted."""
        with self._errors_translated():
            found = self._client.scan_iter(match=f"{_PREFIX}*", count=1000)
            return sorted({name.removeprefix(_PREFIX).strip("{}") for name in found})

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

    def _read_row(self, key_id: str) -> Row:
        version, first, write, text, seconds, micros = _twice(lambda: self._client.eval(_READ, 1, _key(key_id)))
        now = _instant(int(seconds), int(micros))
        self._remember_clock(now)
        return Row(version=int(version), first_version=first, write=write, text=text, now=now)

    def _replace(self, key_id: str, row: Row, wanted: Row) -> bool:
        versions = str(row.version), str(wanted.version)
        return bool(self._client.eval(_COMPARE_AND_SET, 1, _key(key_id), *versions, wanted.write, wanted.text))

    def _read_clock(self) -> Instant:
        return _instant(*_twice(self._client.time))

    def _refuse_clusters(self) -> None:
        """Ask once what kind of server this is: the first commands might succeed on a node of a cluster."""
        with suppress(NoPermissionError):  # then the answers to the commands tell
            mode = _twice(lambda: self._client.info("server")).get("redis_mode", "standalone")
            if mode != "standalone":
                raise self._unsupported(f"in {mode} mode")
        self._mode_asked = True

    def _unsupported(self, what: str) -> StrikeStoreUnavailableError:
        return StrikeStoreUnavailableError(
            detail=f"{self._address} is a Redis server {what}, which is not supported",
            command="name one server that runs by itself or, with Sentinel, the master behind it",
        )

    @contextmanager
    def _errors_translated(self) -> Generator[None]:
        """Put every failure of the server, the network or the client library in one sentence."""
        # ValueError and TypeError: somebody else's value in one of our fields, or an answer of another shape.
        # AttributeError: redis-py, when another thread closes the connection meanwhile.
        try:
            if not self._mode_asked:
                self._refuse_clusters()
            yield
        except (AskError, ClusterError) as error:
            raise self._unsupported("in cluster mode") from error
        except redis.AuthenticationError as error:
            raise StrikeStoreUnavailableError(detail=f"{self._address} refused the user name or password") from error
        except redis.TimeoutError as error:
            raise StrikeStoreUnavailableError(detail=f"{self._address} did not answer in time") from error
        except (redis.RedisError, OSError, ValueError, TypeError, AttributeError) as error:
            detail = f"{self._address} cannot be used: {str(error).rstrip('.')}"
            raise StrikeStoreUnavailableError(detail=detail) from error


def _twice(read: Callable[[], _Answer]) -> _Answer:
    """Ask again where a connection was dropped: a read that happens twice is no harm, unlike a write."""
    try:
        return read()
    except redis.AuthenticationError:
        raise
    except redis.ConnectionError:
        return read()


def _key(key_id: str) -> str:
    return f"{_PREFIX}{{{key_id}}}"


def _instant(seconds: int, micros: int) -> Instant:
    return Instant(domain=CLOCK_DOMAIN, seconds=seconds + micros / 1e6)

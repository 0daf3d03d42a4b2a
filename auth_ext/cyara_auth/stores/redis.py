"""Strikes in Redis or Valkey, for fleets that outgrow one machine: the same promises, over a network.

What a user has to know:

* The server must keep what it acknowledged: append-only file with `everysec` or better, `maxmemory-policy noeviction`.
  A flush or a failover that loses writes is noticed and warned about, and processes that saw a rejection remember it.
* The clock is the server's (TIME). Setting it forward by more than `orphan_ttl` could refund a call too early.
* A place costs two round trips, and is kept while calls follow each other; a free call of CONCURRENT costs none.
* One address that leads to the master, or to any node of a Cluster. Sentinel is refused: name the master behind it.
* After a fail-over the address is asked anew, once. A replica is not believed, since it may lag behind. What the old
  master had acknowledged and not yet handed on is lost, as is what it accepts while it is cut off: the server's
  `min-replicas-to-write 1` bounds both, and nothing here can undo them.
* A user of its own may be limited to the key names `cyara:strikes:*` and the commands EVAL, HMGET, HGET, HSET, HSETNX,
  TIME, SCAN and INFO; SELECT where the address names another database than 0.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Final, TypeVar

import redis
from redis.cluster import RedisCluster
from redis.exceptions import NoPermissionError, RedisClusterException

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import LOCAL_PACE
from cyara_auth.stores.redis_client import address, open_client
from cyara_auth.stores.redis_nodes import ROLE, ReplicaError, is_elsewhere, is_of_cluster, of_master
from cyara_auth.stores.remote import RemoteStrikeStore, Row

LOCK_TIMEOUT: Final = 2.0
"""Seconds to wait for the server, and for a write that nobody else overtakes."""

CLOCK_DOMAIN: Final = "redis"
_PREFIX: Final = "cyara:strikes:"
_Answer = TypeVar("_Answer")
# ValueError and TypeError: somebody else's value in one of our fields, or an answer of another shape.
# AttributeError: redis-py, when another thread closes the connection meanwhile.
# LookupError: an older redis-py, where a cluster has no slots.
_FAILURES: Final = (
    *(redis.RedisError, RedisClusterException, ReplicaError),
    *(OSError, ValueError, TypeError, AttributeError, LookupError),
)

# One hash per key holds version and state, so both live in one slot of a cluster. Nothing expires. `decide` runs here,
# in Python, and the server only compares and sets: a second protocol in Lua could disagree with the first.
_READ: Final = f"""{ROLE}
local row = redis.call('HMGET', KEYS[1], 'version', 'first_version', 'write', 'state')
local time = redis.call('TIME')
return {{row[1] or '0', row[2] or '', row[3] or '', row[4] or '', time[1], time[2], role}}
"""
_VERSION: Final = f"""{ROLE}
return {{redis.call('HGET', KEYS[1], 'version') or '0', role}}
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
    step_bits = 32
    unclear: ClassVar = (redis.ConnectionError, redis.TimeoutError)

    def __init__(self, url: str) -> None:
        super().__init__(address(url), lock_timeout=LOCK_TIMEOUT)
        self._client = open_client(url, timeout=LOCK_TIMEOUT)
        # Not the address, which may hold a password: a traceback that prints the attributes would show it.
        self._open: Callable[[bool], Any] = lambda cluster: open_client(url, timeout=LOCK_TIMEOUT, cluster=cluster)
        self._is_cluster: bool | None = None

    def version(self, key_id: str) -> int:
        """Return the key's version, 0 if the server has none."""
        with self._errors_translated():
            return int(self._ask(lambda client: of_master(client.eval(_VERSION, 1, _key(key_id))))[0])

    def key_ids(self) -> list[str]:
        """Return the key fingerprints that the server knows, sorted."""
        with self._errors_translated():
            found: list[str] = self._ask(lambda client: list(client.scan_iter(match=f"{_PREFIX}*", count=1000)))
            return sorted({name.removeprefix(_PREFIX).strip("{}") for name in found})

    def describe(self) -> str:
        """Return the address without the password."""
        return f"Redis {self._address}"

    def risks(self) -> list[str]:
        """Say what in the server's settings could make it forget strikes; for `cyara auth doctor`."""
        with self._errors_translated():
            facts = self._info("persistence") | self._info("memory") | self._info("replication")
        found: list[str] = []
        if not facts.get("aof_enabled"):
            found.append("The server writes no append-only file, so a restart may forget strikes: set appendonly yes.")
        if (policy := str(facts.get("maxmemory_policy"))).startswith("allkeys"):
            found.append(f"A full server may drop strikes ({policy}): set maxmemory-policy noeviction.")
        if facts.get("connected_slaves") and "min_slaves_good_slaves" not in facts:
            found.append(
                "A fail-over may forget the newest strikes, which the server acknowledges before any replica has them: "
                "set min-replicas-to-write 1."
            )
        return found

    def close(self) -> None:
        """Let go of the connections. The next call makes new ones."""
        self._client.close()

    def _read_row(self, key_id: str) -> Row:
        answer = self._ask(lambda client: of_master(client.eval(_READ, 1, _key(key_id))))
        version, first, write, text, seconds, micros = answer
        now = _instant(int(seconds), int(micros))
        self._remember_clock(now)
        return Row(version=int(version), first_version=first, write=write, text=text, now=now)

    def _replace(self, key_id: str, row: Row, wanted: Row) -> bool:
        arguments = str(row.version), str(wanted.version), wanted.write, wanted.text
        client = self._client
        try:
            return bool(client.eval(_COMPARE_AND_SET, 1, _key(key_id), *arguments))
        except redis.RedisError as error:
            elsewhere = is_elsewhere(error)
            if elsewhere or isinstance(error, self.unclear):
                self._renew(client)
            # Nothing was written, for sure. Where that is not sure, `apply` looks at the row.
            if not elsewhere:
                raise
        return bool(self._client.eval(_COMPARE_AND_SET, 1, _key(key_id), *arguments))

    def _read_clock(self) -> Instant:
        return _instant(*self._ask(lambda client: client.time()))

    def _ask(self, read: Callable[[Any], _Answer]) -> _Answer:
        """Read; once more, by new connections, where these led nowhere, or to a node that is no master any more.

        A read that happens twice is no harm, unlike a write.
        """
        client = self._client
        try:
            return read(client)
        except redis.AuthenticationError:
            raise
        except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError, ReplicaError) as error:
            if isinstance(error, redis.ResponseError) and not is_elsewhere(error):
                raise
            # Where the mode may not be asked for, this tells it.
            if is_of_cluster(error):
                self._is_cluster = True
            # All of them: the others of the pool lead to the same node, which was demoted or is gone.
            self._renew(client)
            if isinstance(error, redis.TimeoutError):
                raise
        return read(self._client)

    def _renew(self, client: Any) -> None:
        """Let the next call connect anew, by the name; calls of other threads end on what they have."""
        # The client of a cluster knows all of its nodes, and asks them itself which of them is a master now.
        if self._client is client and not isinstance(client, RedisCluster):
            self._client = self._open(self._is_cluster is True)
            client.connection_pool.disconnect(inuse_connections=False)

    def _info(self, section: str) -> dict[str, Any]:
        facts: dict[str, Any] = self._ask(lambda client: client.info(section))
        return facts

    def _learn_mode(self) -> None:
        """Ask once what kind of server this is: a node of a cluster has some of the keys only."""
        mode = "standalone"
        with suppress(NoPermissionError):  # then the answers to the commands tell
            mode = self._info("server").get("redis_mode", mode)
        if mode == "sentinel":
            raise StrikeStoreUnavailableError(
                detail=f"{self._address} is a Redis server in sentinel mode, which is not supported",
                command="name the master behind it",
            )
        self._is_cluster = mode == "cluster"
        if self._is_cluster:
            self._renew(self._client)

    @contextmanager
    def _errors_translated(self) -> Generator[None]:
        """Put every failure of the server, the network or the client library in one sentence."""
        try:
            if self._is_cluster is None:
                self._learn_mode()
            yield
        except redis.AuthenticationError as error:
            raise StrikeStoreUnavailableError(detail=f"{self._address} refused the user name or password") from error
        except redis.TimeoutError as error:
            raise StrikeStoreUnavailableError(detail=f"{self._address} did not answer in time") from error
        except _FAILURES as error:
            detail = f"{self._address} cannot be used: {str(error).rstrip('.')}"
            raise StrikeStoreUnavailableError(detail=detail) from error


def _key(key_id: str) -> str:
    return f"{_PREFIX}{{{key_id}}}"


def _instant(seconds: int, micros: int) -> Instant:
    return Instant(domain=CLOCK_DOMAIN, seconds=seconds + micros / 1e6)

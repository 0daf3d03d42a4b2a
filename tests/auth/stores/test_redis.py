"""The Redis store against a real server: what it keeps, what it says, and what happens when server or network fail."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import redis

from cyara_auth._platform import current_owner
from cyara_auth.errors import ConfigurationError, StrikeStoreRolledBackWarning, StrikeStoreUnavailableError
from cyara_auth.stores import redis as redis_store
from cyara_auth.stores.redis import CLOCK_DOMAIN, RedisStrikeStore
from cyara_auth.stores.redis_client import address, open_client
from cyara_auth.stores.registry import open_store
from cyara_auth.strikes.events import Admit, RotateAbort, RotateBegin
from cyara_auth.strikes.state import EMPTY, Admission, KeyMode, Outcome

from .events import INCIDENT, KEY_ID, ORIGIN, PAIR, STRICT, RedisServer, admit, report_strike, settle, strikes, verify
from .proxy import LossyProxy

NAME = f"cyara:strikes:{{{KEY_ID}}}"


@pytest.fixture
def store(redis_server: RedisServer) -> Iterator[RedisStrikeStore]:
    made = RedisStrikeStore(redis_server.url)
    yield made
    made.close()


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as made:
        yield made


def test_a_key_is_one_hash_that_never_expires_and_holds_no_secret(store: RedisStrikeStore, client: redis.Redis) -> None:
    verify(store)
    settle(store, admit(store), Outcome.STRIKE)
    assert client.keys("*") == [NAME]
    assert client.ttl(NAME) == -1
    assert sorted(client.hkeys(NAME)) == ["first_version", "state", "version", "write"]
    assert store.key_ids() == [KEY_ID]
    assert strikes(store) == 1


def test_the_version_changes_with_every_change_and_only_then(store: RedisStrikeStore) -> None:
    assert store.version(KEY_ID) == 0
    assert store.read(KEY_ID) is EMPTY
    granted = admit(store)
    first = store.version(KEY_ID)
    assert admit(store).admission is Admission.WAIT
    assert store.version(KEY_ID) == first != 0
    settle(store, granted, Outcome.VERIFICATION)
    assert store.version(KEY_ID) > first


def test_a_unix_socket_leads_to_the_same_strikes(store: RedisStrikeStore, redis_server: RedisServer) -> None:
    settle(store, admit(store), Outcome.STRIKE)
    assert strikes(RedisStrikeStore(redis_server.socket_url)) == 1


def test_the_servers_clock_decides_and_never_lags_behind_what_others_wrote(store: RedisStrikeStore) -> None:
    reading = store.clock()
    assert reading.domain == CLOCK_DOMAIN
    assert abs(reading.seconds - time.time()) < 5
    late = attrs.evolve(reading, seconds=reading.seconds - 5)
    event = Admit(
        now=late,
        settings=STRICT,
        pair=PAIR,
        origin=ORIGIN,
        owner=current_owner(),
        ticket="t",
        orphan_ttl=150.0,
    )
    granted = store.apply(KEY_ID, event)
    assert granted.ticket is not None
    assert granted.ticket.reserved_at.seconds >= reading.seconds
    assert store.clock().seconds >= granted.ticket.reserved_at.seconds - 0.001


def test_a_verification_that_is_written_late_keeps_the_date_of_its_call(store: RedisStrikeStore) -> None:
    granted = admit(store)
    ended = store.clock()
    time.sleep(0.3)
    settle(store, granted, Outcome.VERIFICATION, now=ended)
    standing = store.read(KEY_ID).pairs[0].at(ORIGIN)
    assert standing.verified_at == ended


def test_no_verification_is_dated_ahead_of_the_server(store: RedisStrikeStore) -> None:
    granted = admit(store)
    ahead = attrs.evolve(store.clock(), seconds=store.clock().seconds + 60)
    settle(store, granted, Outcome.VERIFICATION, now=ahead)
    standing = store.read(KEY_ID).pairs[0].at(ORIGIN)
    assert standing.verified_at is not None
    assert standing.verified_at.seconds < ahead.seconds - 30


def test_events_without_a_clock_pass_as_they_are(store: RedisStrikeStore) -> None:
    store.apply(KEY_ID, RotateBegin(now=store.clock(), incident=INCIDENT))
    assert store.read(KEY_ID).mode is KeyMode.DRAINING
    store.apply(KEY_ID, RotateAbort())
    assert store.read(KEY_ID).mode is KeyMode.NORMAL


@pytest.fixture
def password(client: redis.Redis) -> Iterator[str]:
    secret = "canary-of-the-store"
    client.acl_setuser("ci", enabled=True, passwords=[f"+{secret}"], keys=["cyara:*"], commands=["+@all"])
    yield secret
    client.acl_deluser("ci")


@pytest.mark.parametrize("form", ["redis://ci:{}@127.0.0.1:{}/0", "redis://127.0.0.1:{1}/0?username=ci&password={0}"])
def test_a_password_opens_the_store_and_is_shown_nowhere(redis_server: RedisServer, password: str, form: str) -> None:
    store = RedisStrikeStore(form.format(password, redis_server.port))
    verify(store)
    pool = store._client.connection_pool  # type: ignore[attr-defined]  # noqa: SLF001 - what a traceback with locals shows
    shown = f"{store!r} {store.describe()} {pool!r} {pool.connection_kwargs!r} {vars(store)!r}"
    assert str(redis_server.port) in store.describe()
    assert password not in shown


def test_a_wrong_password_is_refused_without_showing_it(redis_server: RedisServer, password: str) -> None:
    store = RedisStrikeStore(f"redis://ci:not-{password}@127.0.0.1:{redis_server.port}/0")
    with pytest.raises(StrikeStoreUnavailableError, match="refused the user name or password") as caught:
        admit(store)
    assert password not in str(caught.value)


def test_tls_is_asked_for_by_the_address(redis_server: RedisServer) -> None:
    store = RedisStrikeStore(f"rediss://:secret@127.0.0.1:{redis_server.port}/0")
    with pytest.raises(StrikeStoreUnavailableError, match=r"rediss://127\.0\.0\.1"):
        admit(store)  # the server speaks no TLS here, so nothing but a failed handshake may come of it


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def another_server(folder: Path, *options: str, port_option: str = "--port") -> Iterator[int]:
    """Run a second server with these options until the end, and give its port."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", *options, port_option, str(port), "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(250):
            if server.poll() is not None:
                pytest.skip("this redis-server was built without what is needed")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                break
        yield port
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def tls_redis(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Start a second server that speaks TLS with a certificate of its own, and return its URL."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *name, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    files = ("--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate)
    clients = ("--tls-auth-clients", getattr(request, "param", "no"))
    with another_server(tmp_path, *files, *clients, "--save", "", "--port", "0", port_option="--tls-port") as port:
        yield f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}"


def test_strikes_travel_over_tls_and_only_to_a_server_that_proves_itself(tls_redis: str) -> None:
    store = RedisStrikeStore(tls_redis)
    settle(store, admit(store), Outcome.STRIKE)
    assert strikes(store) == 1
    store.close()
    stranger = RedisStrikeStore(tls_redis.partition("?")[0])
    with pytest.raises(StrikeStoreUnavailableError, match=r"(?i)certificate"):
        admit(stranger)


@pytest.mark.parametrize("tls_redis", ["yes"], indirect=True)
def test_a_client_certificate_is_shown_to_a_server_that_asks_for_one(tls_redis: str, tmp_path: Path) -> None:
    store = RedisStrikeStore(f"{tls_redis}&ssl_certfile={tmp_path}/cert.pem&ssl_keyfile={tmp_path}/key.pem")
    verify(store)
    store.close()
    with pytest.raises(StrikeStoreUnavailableError, match="cannot be used"):
        admit(RedisStrikeStore(tls_redis))


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"])
def test_a_missing_certificate_is_named(option: str, tmp_path: Path) -> None:
    url = f"rediss://:hidden@127.0.0.1:1/0?{option}={tmp_path}/none.pem"
    with pytest.raises(ConfigurationError, match=rf"{option} names .* does not exist: {tmp_path}/none\.pem") as caught:
        open_store(url, environ={})
    assert "hidden" not in str(caught.value)


@contextmanager
def a_cluster(folder: Path, *, nodes: int, slots: bool = True) -> Iterator[list[int]]:
    """Run a cluster of empty nodes without replicas, and give their ports."""
    with ExitStack() as stack:
        ports: list[int] = []
        for number in range(nodes):
            own = folder / str(number)
            own.mkdir()
            # Its own port is the one above by default, by 10,000, which need not exist.
            options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--save", "")
            ports.append(stack.enter_context(another_server(own, *options)))
        if slots:
            parts = [16384 * part // nodes for part in range(nodes + 1)]
            buses = [bus_of(port) for port in ports]
            for port, first, following in zip(ports, parts, parts[1:], strict=False):
                run_at(port, "CLUSTER", "ADDSLOTSRANGE", first, following - 1)
                for other, bus in zip(ports, buses, strict=True):
                    run_at(port, "CLUSTER", "MEET", "127.0.0.1", other, bus)
            deadline = time.monotonic() + 20
            while any(not is_whole(port, nodes) for port in ports):
                assert time.monotonic() < deadline, "the nodes never became one cluster"
                time.sleep(0.05)
        yield ports


def run_at(port: int, *command: object) -> Any:
    with redis.Redis(port=port, decode_responses=True) as operator:
        return operator.execute_command(*command)


def bus_of(port: int) -> str:
    with redis.Redis(port=port, decode_responses=True) as operator:
        return str(operator.config_get("cluster-port")["cluster-port"])


def is_whole(port: int, nodes: int) -> bool:
    facts = run_at(port, "CLUSTER", "INFO")
    # Older releases of the client make a mapping of it.
    text = ",".join(f"{name}:{value}" for name, value in facts.items()) if isinstance(facts, dict) else facts
    return "cluster_state:ok" in text and f"cluster_known_nodes:{nodes}" in text


def test_any_node_of_a_cluster_leads_to_the_same_strikes(tmp_path: Path) -> None:
    with a_cluster(tmp_path, nodes=3) as ports:
        stores = [RedisStrikeStore(f"redis://127.0.0.1:{port}/0") for port in ports]
        keys = [digit * 32 for digit in "0123456789abcdef"]
        for store, key_id in zip([*stores] * 6, keys, strict=False):
            settle(store, admit(store, key_id=key_id), Outcome.STRIKE, key_id=key_id)
        # They are spread: no node has all of them.
        sizes = [run_at(port, "DBSIZE") for port in ports]
        assert (sum(sizes), max(sizes) < len(keys)) == (len(keys), True)
        for store in stores:
            assert store.key_ids() == keys
            assert [store.read(key_id).strikes for key_id in keys] == [1] * len(keys)
            assert all(store.version(key_id) for key_id in keys)
            assert store.risks()
            store.close()


def test_a_node_without_slots_is_said(tmp_path: Path) -> None:
    with a_cluster(tmp_path, nodes=1, slots=False) as (port,):
        store = RedisStrikeStore(f"redis://127.0.0.1:{port}/0")
        with pytest.raises(StrikeStoreUnavailableError, match=r"cannot be used: .*(slot|cluster)"):
            store.read(KEY_ID)


def test_a_cluster_is_known_by_its_answers_where_it_may_not_be_asked(tmp_path: Path) -> None:
    with a_cluster(tmp_path, nodes=2) as ports:
        for port in ports:
            run_at(port, "ACL", "SETUSER", "default", "-info")
        for port in ports:
            store = RedisStrikeStore(f"redis://127.0.0.1:{port}")
            verify(store)
            store.close()


def test_a_sentinel_is_refused(tmp_path: Path) -> None:
    settings = tmp_path / "sentinel.conf"
    settings.touch()
    with (
        another_server(tmp_path, str(settings), "--sentinel") as port,
        pytest.raises(StrikeStoreUnavailableError, match="in sentinel mode, which is not supported"),
    ):
        admit(RedisStrikeStore(f"redis://127.0.0.1:{port}"))


def test_a_user_with_the_documented_rights_can_do_everything(redis_server: RedisServer, client: redis.Redis) -> None:
    described = re.sub(r"\s+", " ", redis_store.__doc__ or "")
    names = re.search(r"the commands ([A-Z, ]+) and ([A-Z]+);", described)
    assert names is not None
    commands = [f"+{name.strip()}" for name in (*names[1].split(","), names[2])]
    client.acl_setuser("few", enabled=True, passwords=["+p"], keys=["cyara:strikes:*"], commands=["-@all", *commands])
    try:
        store = RedisStrikeStore(f"redis://few:p@127.0.0.1:{redis_server.port}/0")
        verify(store)
        settle(store, admit(store), Outcome.STRIKE)
        assert (strikes(store), store.key_ids(), bool(store.version(KEY_ID))) == (1, [KEY_ID], True)
        assert store.risks()
        store.close()
    finally:
        client.acl_deluser("few")


@pytest.mark.parametrize("allowed", [-1, 0, 1], ids=["request lost", "answer lost", "answer cut"])
@pytest.mark.parametrize(
    ("command", "call"),
    [
        (b"EVAL", lambda store: store.read(KEY_ID)),
        (b"EVAL", lambda store: store.version(KEY_ID)),
        (b"TIME", RedisStrikeStore.clock),
    ],
    ids=["read", "version", "clock"],
)
def test_a_read_whose_connection_is_dropped_is_asked_once_more(
    redis_server: RedisServer, command: bytes, call: Callable[[RedisStrikeStore], object], allowed: int
) -> None:
    dropped: list[bytes] = []
    often = 1

    def before(request: bytes) -> int | None:
        if f"\r\n{command.decode()}\r\n".encode() not in request or len(dropped) >= often:
            return None
        dropped.append(request)
        return allowed

    with LossyProxy(redis_server.port, before) as proxy:
        store = RedisStrikeStore(f"redis://127.0.0.1:{proxy.port}")
        call(store)
        assert len(dropped) == 1
        # Not for ever: a server that drops everything is not there.
        dropped.clear()
        often, store._clock = 2, None  # noqa: SLF001 - or the clock would not be asked for
        with pytest.raises(StrikeStoreUnavailableError, match="cannot be used"):
            call(store)
        assert len(dropped) == 2
        store.close()


def test_addresses_are_shown_without_secrets() -> None:
    assert address("redis://user:secret@host:1/2?password=secret") == "redis://host:1/2"
    assert address("unix://user@/run/redis.sock?password=secret") == "unix:///run/redis.sock"
    with pytest.raises(ValueError, match="scheme"):
        open_client("http://host", timeout=1)


@pytest.mark.parametrize(
    "call",
    [admit, lambda store: store.read(KEY_ID), lambda store: store.version(KEY_ID), RedisStrikeStore.key_ids],
    ids=["apply", "read", "version", "keys"],
)
def test_row_78_a_server_that_is_not_there_is_refused(call: Callable[[RedisStrikeStore], object]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        store = RedisStrikeStore(f"redis://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(StrikeStoreUnavailableError, match="cannot be used"):
            call(store)


def test_row_78_a_server_that_does_not_answer_is_refused_in_time(
    store: RedisStrikeStore, redis_server: RedisServer
) -> None:
    verify(store)
    assert redis_server.process is not None
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        with pytest.raises(StrikeStoreUnavailableError, match="did not answer in time"):
            admit(store)
        assert time.monotonic() - start < 3
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    assert admit(store).admission is Admission.GRANT


def test_damaged_state_is_refused(store: RedisStrikeStore, client: redis.Redis) -> None:
    verify(store)
    client.hset(NAME, mapping={"version": 1, "first_version": 1, "state": "{"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StrikeStoreRolledBackWarning)
        with pytest.raises(StrikeStoreUnavailableError, match="damaged"):
            admit(store)


def test_a_foreign_value_under_our_name_is_refused(store: RedisStrikeStore, client: redis.Redis) -> None:
    client.set(NAME, "text")
    with pytest.raises(StrikeStoreUnavailableError, match="WRONGTYPE"):
        admit(store)
    client.delete(NAME)
    client.hset(NAME, "version", "many")
    with pytest.raises(StrikeStoreUnavailableError, match="cannot be used"):
        admit(store)


def test_row_81_a_flush_is_noticed(store: RedisStrikeStore, client: redis.Redis) -> None:
    verify(store)
    before = store.version(KEY_ID)
    client.flushall()
    with pytest.warns(StrikeStoreRolledBackWarning, match="has lost writes"):
        assert store.read(KEY_ID) is EMPTY
    assert admit(store).admission is Admission.GRANT  # no further warning: pytest would make it an error
    assert store.version(KEY_ID) not in (0, before)


def test_row_81_a_store_that_was_emptied_and_filled_again_is_noticed(
    store: RedisStrikeStore, redis_server: RedisServer, client: redis.Redis
) -> None:
    verify(store)
    client.flushall()
    verify(RedisStrikeStore(redis_server.url))
    with pytest.warns(StrikeStoreRolledBackWarning):
        store.read(KEY_ID)


def test_row_81_a_restart_without_persistence_is_noticed(store: RedisStrikeStore, redis_server: RedisServer) -> None:
    verify(store)
    redis_server.stop()
    with pytest.raises(StrikeStoreUnavailableError):
        store.version(KEY_ID)
    redis_server.start()
    with pytest.warns(StrikeStoreRolledBackWarning):
        assert admit(store).admission is Admission.GRANT


def test_a_server_that_may_forget_is_known_to_the_doctor(store: RedisStrikeStore, client: redis.Redis) -> None:
    assert [risk.rpartition(": ")[2] for risk in store.risks()] == ["set appendonly yes."]
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("appendonly", "yes")
    try:
        assert [risk.rpartition(": ")[2] for risk in store.risks()] == ["set maxmemory-policy noeviction."]
        client.config_set("maxmemory-policy", "volatile-lru")  # strikes never expire, so they are not volatile
        assert store.risks() == []
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "no")


def is_write(request: bytes) -> bool:
    return b"HSETNX" in request


@pytest.mark.parametrize("allowed", [-1, 0, 1], ids=["request lost", "answer lost", "answer cut"])
def test_a_write_whose_answer_is_lost_happens_once(redis_server: RedisServer, allowed: int) -> None:
    writes: list[bytes] = []

    def before(request: bytes) -> int | None:
        if not is_write(request):
            return None
        writes.append(request)
        return allowed if len(writes) == 1 else None

    with LossyProxy(redis_server.port, before) as proxy:
        store = RedisStrikeStore(f"redis://127.0.0.1:{proxy.port}")
        granted = admit(store)
        assert granted.admission is Admission.GRANT
        assert store.read(KEY_ID).tickets == (granted.ticket,)
        assert len(writes) == (2 if allowed < 0 else 1)
        store.close()


def test_a_decision_that_was_overtaken_is_made_again(redis_server: RedisServer) -> None:
    direct = RedisStrikeStore(redis_server.url)
    overtaken: list[bool] = []

    def before(request: bytes) -> None:
        if is_write(request) and not overtaken:
            overtaken.append(True)
            assert admit(direct).admission is Admission.GRANT

    with LossyProxy(redis_server.port, before) as proxy:
        store = RedisStrikeStore(f"redis://127.0.0.1:{proxy.port}")
        assert admit(store).admission is Admission.WAIT
        assert len(direct.read(KEY_ID).tickets) == 1
        store.close()


@pytest.mark.parametrize("allowed", [None, -1], ids=["told so", "request lost"])
def test_who_was_overtaken_by_the_very_same_report_still_makes_its_own(
    redis_server: RedisServer, allowed: int | None
) -> None:
    direct = RedisStrikeStore(redis_server.url)
    now = direct.clock()
    for _ in range(2):
        report_strike(direct, now)
    overtaken: list[bool] = []

    def before(request: bytes) -> int | None:
        if not is_write(request) or overtaken:
            return None
        overtaken.append(True)
        report_strike(direct, now)
        return allowed

    with LossyProxy(redis_server.port, before) as proxy:
        store = RedisStrikeStore(f"redis://127.0.0.1:{proxy.port}")
        report_strike(store, now)
        store.close()
    assert strikes(direct) == 4


def test_a_writer_that_is_always_overtaken_gives_up_in_time(redis_server: RedisServer) -> None:
    direct = RedisStrikeStore(redis_server.url)

    def before(request: bytes) -> None:
        if is_write(request):
            settle(direct, admit(direct), Outcome.NOT_SENT)

    with LossyProxy(redis_server.port, before) as proxy:
        store = RedisStrikeStore(f"redis://127.0.0.1:{proxy.port}")
        with pytest.raises(StrikeStoreUnavailableError, match="too many others"):
            admit(store)
        store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_row_76_parent_and_child_go_on_after_a_fork(store: RedisStrikeStore, in_child: Callable[..., None]) -> None:
    verify(store)

    def child() -> None:
        settle(store, admit(store), Outcome.VERIFICATION)

    granted = admit(store)
    in_child(child)
    settle(store, granted, Outcome.STRIKE)
    assert strikes(store) == 1
    assert store.read(KEY_ID).tickets == ()

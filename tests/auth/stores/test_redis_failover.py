"""Fail-overs of real servers: connections to the old master stay open, and it is demoted, empty, loading or cut off."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import redis

from cyara_auth.errors import StrikeStoreRolledBackWarning, StrikeStoreUnavailableError
from cyara_auth.stores.redis import RedisStrikeStore
from cyara_auth.stores.redis_nodes import is_elsewhere
from cyara_auth.strikes.state import Admission, Outcome
from cyara_tools.portal import LocalPortal

from .events import KEY_ID, admit, settle, strikes, verify
from .test_redis import NAME, another_server


class Name:
    """What leads to a node, as a name does: new connections go to `target`, old ones stay where they are."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(10)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@attrs.frozen
class Pair:
    """A master and its replica, and the name that leads to the master."""

    old: int
    new: int
    name: Name

    def tell(self, port: int, *command: object) -> object:
        with redis.Redis(port=port, decode_responses=True) as client:
            return client.execute_command(*command)

    def promote(self) -> None:
        """Let the replica have everything, and be the master that the name leads to."""
        deadline = time.monotonic() + 10
        wanted = self.tell(self.old, "HGET", NAME, "version")
        while self.tell(self.new, "HGET", NAME, "version") != wanted:
            assert time.monotonic() < deadline, "the replica never caught up"
            time.sleep(0.02)
        self.tell(self.new, "REPLICAOF", "NO", "ONE")
        self.name.target = self.new


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    folders = tmp_path / "old", tmp_path / "new"
    for folder in folders:
        folder.mkdir()
    quick = ("--save", "", "--repl-diskless-sync-delay", "0")
    with (
        another_server(folders[0], *quick) as old,
        another_server(folders[1], *quick, "--replicaof", f"127.0.0.1 {old}") as new,
    ):
        name = Name(old)
        yield Pair(old=old, new=new, name=name)
        name.close()


@pytest.fixture
def store(pair: Pair) -> Iterator[RedisStrikeStore]:
    made = RedisStrikeStore(pair.name.url)
    verify(made)
    yield made
    made.close()


def demoted(pair: Pair) -> None:
    pair.tell(pair.old, "REPLICAOF", "127.0.0.1", pair.new)


def demoted_and_alone(pair: Pair) -> None:
    pair.tell(pair.old, "CONFIG", "SET", "replica-serve-stale-data", "no")
    pair.tell(pair.old, "REPLICAOF", "127.0.0.1", 1)


def cut_off(pair: Pair) -> None:
    pair.tell(pair.old, "CONFIG", "SET", "min-replicas-to-write", "1")


def writable_replica(pair: Pair) -> None:
    pair.tell(pair.old, "CONFIG", "SET", "replica-read-only", "no")
    demoted(pair)


ENDS = pytest.mark.parametrize("end", [demoted, demoted_and_alone, cut_off, writable_replica])


@ENDS
def test_calls_go_on_at_the_new_master(pair: Pair, store: RedisStrikeStore, end) -> None:
    pair.promote()
    end(pair)
    granted = admit(store)
    assert granted.admission is Admission.GRANT
    settle(store, granted, Outcome.STRIKE)
    at_the_new_one = RedisStrikeStore(f"redis://127.0.0.1:{pair.new}/0")
    assert strikes(at_the_new_one) == 1
    assert store.version(KEY_ID) == at_the_new_one.version(KEY_ID)


@ENDS
def test_what_others_learnt_at_the_new_master_is_read_there(pair: Pair, store: RedisStrikeStore, end) -> None:
    before = store.version(KEY_ID)
    pair.promote()
    end(pair)
    # It follows nobody, so that its own state stays what it was.
    if end is not cut_off:
        pair.tell(pair.old, "REPLICAOF", "127.0.0.1", 1)
    another = RedisStrikeStore(pair.name.url)
    settle(another, admit(another), Outcome.STRIKE)
    if end is cut_off:
        return  # it still is a master, and says so: nobody can tell before it is asked to write
    assert store.version(KEY_ID) != before
    assert strikes(store) == 1


@pytest.mark.parametrize("end", [demoted, demoted_and_alone, cut_off])
def test_while_the_name_leads_to_the_old_one_every_call_is_refused_at_once(
    pair: Pair, store: RedisStrikeStore, end
) -> None:
    pair.promote()
    pair.name.target = pair.old
    end(pair)
    began = time.monotonic()
    with pytest.raises(StrikeStoreUnavailableError, match=r"replica|MASTER is down") as caught:
        admit(store)
    assert time.monotonic() - began < 1
    assert "Nothing was sent" in str(caught.value)
    pair.name.target = pair.new
    assert admit(store).admission is Admission.GRANT


def test_every_connection_of_the_pool_is_left(pair: Pair, store: RedisStrikeStore) -> None:
    ready = threading.Barrier(6)

    def read() -> None:
        ready.wait(10)
        store.read(KEY_ID)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pair.promote()
    demoted(pair)
    # As many calls as there may be connections: each of them is answered.
    assert {store.read(KEY_ID).strikes for _ in range(8)} == {0}
    assert admit(store).admission is Admission.GRANT


def test_a_thread_that_learns_it_second_finds_the_new_connections(pair: Pair, store: RedisStrikeStore) -> None:
    pair.promote()
    demoted(pair)
    old = store._client  # noqa: SLF001 - as a thread has it that asked before the fail-over
    assert strikes(store) == 0
    new = store._client  # noqa: SLF001 - as above
    assert new is not old
    store._renew(old)  # noqa: SLF001 - as above
    assert store._client is new  # noqa: SLF001 - as above


def test_a_write_that_the_server_refuses_for_another_reason_is_said(pair: Pair, store: RedisStrikeStore) -> None:
    pair.tell(pair.old, "CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StrikeStoreUnavailableError, match="maxmemory"):
        admit(store)


def test_a_write_that_was_acknowledged_and_lost_is_told_and_not_written_over(
    pair: Pair, store: RedisStrikeStore
) -> None:
    pair.promote()
    # The old master knows of nobody, and goes on for a while: this never reaches the new one.
    settle(store, admit(store), Outcome.VERIFICATION)
    lost = store.version(KEY_ID)
    another = RedisStrikeStore(pair.name.url)
    settle(another, admit(another), Outcome.STRIKE)
    assert another.version(KEY_ID) != lost
    demoted(pair)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StrikeStoreRolledBackWarning)
        assert strikes(store) == 1
        assert admit(store).admission is Admission.REJECTED
    assert strikes(another) == 1
    # Where the numbers allow to tell; they only grow, so the next of both may be the greater one.
    assert len(caught) <= 1


def test_a_server_that_loads_is_asked_once_more_and_then_said(tmp_path: Path) -> None:
    with another_server(tmp_path) as port, redis.Redis(port=port) as client:
        for number in range(400):
            client.set(f"other:{number}", os.urandom(2000))
        client.save()
    slow = ("--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024", "--save", "")
    with another_server(tmp_path, *slow) as port:
        store = RedisStrikeStore(f"redis://127.0.0.1:{port}/0")
        with pytest.raises(StrikeStoreUnavailableError, match=r"(?i)loading"):
            store.version(KEY_ID)
        with redis.Redis(port=port) as client:
            client.config_set("key-load-delay", 0)
        deadline = time.monotonic() + 10
        while True:
            try:
                assert admit(store).admission is Admission.GRANT
                break
            except StrikeStoreUnavailableError:
                assert time.monotonic() < deadline
        store.close()


@pytest.mark.parametrize(
    "text",
    [
        "ERR Error running script (call to f_1): @user_script:3: -READONLY You can't write against a replica.",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "NOREPLICAS Not enough good replicas to write.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
    ],
)
def test_the_codes_are_known_wherever_they_stand(text: str) -> None:
    assert is_elsewhere(redis.ResponseError(text))
    assert not is_elsewhere(redis.ResponseError("WRONGTYPE Operation against a key"))


def test_who_may_not_ask_for_the_role_is_served(pair: Pair) -> None:
    few = ("+eval", "+hmget", "+hget", "+hset", "+hsetnx", "+time")
    for port in (pair.old, pair.new):
        pair.tell(port, "ACL", "SETUSER", "few", "on", ">p", "~cyara:strikes:*", "-@all", *few)
    store = RedisStrikeStore(pair.name.url.replace("redis://", "redis://few:p@"))
    verify(store)
    pair.promote()
    demoted(pair)
    # Found out when it is to write; a replica that only answers is believed.
    assert admit(store).admission is Admission.GRANT
    store.close()


def test_a_replica_is_a_risk_that_the_doctor_names(pair: Pair, store: RedisStrikeStore) -> None:
    assert any("set min-replicas-to-write 1." in risk for risk in store.risks())
    pair.tell(pair.old, "CONFIG", "SET", "min-replicas-to-write", "1")
    assert not any("min-replicas-to-write" in risk for risk in store.risks())


WORKER = """
import sys, warnings
warnings.simplefilter("ignore")
from cyara_auth import connect
with connect(sys.argv[1], sys.argv[2], account_id=1, store=sys.argv[3], retries=0, policy=sys.argv[4]) as cyara:
    for _ in sys.stdin:
        try:
            cyara.campaigns.get_campaigns(page_size=1)
            print("ok", flush=True)
        except Exception as error:
            print(type(error).__name__, flush=True)
"""


@pytest.mark.parametrize("policy", ["guarded", "strict", "concurrent"])
def test_a_fleet_keeps_its_bound_over_a_fail_over(pair: Pair, policy: str) -> None:
    def ask(worker: subprocess.Popen[str]) -> str:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
        return worker.stdout.readline().strip()

    with LocalPortal() as portal, contextlib.ExitStack() as ended:
        arguments = (portal.base_url, portal.credential, pair.name.url, policy)
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(3)
        ]
        for worker in workers:
            ended.enter_context(worker)
            ended.callback(worker.kill)
        for _ in range(3):
            assert [ask(worker) for worker in workers] == ["ok"] * 3
        time.sleep(1.2)  # so that no place is kept any more
        with redis.Redis(port=pair.new) as client:
            client.execute_command("REPLICAOF", "NO", "ONE")
        demoted(pair)
        pair.name.target = pair.new
        assert [ask(worker) for worker in workers] == ["ok"] * 3
        time.sleep(1.2)
        portal.regenerate_token()
        said = []
        for worker in workers:
            said.append(ask(worker))
            time.sleep(0.5)
        assert (portal.invalid_calls, portal.token_void) == (1, False), said
        assert said[1:] == ["CredentialRejectedError"] * 2

"""No test reads or writes what belongs to the person who runs it: neither their credentials nor their strikes.

Whoever needs a Redis or a bucket gets a real one of the tests' own.
"""

import base64
import hashlib
import hmac
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, settings

# What is green here is green everywhere: a merge must not hang on which documents and schedules chance draws. With
# CYARA_TESTS_SEARCH=1 they are drawn anew each time, to find what nobody has thought of.
#
# How long a draw or an example takes says how busy the machine is, and nothing about the code: on two shared cores,
# drawing five kilobytes was too slow once. pytest's own timeout ends what never comes back.
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("searching"), derandomize=True, print_blob=True)
settings.load_profile("searching" if os.environ.get("CYARA_TESTS_SEARCH") else "repeatable")

# A runner in the background ignores Ctrl-C, and its children inherit that; tests of Ctrl-C want it to arrive.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def nobodys_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point every per-user folder that we use to an empty one, and forget the caller's CYARA_ settings."""
    kept = dict(os.environ)
    folder = str(tmp_path_factory.mktemp("nobody"))
    for name in [name for name in os.environ if name.startswith("CYARA_") and not name.startswith("CYARA_TESTS_")]:
        del os.environ[name]
    # Which says that a store that was just made goes with the machine; nearly every test makes one.
    os.environ.pop("CI", None)
    os.environ.update(dict.fromkeys(("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), folder))
    yield
    os.environ.clear()
    os.environ.update(kept)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def skip_without(program: str, *, required_by: str) -> None:
    if shutil.which(program) is None:
        told = pytest.fail if os.environ.get(required_by) else pytest.skip
        told(f"{program} is not installed, and only a real server can show what its store promises")


@attrs.define
class RedisServer:
    """One `redis-server` process without persistence, on a free loopback port, ended by its own process id.

    Tests may stop, continue, end and start it again.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def socket_url(self) -> str:
        return f"unix://{self.folder}/redis.sock"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
                *("--save", "", "--appendonly", "no", "--unixsocket", str(self.folder / "redis.sock")),
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    probe.sendall(b"PING\r\n")
                    if probe.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("redis-server did not answer within ten seconds")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)
            self.process = None


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    skip_without("redis-server", required_by="CYARA_TESTS_REQUIRE_REDIS")
    server = RedisServer(folder=tmp_path_factory.mktemp("redis"), port=free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    """Return the server, running and empty."""
    if shared_redis.process is None:
        shared_redis.start()
    with socket.create_connection(("127.0.0.1", shared_redis.port), timeout=5) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(16) == b"+OK\r\n"
    return shared_redis


@attrs.frozen(kw_only=True)
class Bucket:
    """An empty bucket at a real server on loopback. The environment says how it is reached, to children too."""

    url: str
    port: int


# Microsoft publishes them for its emulators; they open nothing else.
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
bucket_names = (f"strikes-{number}" for number in itertools.count(1))


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[int]:
    """Run a server until the end of the block, in which it accepts connections at `port`."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 50
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, f"{command[0]} ended with exit code {process.returncode}"
                assert time.monotonic() < deadline, f"{command[0]} did not answer within fifty seconds"
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait(timeout=10)


@pytest.fixture(scope="session")
def moto() -> Iterator[int]:
    port = free_port()
    with running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port):
        yield port


@pytest.fixture(scope="session")
def azurite() -> Iterator[int]:
    skip_without("azurite-blob", required_by="CYARA_TESTS_REQUIRE_BUCKET")
    port = free_port()
    address = ("--blobHost", "127.0.0.1", "--blobPort", str(port))
    quiet = ("--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck")
    with running([str(shutil.which("azurite-blob")), *address, *quiet], port):
        yield port


@pytest.fixture
def s3_bucket(moto: int, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    endpoint, name = f"http://127.0.0.1:{moto}", next(bucket_names)
    httpx.put(f"{endpoint}/{name}").raise_for_status()
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    return Bucket(url=f"s3://{name}/cyara", port=moto)


@pytest.fixture
def azure_bucket(azurite: int, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    endpoint, name = f"http://127.0.0.1:{azurite}/{AZURITE_ACCOUNT}", next(bucket_names)
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    resource = f"/{AZURITE_ACCOUNT}/{AZURITE_ACCOUNT}/{name}"
    signed = "\n".join(["PUT", *[""] * 11, *map(":".join, headers.items()), resource, "restype:container"])
    signature = hmac.digest(base64.b64decode(AZURITE_KEY), signed.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {AZURITE_ACCOUNT}:{base64.b64encode(signature).decode()}"
    httpx.put(f"{endpoint}/{name}?restype=container", headers=headers).raise_for_status()
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", endpoint)
    monkeypatch.setenv("AZURE_ALLOW_HTTP", "true")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", AZURITE_ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", AZURITE_KEY)
    return Bucket(url=f"az://{name}/cyara", port=azurite)


@pytest.fixture(params=["s3", "azure"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """Return an empty bucket, at each of the two servers in turn."""
    return request.getfixturevalue(f"{request.param}_bucket")

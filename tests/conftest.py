"""No test reads or writes what belongs to the person who runs it: neither their credentials nor their strikes.

Whoever needs a Redis gets a real one of the tests' own.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
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
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed, and only a real one can show what the Redis store promises")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = RedisServer(folder=tmp_path_factory.mktemp("redis"), port=port)
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

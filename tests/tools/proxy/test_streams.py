"""Large bodies pass in pieces, both ways; callers may leave at any time, and portals may break off."""

import hashlib
import itertools
import socket
import subprocess
import threading
import time
from pathlib import Path

import psutil

from .kit import CAMPAIGN, CAMPAIGNS, EXPORT, curl, environment, head_and_body, proxied, started, talk
from .upstream import BLOCK, Canned, upstream

MEGABYTES = 50


def resident(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss >> 20


def test_fifty_megabytes_up_and_down_take_flat_memory(tmp_path: Path):
    blocks = (MEGABYTES << 20) // len(BLOCK)
    digest = hashlib.sha256(BLOCK * blocks).hexdigest()
    source = tmp_path / "up"
    source.write_bytes(BLOCK * blocks)
    with upstream() as portal:
        portal.keep_bodies = False
        xml = (("Content-Type", "application/xml"),)
        portal.answers[EXPORT] = Canned(200, xml, chunks=lambda: itertools.repeat(BLOCK, blocks))
        # No check, since `upload` is a path of this test's own.
        with started(environment(portal.base_url, tmp_path), "--no-check") as proxy:
            curl(proxy.base_url + CAMPAIGNS)
            curl(proxy.base_url + "/v3.0/upload", "-d", "x")
            before, highest, ended = resident(proxy.process.pid), [0], threading.Event()

            def watch() -> None:
                while not ended.wait(0.01):
                    highest[0] = max(highest[0], resident(proxy.process.pid))

            watcher = threading.Thread(target=watch)
            watcher.start()
            download = ["curl", "-sS", "--noproxy", "*", proxy.base_url + EXPORT]
            received = hashlib.sha256()
            with subprocess.Popen(download, stdout=subprocess.PIPE) as down:
                assert down.stdout is not None
                while part := down.stdout.read(1 << 20):
                    received.update(part)
            assert down.returncode == 0
            done = curl("-T", str(source), "-w", "%{http_code}", proxy.base_url + "/v3.0/upload")
            ended.set()
            watcher.join()
        assert received.hexdigest() == digest
        assert done.stdout == b"{}200"
        assert (portal.seen[-1].body_size, portal.seen[-1].body_digest) == (MEGABYTES << 20, digest)
        assert highest[0] - before < 20


def test_a_download_whose_caller_leaves_lets_go_of_the_portal():
    with upstream() as portal, proxied(portal) as proxy:
        xml = (("Content-Type", "application/xml"),)
        portal.answers[EXPORT] = Canned(200, xml, chunks=lambda: itertools.repeat(BLOCK))
        curl(proxy.base_url + CAMPAIGNS)
        with socket.create_connection(("127.0.0.1", proxy.address.port), timeout=5) as caller:
            path = proxy.base_url.partition(str(proxy.address.port))[2]
            caller.sendall(f"GET {path}{EXPORT} HTTP/1.1\r\nHost: 127.0.0.1:{proxy.address.port}\r\n\r\n".encode())
            assert caller.recv(100).startswith(b"HTTP/1.1 200")
        deadline = time.monotonic() + 5
        while not portal.cut_downloads and time.monotonic() < deadline:
            time.sleep(0.01)
        assert portal.cut_downloads == 1
        assert head_and_body(curl("-i", proxy.base_url + CAMPAIGN))[0] == 200


def test_a_caller_who_leaves_a_queue_is_never_sent():
    with upstream() as portal, proxied(portal, options={"policy": "guarded"}) as proxy:
        portal.delay = 1.0
        # The first verifies the pair, alone; the others wait, and give up before their turn comes.
        first = subprocess.Popen(
            ["curl", "-sS", "--noproxy", "*", proxy.base_url + CAMPAIGNS], stdout=subprocess.DEVNULL
        )
        while not portal.calls:
            time.sleep(0.01)
        hasty = [
            subprocess.Popen(
                ["curl", "-s", "--noproxy", "*", "-m", "0.3", proxy.base_url + CAMPAIGNS], stdout=subprocess.DEVNULL
            )
            for _ in range(5)
        ]
        assert [each.wait(timeout=10) for each in hasty] == [28] * 5
        assert first.wait(timeout=10) == 0
        portal.delay = 0.0
        assert head_and_body(curl("-i", proxy.base_url + CAMPAIGN))[0] == 200
        assert portal.calls == 2


def test_an_impatient_caller_does_not_cost_the_key_a_call_of_unknown_outcome():
    with upstream() as portal, proxied(portal) as proxy:
        portal.delay = 0.8
        assert curl("-m", "0.3", proxy.base_url + CAMPAIGNS).returncode == 28
        portal.delay = 0.0
        assert head_and_body(curl("-i", proxy.base_url + CAMPAIGN))[0] == 200
        assert b"calls go out" in curl(proxy.page).stdout
        assert b"unknown" not in curl(proxy.page).stdout


def test_an_answer_that_breaks_off_is_broken_off_and_not_ended():
    with upstream() as portal, proxied(portal) as proxy:

        def broken():
            yield BLOCK
            raise OSError

        portal.answers[EXPORT] = Canned(200, (("Content-Type", "application/xml"),), chunks=broken)
        portal.answers[CAMPAIGN] = Canned(200, chunks=broken)
        assert curl(proxy.base_url + EXPORT).returncode == 18
        # JSON is read before it is passed on, so there is still a way to say it.
        status, _, body = head_and_body(curl("-i", proxy.base_url + CAMPAIGN))
        assert status == 502
        assert b'"sent": true' in body


def test_a_status_that_is_none_is_not_passed_on():
    with upstream() as portal, proxied(portal) as proxy:
        curl(proxy.base_url + CAMPAIGNS)
        portal.answers[CAMPAIGN] = Canned(799)
        assert head_and_body(curl("-i", proxy.base_url + CAMPAIGN))[0] == 502
        assert head_and_body(curl("-i", proxy.base_url + CAMPAIGNS))[0] == 200


def test_a_drop_by_drop_body_is_never_sent(monkeypatch):
    monkeypatch.setattr("cyara_tools.proxy.body.PATIENCE", 0.5)
    with upstream() as portal, proxied(portal, check=False) as proxy:
        path = proxy.base_url.partition(str(proxy.address.port))[2]
        head = f"POST {path}/v3.0/any HTTP/1.1\r\nHost: 127.0.0.1:{proxy.address.port}\r\nContent-Length: 100\r\n\r\n"
        began = time.monotonic()
        answer = talk(proxy.address.port, head.encode() + b"only this")
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"Nothing was sent" in answer
        assert time.monotonic() - began < 5
        assert portal.calls == 0

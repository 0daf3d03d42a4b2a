"""Every tool's call goes through the guard, once; what comes back is what the portal said. curl and plain sockets."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_auth.stores.memory import MemoryStrikeStore

from .kit import CAMPAIGN, CAMPAIGNS, EXPORT, curl, environment, head_and_body, proxied, started, talk
from .upstream import BLOCK, NEXT_PAIR, PAIR, Canned, canned_json, upstream, zipped


def at_once(number: int, *arguments: str) -> list[tuple[int, bytes]]:
    """Let so many programs call at the same time."""
    command = ["curl", "-sS", "--noproxy", "*", "-m", "40", "-w", "\n%{http_code}", *arguments]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(number)]
    answers = [process.communicate(timeout=50)[0].rpartition(b"\n") for process in running]
    return [(int(code), body) for body, _, code in answers]


def test_fifty_tools_with_a_stale_pair_make_one_invalid_call():
    with upstream(NEXT_PAIR) as portal, proxied(portal) as proxy:
        portal.delay = 0.2
        answers = at_once(50, proxy.base_url + CAMPAIGNS)
        assert portal.invalid == portal.calls == 1
        assert sorted(code for code, _ in answers) == [401, *[423] * 49]
        problem = json.loads(next(body for code, body in answers if code == 423))
        assert problem["status"] == 423
        assert problem["sent"] is False
        assert "Nothing was sent. Next: " in problem["detail"]


def test_a_refusal_is_a_problem_that_programs_can_read():
    with upstream(NEXT_PAIR) as portal, proxied(portal) as proxy:
        curl(proxy.base_url + CAMPAIGNS)
        status, headers, body = head_and_body(curl("-i", proxy.base_url + CAMPAIGNS))
        assert status == 423
        assert dict(headers)["content-type"] == "application/problem+json"
        assert json.loads(body)["type"] == "urn:cyara-client:proxy:CredentialRejectedError"
        assert portal.calls == 1


def test_a_call_carries_one_header_whatever_the_tool_sends():
    with upstream() as portal, proxied(portal) as proxy:
        pasted = "Authorization: ApiKey 11111111111111111111111111111111:c3RhbGVzdGFsZXN0YWxlc3RhbGVzdGFsZXN0YWxlMDE="
        assert head_and_body(curl("-i", "-H", pasted, proxy.base_url + CAMPAIGNS))[0] == 200
        assert portal.seen[0].values("authorization") == [f"ApiKey {PAIR}"]
        assert portal.invalid == 0


ANSWERS = {
    "json": canned_json('{"results":[{"campaignId":1,"name":"Ümläut \\u00fc"}],"totalResults":1}'),
    "bytes": Canned(200, (("Content-Type", "application/octet-stream"),), BLOCK * 3),
    "gzip": zipped('{"results":[]}' * 200),
    "chunked": Canned(200, (("Content-Type", "text/plain"),), chunks=lambda: iter([b"a" * 70_000, b"b", b"c" * 9])),
    "empty": Canned(204, (), b""),
    "not found": canned_json('{"title":"Not Found"}', status=404),
    "server error": Canned(500, (("Content-Type", "text/html"),), b"<h1>oh</h1>"),
    "two cookies": Canned(200, (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Odd", "\xe4")), b"x"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_passes_byte_for_byte(name: str):
    with upstream() as portal, proxied(portal, check=False) as proxy:
        portal.answers["/v3.0/any"] = ANSWERS[name]
        curl(proxy.base_url + CAMPAIGNS)  # verifies the pair
        direct = head_and_body(curl("-i", "-H", f"Authorization: ApiKey {PAIR}", f"{portal.base_url}/v3.0/any"))
        ours = head_and_body(curl("-i", f"{proxy.base_url}/v3.0/any"))
        assert ours[0] == direct[0]
        assert ours[2] == direct[2]
        of_a_connection = {"transfer-encoding", "date", "connection"}
        kept = [
            [pair for pair in headers if pair[0].lower() not in of_a_connection] for headers in (ours[1], direct[1])
        ]
        assert kept[0] == kept[1]


def test_a_request_passes_byte_for_byte():
    with upstream() as portal, proxied(portal, check=False) as proxy:
        target = "/v3.0/a%20b;c=1/d|e?q=%zz&r=%2F+&&s"
        curl("--globoff", "-X", "PATCH", "-H", "X-Mine: 1", "-H", "x-mine: 2", "-d", "a=b", proxy.base_url + target)
        seen = portal.seen[0]
        assert (seen.method, seen.target) == ("PATCH", "/cyarawebapi" + target)
        assert seen.values("x-mine") == ["1", "2"]
        assert seen.values("accept-encoding") == []
        assert seen.values("user-agent")[0].startswith("curl/")


def test_head_ranges_and_validators_are_kept():
    with upstream() as portal, proxied(portal) as proxy:
        tagged = (("Content-Type", "application/xml"), ("ETag", '"v1"'), ("Accept-Ranges", "bytes"))
        portal.answers[EXPORT] = Canned(200, tagged, BLOCK, ranges=True)
        url = proxy.base_url + EXPORT
        status, headers, body = head_and_body(curl("-i", url))
        assert (status, dict(headers)["ETag"], body) == (200, '"v1"', BLOCK)
        part = head_and_body(curl("-i", "-H", "Range: bytes=100-199", "-H", 'If-Range: "v1"', url))
        assert part[0] == 206
        assert part[2] == BLOCK[100:200]
        assert head_and_body(curl("-i", "-H", 'If-None-Match: "v1"', url))[0] == 304
        heads = head_and_body(curl("-I", url))
        assert dict(heads[1])["Content-Length"] == str(len(BLOCK))


def test_it_listens_at_the_other_loopback_address_too():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with upstream() as portal, proxied(portal, host="::1") as proxy:
        assert proxy.base_url.startswith("http://[::1]:")
        assert head_and_body(curl("-gi", proxy.base_url + CAMPAIGNS))[0] == 200


def test_one_connection_serves_many_calls():
    with upstream() as portal, proxied(portal) as proxy:
        url = proxy.base_url + CAMPAIGNS
        done = curl("-w", "%{num_connects} ", url, url, url, "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null")
        assert done.stdout.split() == [b"1", b"0", b"0"]
        assert portal.calls == 3


def test_a_tool_that_waits_for_100_continue_is_answered_before_it_sends():
    with upstream() as portal, proxied(portal) as proxy:
        path = proxy.base_url.partition(f":{proxy.address.port}")[2]
        head = f"Host: 127.0.0.1:{proxy.address.port}\r\nExpect: 100-continue\r\nConnection: close\r\n"
        sent = f"PUT {path}/v3.0/nowhere HTTP/1.1\r\n{head}Content-Length: 9\r\n\r\n"
        assert talk(proxy.address.port, sent.encode()).startswith(b"HTTP/1.1 404")
        assert portal.calls == 0
    with upstream() as portal, proxied(portal, check=False) as proxy:
        done = head_and_body(
            curl("-i", "-H", "Expect: 100-continue", "-X", "PUT", "-d", "12345", f"{proxy.base_url}/v3.0/x")
        )
        assert done[0] == 200
        assert portal.seen[0].values("expect") == []
        assert portal.seen[0].body == b"12345"


def test_a_portal_that_cannot_be_reached_is_a_bad_gateway():
    with upstream() as portal:
        gone = portal
    with proxied(gone) as proxy:
        status, _, body = head_and_body(curl("-i", proxy.base_url + CAMPAIGNS))
        assert (status, json.loads(body)["sent"]) == (502, False)


@pytest.mark.parametrize("used", [True, False], ids=["in use", "never used before"])
def test_a_rotation_in_the_middle_fails_no_call(tmp_path: Path, *, used: bool):
    """The operator's own commands, in processes of their own, while tools call."""
    with upstream(PAIR) as portal:
        portal.delay = 0.02
        environ = environment(portal.base_url, tmp_path)
        # From a file, which the operator's commands write, and the proxy reads again when it changes.
        del environ["CYARA_API_CREDENTIAL"]
        _run(environ, "-m", "cyara_tools.cli", "auth", "login", text=PAIR)
        rotate = ["-m", "cyara_tools.cli", "auth", "rotate"]
        if not used:
            _run(environ, *rotate, "begin")
        with started(environ) as proxy:
            codes: list[bytes] = []
            ended = threading.Event()

            def call() -> None:
                while not ended.is_set():
                    codes.append(curl("-w", "%{http_code}", proxy.base_url + CAMPAIGNS).stdout)

            callers = [threading.Thread(target=call) for _ in range(3)]
            for caller in callers:
                caller.start()
            try:
                if used:
                    _until(lambda: bool(codes))
                    _run(environ, *rotate, "begin")
                else:
                    _until(lambda: b"<td>unverified</td>" in curl(str(proxy.facts["page"])).stdout)
                before = len(codes)
                portal.valid = {NEXT_PAIR}
                _run(environ, *rotate, "commit", text=NEXT_PAIR)
                _until(lambda: len(codes) >= before + 12)
            finally:
                ended.set()
                for caller in callers:
                    caller.join(timeout=30)
        assert set(codes) == {b"{}200"}
        assert portal.invalid == 0
        pairs = {f"ApiKey {PAIR}", f"ApiKey {NEXT_PAIR}"} if used else {f"ApiKey {NEXT_PAIR}"}
        assert {seen.values("authorization")[0] for seen in portal.seen} == pairs


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, "it did not happen within twenty seconds"
        time.sleep(0.05)


def _run(environ: dict[str, str], *arguments: str, text: str = "") -> None:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=environ, input=text, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_calls_of_one_proxy_and_another_count_together():
    store = MemoryStrikeStore()
    with upstream(NEXT_PAIR) as portal:
        with proxied(portal, options={"store": store}) as first, proxied(portal, options={"store": store}) as second:
            answers = [head_and_body(curl("-i", proxy.base_url + CAMPAIGN))[0] for proxy in (first, second)]
        assert answers == [401, 423]
        assert portal.invalid == 1


def test_the_counting_server_counts():
    """Whoever trusts it should see that it finds fault."""
    with upstream() as portal:
        curl("-H", "Authorization: ApiKey nonsense", portal.base_url + CAMPAIGNS)
        curl("-H", f"Authorization: ApiKey {PAIR}", portal.base_url + CAMPAIGNS)
        assert (portal.calls, portal.invalid) == (2, 1)

"""The doctor asks for no more rights than calls do, and never leads to itself."""

import http.server
import os
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError

import pytest
import redis

from cyara_tools.portal import LocalPortal, faults

from .program import Program

FEW = ("+eval", "+hmget", "+hget", "+hset", "+hsetnx", "+time")


def findings(result: Any, check: str) -> list[tuple[str, str]]:
    return [(found["level"], found["text"]) for found in result.facts["findings"] if found["check"] == check]


@pytest.mark.parametrize("more", [(), ("+info",), ("+scan",)], ids=["calls only", "no list", "no facts"])
def test_a_user_of_redis_with_the_rights_that_calls_need(program: Program, redis_server, more: tuple[str, ...]) -> None:
    with redis.Redis.from_url(redis_server.url) as operator:
        operator.execute_command("ACL", "SETUSER", "few", "on", ">p", "~cyara:strikes:*", "-@all", *FEW, *more)
    try:
        program.log_in()
        few = {"CYARA_STRIKE_STORE": redis_server.url.replace("redis://", "redis://few:p@")}
        assert program("verify", **few).code == 0
        result = program("doctor", "--json", **few)
        assert result.code == 0, result.out
        told = findings(result, "store")
        assert told[0][0] == "ok"
        said = [text for level, text in told if level == "warning" and "which no call needs: " in text]
        assert len(said) == 2 - len(more)
        assert ("cannot be listed" in "".join(said)) == ("+scan" not in more)
        assert findings(result, "pair") == [("ok", "With this pair: calls go out.")]
    finally:
        with redis.Redis.from_url(redis_server.url) as operator:
            operator.execute_command("ACL", "DELUSER", "few")


class RefusesToList(http.server.BaseHTTPRequestHandler):
    """Passes everything on to a server that speaks S3, and refuses to list as Amazon does."""

    protocol_version = "HTTP/1.1"
    upstream = 0

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "list-type=" in self.path:
            self.answer(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
            return
        # Without a type of its own, urllib would say that it is a form.
        sent = {"Content-Type": "application/octet-stream", **self.headers, "Host": f"127.0.0.1:{self.upstream}"}
        url = f"http://127.0.0.1:{self.upstream}{self.path}"
        request = urllib.request.Request(url, data=body or None, headers=sent, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
                self.answer(answer.status, dict(answer.headers), answer.read())
        except HTTPError as error:
            with error:
                self.answer(error.code, dict(error.headers), error.read())

    def do_PUT(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        if self.command != "HEAD":
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            if name.lower() != "connection":
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def bucket_without_list(port: int) -> Iterator[int]:
    handler = type("Handler", (RefusesToList,), {"upstream": port})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_credentials_of_a_bucket_that_may_not_list(program: Program, s3_bucket) -> None:
    program.log_in()
    with bucket_without_list(s3_bucket.port) as port:
        names = ("AWS_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        settings = {name: os.environ[name] for name in names}
        settings |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "CYARA_STRIKE_STORE": s3_bucket.url}
        assert program("verify", **settings).code == 0
        result = program("doctor", "--json", **settings)
    assert result.code == 0, result.out
    told = findings(result, "store")
    assert [level for level, _ in told] == ["ok", "warning"]
    assert "cannot be listed, which no call needs: s3://" in told[1][1]
    assert findings(result, "pair")[0][0] == "ok"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="root gives a folder away")
def test_a_file_in_a_folder_of_another_user(program: Program) -> None:
    os.chown(program.home / "state", 4711, 4711)
    program.log_in()
    assert program("verify").code == 0
    assert program("doctor").code == 0


def refuses_connections() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{taken.getsockname()[1]}"


def test_no_finding_leads_to_the_doctor(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    down = program("doctor", CYARA_STRIKE_STORE=refuses_connections())
    assert down.code == 9
    assert "Connection refused" in down.out
    assert "Next: see that the store can be reached and written (CYARA_STRIKE_STORE)" in down.out
    portal.inject(faults.login_page(), faults.login_page())
    page = program("doctor", "--probe")
    assert "FAILURE  probe: " in page.out
    portal.stop()
    gone = program("doctor", "--probe", "--spec")
    assert gone.code == 9
    for result in (down, page, gone):
        assert "cyara auth doctor" not in result.out + result.err

"""A server that knows nothing of ours: it counts what arrives, and answers with the bytes that it was given."""

import gzip
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

KEY = "0123456789abcdef0123456789abcdef"
PAIR = f"{KEY}:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/CANA8="
NEXT_PAIR = f"{KEY}:ZyXwVuTsRqPoNmLkJiHgFeDcBa9876543210+/CANA8="
BASE = "/cyarawebapi"
BLOCK = bytes(range(256)) * 256


@attrs.frozen
class Seen:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body_size: int
    body_digest: str
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


Chunks = Callable[[], Iterator[bytes]]


@attrs.frozen
class Canned:
    """An answer; `chunks` are sent in chunked coding, with a pause before each."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b"{}"
    chunks: Chunks | None = None
    ranges: bool = False


def canned_json(text: str, *headers: tuple[str, str], status: int = 200) -> Canned:
    return Canned(status, (("Content-Type", "application/json; charset=utf-8"), *headers), text.encode())


def zipped(text: str) -> Canned:
    coded = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    return Canned(200, coded, gzip.compress(text.encode(), mtime=0))


class Upstream(ThreadingHTTPServer):
    """The portal of a test: `answers` by what follows the base path, with the query or without."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *valid: str) -> None:
        self.valid = set(valid or (PAIR,))
        self.answers: dict[str, Canned] = {}
        self.seen: list[Seen] = []
        self.invalid = 0
        self.delay = 0.0
        self.keep_bodies = True
        self.cut_downloads = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.base_url = f"{self.origin}{BASE}"

    @property
    def calls(self) -> int:
        return len(self.seen)

    def answer_to(self, seen: Seen) -> Canned:
        """Count a request, and return what it is answered."""
        given = seen.values("authorization")
        good = len(given) == 1 and given[0] in {f"ApiKey {pair}" for pair in self.valid}
        with self.lock:
            self.seen.append(seen)
            self.invalid += not good
        time.sleep(self.delay)
        if not good:
            return canned_json('{"title":"Unauthorized"}', ("WWW-Authenticate", "ApiKey"), status=401)
        target = seen.target.removeprefix(BASE)
        return self.answers.get(target) or self.answers.get(target.partition("?")[0]) or Canned()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Upstream

    def answer(self) -> None:
        digest, size, body = hashlib.sha256(), 0, b""
        for piece in self.pieces():
            digest.update(piece)
            size += len(piece)
            body += piece if self.server.keep_bodies else b""
        headers = tuple(self.headers.items())
        seen = Seen(self.command, self.path, headers, size, digest.hexdigest(), body)
        status, pairs, body, chunks = self.chosen(self.server.answer_to(seen))
        self.send_response(status)
        for name, value in pairs:
            self.send_header(name, value)
        if chunks is not None:
            self.send_header("Transfer-Encoding", "chunked")
        elif status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.write(body, chunks)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body of the request as it comes."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        left = int(self.headers.get("content-length", 0))
        while left > 0 and (piece := self.rfile.read(min(left, 65_536))):
            left -= len(piece)
            yield piece

    def chosen(self, canned: Canned) -> tuple[int, list[tuple[str, str]], bytes, Chunks | None]:
        """Return what to send: all of an answer, a part of it, or only that it is known."""
        headers, body = list(canned.headers), canned.body
        known, asked = dict(headers).get("ETag"), self.headers.get("If-None-Match")
        if known and asked and known in asked:
            return 304, headers, b"", None
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if canned.ranges and found and self.headers.get("If-Range") in {None, known}:
            first, last = int(found[1]), int(found[2] or len(body) - 1)
            headers.append(("Content-Range", f"bytes {first}-{last}/{len(body)}"))
            return 206, headers, body[first : last + 1], None
        return canned.status, headers, body, canned.chunks

    def write(self, body: bytes, chunks: Chunks | None) -> None:
        try:
            for piece in chunks() if chunks is not None else ():
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n" if chunks is not None else body)
            self.wfile.flush()
        except OSError:
            self.server.cut_downloads += 1
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def upstream(*valid: str) -> Iterator[Upstream]:
    """Serve until the end of the block."""
    with Upstream(*valid) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join(timeout=5)

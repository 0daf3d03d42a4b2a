"""Headers of an answer that hold junk: what comes of it is a value or an error of the one tree, and never another."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cyara_auth import Cyara, RetryPolicy, TransportError, connect
from cyara_auth._http import httpx
from cyara_auth.extensions import seconds_of_retry_after
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.errors import BadRequest, CyaraError, DownloadError, RateLimited, UnexpectedStatus

from ..wire.loopback import KEY, PAIR, Listener, read_head

pytestmark = pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")

BODY = b'{"campaignId": 1, "name": "x", "results": []}'
YEAR = 31_536_000.0
JUNK = (
    b"",
    b"soon",
    b"-5",
    b"+5",
    b"0x10",
    b"5 5",
    b"9" * 5_000,
    b"\xb2",
    b"\xd9\xa3",
    b"\xff\xfe",
    b",",
    b";=",
    b"Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
    b"Wed, 21 Oct 2015 99:99:99 GMT",
    b"Wed, 21 Oct 2015 07:28:00 +99999999999",
    b"Wed, 21 Oct 0001 07:28:00 +1400",
    b"text/plain; charset=hex",
    b"text/plain; charset=undefined",
    b"application/json; charset=\xff",
    b"http://[::1",
    b"https://xn--/",
    b"https://a..b/",
    b"http://h:99999999/",
    b"javascript:1",
    b"//",
    b"x" * 30_000,
    b"gzip, zstd",
    b"a=b; expires=Wed, 99 Oct 99999 07:28:00 GMT; max-age=9999999999999999999999999; domain=\xff; path=",
    b"attachment; filename*=utf-99''%ff",
    b'ApiKey realm="',
    b"<http://[>; rel=next",
)
HEADERS = (
    b"Retry-After",
    b"Date",
    b"Content-Type",
    b"Content-Disposition",
    b"Content-Encoding",
    b"Content-Length",
    b"Content-Range",
    b"Location",
    b"Link",
    b"Set-Cookie",
    b"WWW-Authenticate",
    b"Transfer-Encoding",
    b"X-Request-Id",
    b"Server",
)
STATUSES = {
    "get": (b"200 OK", b"302 Found", b"404 Not Found", b"503 Busy"),
    "walk": (b"200 OK",),
    "save": (b"200 OK", b"404 Not Found"),
}


class RawServer(Listener):
    """Answers every request by the bytes it was given, and closes the connection."""

    reply: bytes = b""

    def serve(self, connection: socket.socket) -> None:
        read_head(connection, bytearray())
        connection.sendall(self.reply)

    def answer(self, status: bytes, *headers: tuple[bytes, bytes], body: bytes = BODY) -> None:
        given = dict(headers)
        usual = {
            b"Connection": b"close",
            b"Content-Type": b"application/json",
            b"Content-Length": b"%d" % len(body),
        }
        if b"Transfer-Encoding" in given:
            del usual[b"Content-Length"]
        lines = [*((name, value) for name, value in usual.items() if name not in given), *headers]
        head = b"".join(b"%s: %s\r\n" % line for line in lines)
        self.reply = b"HTTP/1.1 %s\r\n%s\r\n%s" % (status, head, body)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def client_of(server: RawServer, pair: str = PAIR, **options: Any) -> Cyara:
    """Return a client whose pair is verified, so that no refusal makes it wait."""
    server.answer(b"200 OK")
    retries = RetryPolicy(attempts=2, base=0.0, longest_retry_after=0.0)
    base_url = f"http://127.0.0.1:{server.port}/cyarawebapi"
    cyara = connect(
        base_url, pair, account_id=1, store=MemoryStrikeStore(), retries=retries, timeout=2, environ={}, **options
    )
    cyara.campaigns.get_campaign(campaign_id=1)
    return cyara


@pytest.fixture
def cyara(server: RawServer) -> Iterator[Cyara]:
    with client_of(server) as cyara:
        yield cyara


def _get(cyara: Cyara, _: Path) -> object:
    return cyara.campaigns.get_campaign(campaign_id=1)


def _aget(cyara: Cyara, _: Path) -> object:
    async def main() -> object:
        async with cyara:
            return await cyara.aio.campaigns.get_campaign(campaign_id=1)

    return asyncio.run(main())


def _walk(cyara: Cyara, _: Path) -> object:
    return list(cyara.campaigns.iter_campaigns())


def _save(cyara: Cyara, folder: Path) -> object:
    return cyara.test_cases.export_test_case_to_file(folder / "x.xml", test_case_id=1)


CALLS: dict[str, Callable[[Cyara, Path], object]] = {"get": _get, "walk": _walk, "save": _save}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("header", HEADERS, ids=bytes.decode)
def test_junk_in_a_header_leads_to_nothing_else_than_an_error_of_the_tree(
    server: RawServer, cyara: Cyara, tmp_path: Path, header: bytes, name: str
) -> None:
    for status in STATUSES[name]:
        for junk in JUNK:
            server.answer(status, (header, junk))
            try:
                CALLS[name](cyara, tmp_path)
            except CyaraError as error:
                assert str(error).isprintable()  # noqa: PT017 - any error of the tree will do


# The fork takes an empty name in Punycode for an address.
NO_ADDRESS = [b"javascript:1", b"http://[::1", *([b"https://xn--/"] if httpx.__name__ == "httpx" else [])]


@pytest.mark.parametrize("junk", NO_ADDRESS)
@pytest.mark.parametrize("call", [_get, _aget], ids=["threads", "tasks"])
def test_a_redirect_to_no_address_is_no_answer(
    server: RawServer, cyara: Cyara, tmp_path: Path, junk: bytes, call: Callable[[Cyara, Path], object]
) -> None:
    server.answer(b"302 Found", (b"Location", junk))
    with pytest.raises(TransportError) as caught:
        call(cyara, tmp_path)
    assert caught.value.kind == "RemoteProtocolError"


def test_a_redirect_to_an_address_is_told_as_before(server: RawServer, cyara: Cyara) -> None:
    server.answer(b"302 Found", (b"Location", b"/elsewhere"))
    with pytest.raises(UnexpectedStatus):
        cyara.campaigns.get_campaign(campaign_id=1)


ASKED = [
    (b"7", 7.0),
    (b"0", 0.0),
    (b"9" * 400, YEAR),
    (b"99999999999", YEAR),
    (b"Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
    (b"Wed, 21 Oct 2015 07:28:30", 30.0),
    (b"Wed, 21 Oct 2015 07:28:30 -0000", 30.0),
    (b"Wed, 21 Oct 2015 09:28:30 +0200", 30.0),
    (b"Wed, 21 Oct 2009 07:28:30 GMT", 0.0),
    (b"Wed, 21 Oct 9999 07:28:30 GMT", YEAR),
    (b"5, 7", 7.0),
    (b"5, soon", None),
    (b"soon", None),
    (b"-5", None),
    (b"1e3", None),
    (b"\xb2", None),
    (b"Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
    (b"", None),
]


@pytest.mark.parametrize(("text", "seconds"), ASKED)
def test_the_wait_is_read_alike_by_the_error_and_by_the_retries(
    server: RawServer, cyara: Cyara, text: bytes, seconds: float | None
) -> None:
    server.answer(b"429 Slow down", (b"Date", b"Wed, 21 Oct 2015 07:28:00 GMT"), (b"Retry-After", text))
    with pytest.raises(RateLimited) as caught:
        cyara.campaigns.get_campaign(campaign_id=1)
    assert caught.value.retry_after == seconds
    now = datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
    assert seconds_of_retry_after({"retry-after": text.decode("latin-1")}, now) == seconds


def test_a_cookie_that_no_request_can_carry_is_not_kept(server: RawServer, cyara: Cyara) -> None:
    server.answer(b"200 OK", (b"Set-Cookie", b"a=\xe4; path=/"), (b"Set-Cookie", b"good=1; path=/"))
    cyara.campaigns.get_campaign(campaign_id=1)
    cyara.campaigns.get_campaign(campaign_id=1)
    assert dict(cyara.get_httpx_client().cookies) == {"good": "1"}


def test_a_refusal_of_a_file_that_is_not_compressed_as_announced(
    server: RawServer, cyara: Cyara, tmp_path: Path
) -> None:
    server.answer(b"404 Not Found", (b"Content-Encoding", b"gzip"))
    with pytest.raises(DownloadError, match="answered 404"):
        cyara.test_cases.export_test_case_to_file(tmp_path / "x.xml", test_case_id=1)


def test_of_several_waits_the_longest_counts(server: RawServer, cyara: Cyara) -> None:
    server.answer(b"429 Slow down", (b"Retry-After", b"5"), (b"Retry-After", b"70"), (b"Retry-After", b"6"))
    with pytest.raises(RateLimited) as caught:
        cyara.campaigns.get_campaign(campaign_id=1)
    assert caught.value.retry_after == 70


def test_the_credential_of_the_call_is_taken_out_also_where_it_has_no_shape(server: RawServer) -> None:
    token = "Ab+/Cd1+" * 5 + "Ab+="
    spelt = quote(token, safe="")
    with client_of(server, f"{KEY}:{token}") as cyara:
        server.answer(b"400 Bad Request", body=json.dumps({"title": "No", "detail": f"not {spelt} again"}).encode())
        with pytest.raises(BadRequest, match=r'the portal says "No: not \[redacted\] again"') as caught:
            cyara.campaigns.get_campaign(campaign_id=1)
    assert spelt not in repr(vars(caught.value)["explanation"])

"""The fast clients do what httpx does: same addresses, same cookies."""

import asyncio
import ssl

import pytest

from cyara_auth._http import httpx
from cyara_auth.client.fast_clients import FastAsyncClient, FastClient

from ..wire.loopback import Reply, WireServer

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one for all: reading the authorities takes longer than a test
BASES = [
    "https://p.example/cyarawebapi",
    "https://p.example/api/",
    "https://p.example",
    "http://[::1]:8080/a",
    "",
]
PATHS = [
    "/v3.0/users",
    "/v3.0/users?a=1&a=2",
    "/v3.0/a b/%2F/%20/\u00fc?q=\u00fc x",
    "/v3.0/../up",
    "/",
    "",
    "v3.0/users",
    "?a=1",
    "//other.example/x",
    "/x#fragment",
    "https://other.example/x",
    "/x:y@z",
    "/a;b=c",
]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("path", PATHS)
def test_addresses_are_httpx_s_own(base: str, path: str) -> None:
    options = {"base_url": base, "verify": TLS}
    with httpx.Client(**options) as plain, FastClient(**options) as fast:
        for params in (None, {"pageno": 2}):
            expected = plain.build_request("GET", path, params=params)
            assert fast.build_request("GET", path, params=params).url == expected.url
            assert FastAsyncClient(**options).build_request("GET", path, params=params).url == expected.url


def test_base_url_may_be_changed() -> None:
    with FastClient(base_url="https://a.example") as client:
        assert str(client.build_request("GET", "/x").url) == "https://a.example/x"
        client.base_url = "https://b.example/y"
        assert str(client.build_request("GET", "/x").url) == "https://b.example/y/x"


def test_cookies_are_kept_and_sent(server: WireServer) -> None:
    server.script = lambda _: Reply(headers=(("Set-Cookie", "affinity=7; Path=/"),) if len(server.seen) == 1 else ())
    with FastClient(base_url=server.origin, cookies={"own": "1"}) as client:
        client.get("/x")
        client.get("/x")
        assert dict(client.cookies) == {"own": "1", "affinity": "7"}
        client.cookies = {"new": "2"}
        client.get("/x")
    assert [sorted(seen.values("cookie")[0].split("; ")) for seen in server.seen] == [
        ["own=1"],
        ["affinity=7", "own=1"],
        ["new=2"],
    ]


def test_cookies_for_tasks(server: WireServer) -> None:
    async def run() -> None:
        async with FastAsyncClient(base_url=server.origin) as client:
            await client.get("/x")
            client.cookies = {**client.cookies, "more": "1"}
            await client.get("/x")

    server.script = lambda _: Reply(headers=(("Set-Cookie", "affinity=7; Path=/"),))
    asyncio.run(run())
    assert sorted(server.seen[1].values("cookie")[0].split("; ")) == ["affinity=7", "more=1"]

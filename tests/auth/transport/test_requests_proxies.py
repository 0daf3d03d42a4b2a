"""requests behind a proxy: what may have reached the portal is charged, whatever urllib3 calls it."""

import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ProxyError

from cyara_auth._http import httpx
from cyara_auth.requests import as_httpx

from ..wire.faces import RequestsFace
from ..wire.fixtures import PrivateCa
from ..wire.loopback import ConnectProxy, Reply, WireServer

URL = "https://portal.test/cyarawebapi"


def call(face: RequestsFace, ca: PrivateCa) -> None:
    # Said for the call: REQUESTS_CA_BUNDLE outranks what is said for the session.
    with pytest.raises(requests.exceptions.ProxyError):
        face.get(f"{URL}/x", verify=str(ca.file))


def test_an_answer_that_is_lost_behind_a_tunnel_is_charged(tls_server: WireServer, private_ca: PrivateCa) -> None:
    tls_server.script = lambda _: Reply(cut=True)
    with (
        ConnectProxy(to_port=tls_server.port) as proxy,
        RequestsFace(URL, proxies={"https": proxy.url}) as face,
    ):
        call(face, private_ca)
        assert len(tls_server.seen) == 1
        assert face.charges == 1


@pytest.mark.parametrize("refuse", [403, 407])
def test_a_proxy_that_refuses_or_is_not_there_costs_nothing(private_ca: PrivateCa, refuse: int) -> None:
    with ConnectProxy(to_port=9, refuse=refuse) as proxy, RequestsFace(URL, proxies={"https": proxy.url}) as face:
        call(face, private_ca)
        assert len(proxy.connects) == 1
        assert face.charges == 0
    with RequestsFace(URL, proxies={"https": "http://127.0.0.1:9"}) as face:
        call(face, private_ca)
        assert face.charges == 0


def test_a_proxy_that_does_not_answer_costs_nothing() -> None:
    slow = ProxyError("Unable to connect to proxy", ConnectTimeoutError())
    error = requests.exceptions.ProxyError(MaxRetryError(None, URL, slow))  # type: ignore[arg-type] # no pool is needed
    assert isinstance(as_httpx(error), httpx.ProxyError)
    bare = requests.exceptions.ProxyError()
    assert as_httpx(bare) is bare

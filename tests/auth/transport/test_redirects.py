"""A redirect may be all that ever tells of a bad pair: it is charged, and the refusal names where it led."""

import pytest

from cyara_auth.errors import StrikeBudgetExhaustedError, UnexpectedAuthPageError
from cyara_auth.strikes.state import PairState

from ..wire.faces import MakeFace
from ..wire.loopback import Reply, WireServer

LOCATIONS = {
    "/Default.aspx?ReturnUrl=%2fcyarawebapi%2fsecret": "/Default.aspx",
    "/Portal/Account/Index?next=secret": "/Portal/Account/Index",
    "/cyarawebportal/Error/Unauthorized?id=secret": "/cyarawebportal/Error/Unauthorized",
    "/cyarawebapi/elsewhere?ticket=secret": "/cyarawebapi/elsewhere",
    "https://user:secret@idp.example/authorize?state=secret": "https://idp.example/authorize",
}
LOGIN = 3
"""So many of them are known as login pages by their address."""


def redirected(location: str) -> Reply:
    return Reply(status=302, headers=(("Location", location),), body=b"", media_type="")


@pytest.mark.parametrize("location", LOCATIONS)
def test_two_redirects_of_an_unverified_pair_are_the_last(server: WireServer, face: MakeFace, location: str) -> None:
    server.script = lambda _: redirected(location)
    client = face(server.base_url)
    for charges in (1, 2):
        if location in list(LOCATIONS)[:LOGIN]:
            with pytest.raises(UnexpectedAuthPageError):
                client.get(f"{server.base_url}/v3.0/x")
        else:
            assert client.get(f"{server.base_url}/v3.0/x").status_code == 302
        assert client.charges == charges
    for _ in range(3):
        with pytest.raises(StrikeBudgetExhaustedError, match=r"Nothing was sent.*cyara auth reset --still-valid") as it:
            client.get(f"{server.base_url}/v3.0/x")
        assert f"a redirect at {server.base_url} to {LOCATIONS[location]} twice" in str(it.value)
        assert "secret" not in str(it.value)
    assert len(server.seen) == 2


def test_a_verified_pair_is_redirected_within_the_portal_for_nothing(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: redirected("/cyarawebapi/v3.0/new")
    for _ in range(3):
        assert client.get(f"{server.base_url}/v3.0/old").status_code == 302
        assert client.charges == 0
    assert client.verdict is PairState.VERIFIED


def test_a_verified_pair_that_is_sent_to_log_in_is_suspect(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    client.get(f"{server.base_url}/v3.0/x")
    server.script = lambda _: redirected("/Default.aspx?ReturnUrl=x")
    with pytest.raises(UnexpectedAuthPageError):
        client.get(f"{server.base_url}/v3.0/x")
    assert client.verdict is PairState.SUSPECT
    assert client.charges == 1

"""Answers that no portal should give: whatever else is wrong with them, a 401 counts."""

import pytest

from ..wire.faces import MakeFace
from ..wire.loopback import Reply, WireServer

NO_ADDRESS = ("http:////[", "http://[::1", "//[", "http://portal:port/", "\\\\x", "https://[v1.x]/")


@pytest.mark.parametrize("location", NO_ADDRESS)
def test_a_401_with_a_location_that_is_no_address_counts(server: WireServer, face: MakeFace, location: str) -> None:
    client = face(server.base_url)
    assert client.get(f"{server.base_url}/x").status_code == 200
    server.script = lambda _: Reply(status=401, headers=(("Location", location),))
    assert client.get(f"{server.base_url}/x").status_code == 401
    assert client.state.strikes == 1
    assert not client.state.tickets

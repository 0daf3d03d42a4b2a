"""The header goes to the bound origin, once, on every hop, and nowhere else."""

import logging
import pickle
import ssl

import pytest

from cyara_auth._http import httpx
from cyara_auth.errors import InsecureOriginError, StrikeBudgetExhaustedError
from cyara_auth.origin import Origin
from cyara_auth.transport.httpx_transports import GuardedTransport

from ..wire.faces import Face, MakeFace, SyncFace
from ..wire.loopback import PAIR, TOKEN, Reply, Seen, WireServer

HEADER = [f"ApiKey {PAIR}"]


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers=(("Location", to),), body=b"", media_type="")


def by_path(**replies: Reply):
    """Answer by the last part of the path."""
    return lambda seen: replies.get(seen.target.rpartition("/")[2], Reply())


def test_header_is_sent_once(server: WireServer, face: MakeFace) -> None:
    assert face(server.base_url).get(f"{server.base_url}/v3.0/a").status_code == 200
    assert server.seen[0].authorization == HEADER


def test_same_origin_redirect_carries_the_header_on_both_hops(server: WireServer, face: MakeFace) -> None:
    server.script = by_path(first=redirect("/second"))
    face(server.base_url, follow_redirects=True).get(f"{server.origin}/first")
    assert [(seen.target, seen.authorization) for seen in server.seen] == [("/first", HEADER), ("/second", HEADER)]


def test_row_35_redirect_to_another_origin_is_not_followed(
    server: WireServer, foreign: WireServer, face: MakeFace
) -> None:
    server.script = by_path(first=redirect(f"{foreign.origin}/x"))
    client = face(server.base_url)
    assert client.get(f"{server.origin}/first").status_code == 302
    assert foreign.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_row_35_redirect_that_is_followed_leaves_the_header_behind(
    server: WireServer, foreign: WireServer, face: MakeFace, status: int, method: str
) -> None:
    server.script = by_path(first=redirect(f"{foreign.origin}/x", status))
    client = face(server.base_url, follow_redirects=True)
    client.call(method, f"{server.origin}/first")
    assert [seen.authorization for seen in foreign.seen] == [[]]
    assert client.state.strikes == 0


def test_redirect_away_and_back_carries_the_header_at_home_only(
    server: WireServer, foreign: WireServer, face: MakeFace
) -> None:
    server.script = by_path(first=redirect(f"{foreign.origin}/away"))
    foreign.script = by_path(away=redirect(f"{server.origin}/home"))
    face(server.base_url, follow_redirects=True).get(f"{server.origin}/first")
    assert [seen.authorization for seen in server.seen] == [HEADER, HEADER]
    assert [seen.authorization for seen in foreign.seen] == [[]]


def test_row_36_a_401_that_our_header_did_not_cause_is_no_strike(
    server: WireServer, foreign: WireServer, face: MakeFace
) -> None:
    server.script = by_path(first=redirect(f"{foreign.origin}/away"))
    foreign.script = lambda _: Reply(status=401)
    client = face(server.base_url, follow_redirects=True)
    assert client.get(f"{server.origin}/ok").status_code == 200
    assert client.get(f"{server.origin}/first").status_code == 401
    assert client.state.strikes == 0
    assert client.get(f"{server.origin}/ok").status_code == 200


def test_row_34_absolute_url_of_another_origin_goes_without_the_header(
    server: WireServer, foreign: WireServer, face: MakeFace
) -> None:
    client = face(server.base_url)
    client.get(f"{foreign.base_url}/v3.0/accounts/1/campaigns?pageno=2")
    assert [seen.authorization for seen in foreign.seen] == [[]]
    assert client.charges == 0


def test_row_37_next_request_of_another_origin_goes_without_the_header(
    server: WireServer, foreign: WireServer, httpx_face: MakeFace
) -> None:
    server.script = by_path(first=redirect(f"{foreign.origin}/x"))
    client = httpx_face(server.base_url)
    upcoming = client.get(f"{server.origin}/first").next_request
    sent = client.client.send(upcoming)
    if not isinstance(client, SyncFace):
        client.runner.run(sent)
    assert [seen.authorization for seen in foreign.seen] == [[]]


def test_row_38_redirect_loop_ends_with_every_hop_settled(server: WireServer, face: MakeFace) -> None:
    server.script = lambda seen: Reply() if "/v3.0/" in seen.target else redirect("/again")
    client = face(server.base_url, follow_redirects=True)
    client.get(f"{server.base_url}/v3.0/x")
    with pytest.raises(Exception, match="redirects"):
        client.get(f"{server.origin}/first")
    assert len(server.seen) > 3
    assert client.charges == 0


def test_row_38_redirects_of_an_unverified_pair_are_charged(server: WireServer, face: MakeFace) -> None:
    """They may be all that ever tells of a bad pair."""
    server.script = lambda _: redirect("/again?key=secret")
    client = face(server.base_url, follow_redirects=True)
    for _ in range(2):
        with pytest.raises(StrikeBudgetExhaustedError, match=r"Nothing was sent.*reset --still-valid") as caught:
            client.get(f"{server.origin}/first")
        assert f"a redirect at {server.base_url} to /again twice" in str(caught.value)
        assert "secret" not in str(caught.value)
        assert len(server.seen) == 2


def test_row_38_a_401_in_a_redirect_chain_ends_it(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: (Reply(), redirect("/again"), redirect("/again"), Reply(status=401))[len(server.seen) - 1]
    client = face(server.base_url, follow_redirects=True)
    client.get(f"{server.base_url}/v3.0/x")
    assert client.get(f"{server.origin}/first").status_code == 401
    assert client.state.strikes == 1
    with pytest.raises(Exception, match="rejected"):
        client.get(f"{server.origin}/first")
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": f"ApiKey {PAIR[:-4]}AAA="},
        [("Authorization", "one"), ("AUTHORIZATION", "two")],
    ],
)
def test_row_41_authorization_of_the_caller_is_replaced_and_told_once(
    server: WireServer, httpx_face: MakeFace, headers: object, caplog: pytest.LogCaptureFixture
) -> None:
    client = httpx_face(server.base_url)
    with caplog.at_level(logging.WARNING, logger="cyara_auth"):
        for _ in range(3):
            client.get(f"{server.origin}/x", headers=headers)
    assert [seen.authorization for seen in server.seen] == [HEADER] * 3
    told = [record.getMessage() for record in caplog.records if record.name == "cyara_auth"]
    assert len(told) == 1
    assert "dXNlcjpwYXNz" not in told[0]
    assert TOKEN not in told[0]


def test_row_41_authorization_of_a_requests_session_is_replaced(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url, headers={"Authorization": "Bearer of-the-session"})
    client.get(f"{server.origin}/x")
    assert server.seen[0].authorization == HEADER


def test_row_42_auth_of_one_request_is_replaced(server: WireServer, face: MakeFace) -> None:
    client = face(server.base_url)
    assert client.get(f"{server.origin}/x", auth=("user", "hunter2")).status_code == 200
    assert server.seen[0].authorization == HEADER


def test_user_information_in_a_url_does_not_become_basic(server: WireServer, face: MakeFace) -> None:
    face(server.base_url).get(f"http://user:hunter2@127.0.0.1:{server.port}/x")
    assert server.seen[0].authorization == HEADER


def test_pair_set_by_hand_does_not_reach_another_host(
    server: WireServer, foreign: WireServer, httpx_face: MakeFace
) -> None:
    client = httpx_face(server.base_url)
    client.get(f"{foreign.origin}/x", headers={"Authorization": f"apikey {PAIR}"})
    client.get(f"{foreign.origin}/x", headers={"Authorization": "Bearer of-another-service"})
    assert [seen.authorization for seen in foreign.seen] == [[], ["Bearer of-another-service"]]


def test_header_is_off_the_request_that_the_caller_gets(server: WireServer, face: MakeFace) -> None:
    server.script = by_path(first=redirect("/second"))
    response = face(server.base_url, follow_redirects=True).get(f"{server.origin}/first")
    for answer in (response, *response.history):
        assert "authorization" not in answer.request.headers
        assert TOKEN.encode() not in pickle.dumps(answer.request)


def test_event_hooks_run_and_do_not_see_the_header(server: WireServer) -> None:
    seen: list[Seen | dict[str, str]] = []
    hooks = {
        "request": [lambda request: seen.append(dict(request.headers))],
        "response": [lambda response: seen.append(dict(response.request.headers))],
    }
    with SyncFace(server.base_url, event_hooks=hooks) as client:
        client.get(f"{server.origin}/x")
    assert len(seen) == 2
    assert not any("authorization" in headers for headers in seen)
    assert server.seen[0].authorization == HEADER


def test_https_to_http_on_the_same_host_leaves_the_header_behind(
    tls_server: WireServer, foreign: WireServer, private_ca: object, httpx_face: MakeFace
) -> None:
    tls_server.script = by_path(first=redirect(f"{foreign.origin}/x"))
    context = ssl.create_default_context(cafile=str(private_ca.file))
    client: Face = httpx_face(tls_server.base_url, follow_redirects=True, verify=context)
    client.get(f"{tls_server.origin}/first")
    assert tls_server.seen[0].authorization == HEADER
    assert [seen.authorization for seen in foreign.seen] == [[]]


def test_host_in_another_case_is_the_same_origin(server: WireServer, face: MakeFace) -> None:
    face(f"http://LOCALHOST:{server.port}").get(f"http://LocalHost:{server.port}/x")
    assert server.seen[0].authorization == HEADER


def test_unencrypted_origin_is_refused_by_the_transport_itself() -> None:
    with pytest.raises(InsecureOriginError):
        GuardedTransport(
            httpx.HTTPTransport(), source=None, guard=None, origin=Origin.of(httpx.URL("http://portal.example"))
        )

"""Operations that change things and are guesses: refused before a byte leaves, unless allowed or at a local portal."""

import asyncio
import os
import pickle
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pytest

from cyara_auth import Cyara, InferredOperationError, connect, install
from cyara_auth._http import httpx
from cyara_auth.client.binding import ALLOW_INFERRED
from cyara_auth.errors import ConfigurationError, CyaraAuthError
from cyara_auth.extensions import OPERATION
from cyara_auth.transport import local_portals
from cyara_client.api.campaigns import delete_campaign
from cyara_client.errors import UnverifiedOperationWarning
from cyara_client.models import CreateUserRequest
from cyara_client.operations import OPERATIONS
from cyara_tools.portal import CuttingProxy, LocalPortal

from ..wire.loopback import PAIR, Reply, WireServer

SOMEBODY = UUID("7c0d3f0e-52a4-4f0b-9a6c-2f1f6d8f4b21")
MARK = ("Cyara-Local-Portal", "0123")
PAGE = b'{"results": []}'

SYNC: dict[str, Callable[[Cyara], Any]] = {
    "POST": lambda cyara: cyara.campaigns.execute_campaign(campaign_id=1),
    "PUT": lambda cyara: cyara.campaigns.update_campaign(campaign_id=1, body={"name": "new"}),
    "DELETE": lambda cyara: cyara.users.delete_user(user_id=SOMEBODY),
    "POST with a body": lambda cyara: cyara.users.create_user(body=CreateUserRequest(username="pat")),
    "endpoint function": lambda cyara: delete_campaign.sync(account_id=1, campaign_id=1, client=cyara),
    "whole answer": lambda cyara: delete_campaign.sync_detailed(account_id=1, campaign_id=1, client=cyara),
    "run_campaign": lambda cyara: cyara.run_campaign(1),
    "validate_test_case": lambda cyara: cyara.validate_test_case(1),
}
TASKS: dict[str, Callable[[Cyara], Any]] = {
    "POST": lambda cyara: cyara.aio.campaigns.execute_campaign(campaign_id=1),
    "DELETE": lambda cyara: cyara.aio.users.delete_user(user_id=SOMEBODY),
    "endpoint function": lambda cyara: delete_campaign.asyncio(account_id=1, campaign_id=1, client=cyara),
    "run_campaign": lambda cyara: cyara.aio.run_campaign(1),
    "validate_test_case": lambda cyara: cyara.aio.validate_test_case(1),
}


def in_a_loop(call: Callable[[Cyara], Any]) -> Callable[[Cyara], Any]:
    def run(cyara: Cyara) -> Any:
        async def body() -> Any:
            async with cyara:
                return await call(cyara)

        return asyncio.run(body())

    return run


CALLS = {**SYNC, **{f"{name}, awaited": in_a_loop(call) for name, call in TASKS.items()}}


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Callable[[Cyara], Any]:
    """Make one call that changes things by a guess."""
    return CALLS[request.param]


def client_of(server: WireServer, **options: Any) -> Cyara:
    return connect(server.base_url, PAIR, account_id=1, store="memory:", retries=0, **options)


@contextmanager
def silent() -> Iterator[None]:
    """What is let go warns that it is a guess, once in a process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedOperationWarning)
        yield


def test_it_is_refused_and_nothing_reaches_the_server(server: WireServer, call: Callable[[Cyara], Any]):
    # Warnings are errors here, so this shows that the refusal comes before the warning, too.
    with client_of(server) as cyara, pytest.raises(InferredOperationError) as caught:
        call(cyara)
    assert (server.seen, server.connections) == ([], 0)
    operation = OPERATIONS[str(caught.value.operation_id)]
    assert (operation.evidence, caught.value.method) == ("inferred", operation.method)
    assert caught.value.path_template == operation.path


def test_nothing_is_charged_and_no_place_is_taken(server: WireServer):
    with client_of(server) as cyara:
        with pytest.raises(InferredOperationError):
            cyara.run_campaign(1)
        state = cyara.guard.store.read(cyara.credential.key_fingerprint)
        assert (state.strikes, state.tickets, state.pairs) == (0, (), ())


@pytest.mark.parametrize("allow", [{"allow_inferred": True}, {"environ": {ALLOW_INFERRED: "1"}}])
def test_it_goes_where_it_is_allowed(server: WireServer, allow: dict[str, Any]):
    with silent(), client_of(server, **allow) as cyara:
        delete_campaign.sync_detailed(account_id=1, campaign_id=5, client=cyara)
    assert [(seen.method, seen.target) for seen in server.seen] == [
        ("DELETE", "/cyarawebapi/v3.0/accounts/1/campaigns/5")
    ]


def test_the_variable_of_the_process_counts_and_the_argument_wins(server: WireServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(ALLOW_INFERRED, "1")
    with silent(), client_of(server) as cyara:
        delete_campaign.sync_detailed(account_id=1, campaign_id=5, client=cyara)
    with client_of(server, allow_inferred=False) as cyara, pytest.raises(InferredOperationError):
        cyara.campaigns.delete_campaign(campaign_id=5)
    assert len(server.seen) == 1


def test_what_allows_is_kept_by_pickles_and_by_clients_with_other_options(server: WireServer, monkeypatch: Any):
    monkeypatch.setenv("CYARA_API_CREDENTIAL", PAIR)
    first = connect(server.base_url, account_id=1, store="memory:", allow_inferred=True)
    with first, pickle.loads(pickle.dumps(first)) as again, silent():  # noqa: S301 - made in this line
        for client in (again, first.with_options(timeout=5)):
            delete_campaign.sync_detailed(account_id=1, campaign_id=5, client=client)
    assert len(server.seen) == 2


@pytest.mark.parametrize("value", ["maybe", "2", "on purpose"])
def test_a_variable_that_says_neither_is_refused(server: WireServer, value: str):
    with pytest.raises(ConfigurationError, match=r"CYARA_ALLOW_INFERRED is 1 or 0. .* Next: "):
        client_of(server, environ={ALLOW_INFERRED: value})


def test_an_argument_that_says_neither_is_refused(server: WireServer):
    with pytest.raises(ConfigurationError, match=r"allow_inferred= takes True or False"):
        client_of(server, allow_inferred="yes")


def test_it_is_an_error_of_the_tree_that_can_be_pickled(server: WireServer):
    with client_of(server) as cyara, pytest.raises(CyaraAuthError) as caught:
        cyara.run_campaign(1)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made in this line
    assert type(again) is InferredOperationError
    assert (str(again), again.operation_id) == (str(caught.value), "ExecuteCampaign")


def test_the_sentence_names_the_portals_own_document_first(server: WireServer):
    with client_of(server) as cyara, pytest.raises(InferredOperationError) as caught:
        cyara.run_campaign(1)
    text = str(caught.value)
    steps = ["ExecuteCampaign (POST /v3.0/accounts/{accountId}/campaigns/{campaignId}/execute)", "inferred"]
    steps += ["Nothing was sent", "Next: ", "regenerate fetch --portal", "regenerate build"]
    steps += ["connect(allow_inferred=True)", "CYARA_ALLOW_INFERRED=1"]
    found = [text.find(step) for step in steps]
    assert -1 not in found
    assert found == sorted(found)
    assert PAIR.partition(":")[2] not in text


def test_what_only_reads_is_sent_and_warns(server: WireServer):
    server.script = lambda _: Reply(body=b"[]")
    with client_of(server) as cyara, silent():
        assert cyara.users.get_user_roles() == []


def test_a_request_in_the_callers_own_words_is_sent(server: WireServer):
    with client_of(server) as cyara:
        assert cyara.raw("POST", "/v3.0/accounts/1/campaigns/5/execute").status_code == 200


class _Holds:
    """An `ApiClient` around an httpx client that was guarded by `install`."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get_httpx_client(self) -> Any:
        return self.client

    get_async_httpx_client = get_httpx_client


@pytest.mark.parametrize("allowed", [False, True])
def test_a_client_that_was_guarded_by_install_obeys_as_well(server: WireServer, *, allowed: bool):
    options: dict[str, Any] = {"store": "memory:", "allow_inferred": allowed}
    with httpx.Client(base_url=server.base_url) as plain, silent():
        client = _Holds(install(plain, None, PAIR, **options))
        if allowed:
            delete_campaign.sync_detailed(account_id=1, campaign_id=5, client=client)
        else:
            with pytest.raises(InferredOperationError):
                delete_campaign.sync_detailed(account_id=1, campaign_id=5, client=client)
    assert len(server.seen) == allowed


@pytest.mark.anyio
async def test_an_async_client_that_was_guarded_by_install_obeys_as_well(server: WireServer):
    async with httpx.AsyncClient(base_url=server.base_url) as plain:
        client = _Holds(install(plain, None, PAIR, store="memory:"))
        with silent(), pytest.raises(InferredOperationError):
            await delete_campaign.asyncio_detailed(account_id=1, campaign_id=5, client=client)
    assert server.seen == []


# At a local portal: known by its mark, on this machine, and asked only where it left a hint.


@pytest.mark.parametrize("process", [False, True], ids=["in this process", "in a child"])
@pytest.mark.parametrize("awaited", [False, True], ids=["threads", "tasks"])
def test_at_a_local_portal_the_first_call_may_change_things(*, process: bool, awaited: bool):
    def change(cyara: Cyara) -> Any:
        return cyara.campaigns.delete_campaign(campaign_id=801)

    def change_in_a_task(cyara: Cyara) -> Any:
        return cyara.aio.campaigns.delete_campaign(campaign_id=801)

    with LocalPortal(process=process) as portal:
        with silent(), connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara:
            (in_a_loop(change_in_a_task) if awaited else change)(cyara)
        # The question is no call of the API: nothing is recorded of it, and it used up no injected fault.
        assert [(visit.method, visit.status) for visit in portal.requests] == [("DELETE", 204)]


def test_a_portal_that_another_process_started_is_known():
    command = [sys.executable, "-m", "cyara_tools.portal"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as portal:
        assert portal.stdout is not None
        environ = dict(portal.stdout.readline().strip().split("=", 1) for _ in range(3))
        try:
            with silent(), connect(environ=environ, store="memory:") as cyara:
                cyara.campaigns.delete_campaign(campaign_id=801)
        finally:
            portal.kill()
    # It was killed, so its hint is still there; who listens at that port now is not asked.
    port = int(environ["CYARA_BASE_URL"].split(":")[2].partition("/")[0])
    assert not local_portals.is_local_portal("127.0.0.1", port)


def test_a_portal_behind_the_cutting_proxy_is_known():
    with LocalPortal() as portal, CuttingProxy(portal.origin) as proxy, silent():
        base = proxy.origin + portal.base_url.removeprefix(portal.origin)
        with connect(base, portal.credential, account_id=1, store="memory:") as cyara:
            cyara.campaigns.delete_campaign(campaign_id=801)
    with WireServer() as plain, CuttingProxy(plain.origin) as proxy:
        base = f"{proxy.origin}/cyarawebapi"
        with connect(base, PAIR, account_id=1, store="memory:") as cyara, pytest.raises(InferredOperationError):
            cyara.campaigns.delete_campaign(campaign_id=801)
        assert plain.connections == 0


def test_the_mark_in_an_earlier_answer_is_enough(server: WireServer):
    server.script = lambda seen: Reply(body=PAGE, headers=(MARK,)) if seen.method == "GET" else Reply(status=204)
    with silent(), client_of(server) as cyara:
        cyara.plans.get_plans()
        cyara.campaigns.delete_campaign(campaign_id=5)
        # That answer had no mark: another server has the port by now.
        with pytest.raises(InferredOperationError):
            cyara.campaigns.delete_campaign(campaign_id=5)
    assert [seen.method for seen in server.seen] == ["GET", "DELETE"]


def test_the_mark_of_a_mock_is_none(server: WireServer):
    mock = httpx.MockTransport(lambda _: httpx.Response(200, content=PAGE, headers=[MARK]))
    with httpx.Client(base_url=server.base_url, transport=mock) as plain, silent():
        client = _Holds(install(plain, None, PAIR, store="memory:"))
        plain.get("/v3.0/accounts/1/plans")
        with pytest.raises(InferredOperationError):
            delete_campaign.sync_detailed(account_id=1, campaign_id=5, client=client)


def test_a_hint_alone_opens_nothing_and_asks_without_the_credential(server: WireServer):
    local_portals.leave_hint(server.port)
    try:
        with client_of(server) as cyara, pytest.raises(InferredOperationError):
            cyara.campaigns.delete_campaign(campaign_id=5)
    finally:
        local_portals.remove_hint(server.port)
    assert [(seen.method, seen.target, seen.authorization) for seen in server.seen] == [
        ("HEAD", local_portals.QUESTION, [])
    ]


def test_a_server_that_breaks_off_when_asked_is_no_local_portal(server: WireServer):
    server.script = lambda _: Reply(cut=True)
    local_portals.leave_hint(server.port)
    try:
        assert not local_portals.is_local_portal("127.0.0.1", server.port)
    finally:
        local_portals.remove_hint(server.port)


def test_a_portal_takes_its_hint_back():
    with LocalPortal() as portal:
        port = int(portal.origin.rpartition(":")[2])
        assert local_portals.is_local_portal("127.0.0.1", port)
        assert local_portals._hint(port).exists()  # noqa: SLF001 - it lies where only both sides look
    assert not local_portals._hint(port).exists()  # noqa: SLF001 - as above
    assert port not in local_portals.ports_here


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": 1}', '"text"'])
def test_a_hint_that_cannot_be_read_is_none(content: str, server: WireServer, tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hint = local_portals._hint(server.port)  # noqa: SLF001 - as above
    hint.parent.mkdir()
    hint.write_text(content)
    assert not local_portals.is_local_portal("127.0.0.1", server.port)
    assert server.seen == []


@pytest.mark.skipif(os.name != "posix", reason="folders of other users are known by owner and mode there only")
def test_no_hint_is_written_where_somebody_else_may_lead_it(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hint = local_portals._hint(5)  # noqa: SLF001 - as above
    hint.parent.mkdir()
    hint.parent.chmod(0o777)
    local_portals.leave_hint(5)
    assert list(hint.parent.iterdir()) == []
    hint.parent.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    hint.parent.symlink_to(elsewhere)
    local_portals.leave_hint(5)
    local_portals.remove_hint(5)
    assert list(elsewhere.iterdir()) == []


def test_where_no_hint_can_be_written_the_portals_own_process_knows(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere" / "at all"))
    with LocalPortal() as portal:
        assert local_portals.is_local_portal("127.0.0.1", int(portal.origin.rpartition(":")[2]))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("evidence", ["documented", "observed", "inferred", None])
def test_only_guesses_that_change_things_are_refused(server: WireServer, method: str, evidence: str | None):
    # None: a portal's own document has no marks.
    operation = attrs.evolve(OPERATIONS["GetPlan"], method=method, evidence=evidence)
    refused = evidence == "inferred" and method in {"POST", "PUT", "PATCH", "DELETE"}
    with client_of(server) as cyara:
        request = cyara.get_httpx_client().build_request(method, "/v3.0/plans", extensions={OPERATION: operation})
        with pytest.raises(InferredOperationError) if refused else nullcontext():
            cyara.get_httpx_client().send(request)
    assert len(server.seen) == (not refused)

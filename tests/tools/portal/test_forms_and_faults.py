"""What tests inject into a portal: answers in other forms, and everything that can go wrong on the way."""

import json
import subprocess
import sys
import time

import httpx
import pytest

from cyara_tools.portal import LocalPortal, faults
from cyara_tools.portal.document import Document
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.synthesis import Synthesis

A = "/v3.0/accounts/1"


def test_answers_in_every_form_fit_the_document_or_differ_from_it_as_chosen(call, portal):
    full = call("GET", f"{A}/campaigns/801").json()
    portal.answer_in_form("nulls")
    nulls = call("GET", f"{A}/campaigns/801").json()
    assert nulls["lastRunDate"] is None
    assert nulls["campaignId"] is not None
    portal.answer_in_form("unknown_enum")
    known = {"Pulse", "PulseOutbound", "Cruncher", "Velocity"}
    assert call("GET", f"{A}/campaigns/801").json()["planType"] not in known
    portal.answer_in_form("dates7")
    assert len(call("GET", f"{A}/campaigns/801").json()["lastRunDate"].partition(".")[2]) == 8
    portal.answer_in_form("full")
    assert call("GET", f"{A}/campaigns/801").json() == full


def test_answers_from_schemas_are_the_same_for_the_same_seed():
    def seen(seed: int) -> object:
        with LocalPortal(stateful=False, seed=seed) as portal:
            headers = {"Authorization": f"ApiKey {portal.credential}"}
            return httpx.get(f"{portal.base_url}{A}/campaigns/5", headers=headers, trust_env=False).json()

    assert seen(1) == seen(1)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.answer(429), 429),
        (faults.answer(503, "<html>", media_type="text/html"), 503),
        (faults.gateway(502), 502),
        (faults.login_page(), 200),
        (faults.redirect("/elsewhere"), 302),
        (faults.delay(0.2), 200),
    ],
)
def test_an_injected_fault_hits_one_request(call, portal, fault, status):
    portal.inject(fault)
    began = time.monotonic()
    first = call("GET", f"{A}/plans")
    assert first.status_code == status
    assert time.monotonic() - began >= fault.delay
    # The next call meets the portal itself again.
    assert portal.pending_faults == 0
    assert call("GET", f"{A}/plans").status_code == 200


def test_a_dropped_connection_is_charged_only_after_evaluation(portal):
    key, _, _token = portal.credential.partition(":")
    # The length of a real token, so that nothing but its value is wrong.
    bad = {"Authorization": f"ApiKey {key}:{'A' * 43}="}
    for stage, charged in ((faults.Stage.BEFORE_EVALUATION, 0), (faults.Stage.AFTER_EVALUATION, 1)):
        portal.inject(faults.drop(stage=stage))
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{portal.base_url}{A}/plans", headers=bad, trust_env=False)
        assert portal.invalid_calls == charged


# Before the first byte, within the status line, within the headers, within the body.
@pytest.mark.parametrize("after", [0, 1, 20, 200])
def test_an_answer_is_cut_after_so_many_bytes(call, portal, after):
    portal.inject(faults.cut(after))
    with pytest.raises(httpx.TransportError):
        call("GET", f"{A}/campaigns")


def test_faults_can_skip_repeat_and_pick_paths(call, portal):
    import attrs

    portal.inject(attrs.evolve(faults.answer(503), times=2, skip=1, path="plans"))
    statuses = [call("GET", f"{A}/{what}").status_code for what in ("plans", "campaigns", "plans", "plans", "plans")]
    # The first call to plans is skipped, campaigns does not match, two are hit, and then the fault is used up.
    assert statuses == [200, 200, 503, 503, 200]
    portal.inject(faults.answer(500))
    portal.clear_faults()
    assert call("GET", f"{A}/plans").status_code == 200


def test_in_a_process_of_its_own_everything_works_the_same():
    with LocalPortal(process=True, speed=0) as portal:
        headers = {"Authorization": f"ApiKey {portal.credential}"}
        portal.inject(faults.answer(429))
        statuses = [
            httpx.get(f"{portal.base_url}{A}/plans", headers=headers, trust_env=False).status_code for _ in range(2)
        ]
        assert statuses == [429, 200]
        assert [visit.status for visit in portal.requests] == [429, 200]
        portal.regenerate_token()
        assert httpx.get(f"{portal.base_url}{A}/plans", headers=headers, trust_env=False).status_code == 401
        assert portal.invalid_calls_by_token == (0, 1)


def test_a_document_that_is_not_openapi_3_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"Swagger 2\.0"):
        LocalPortal({"swagger": "2.0", "paths": {}}).start()


def test_started_from_the_shell_it_says_how_to_reach_it_and_ends_when_told():
    command = [sys.executable, "-m", "cyara_tools.portal", "--speed", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
            headers = {"Authorization": f"ApiKey {said['CYARA_API_CREDENTIAL']}"}
            path = f"/v3.0/accounts/{said['CYARA_ACCOUNT_ID']}/plans"
            assert httpx.get(said["CYARA_BASE_URL"] + path, headers=headers, trust_env=False).status_code == 200
        finally:
            process.terminate()


def test_a_port_that_is_taken_is_one_sentence_and_no_traceback():
    with LocalPortal() as portal:
        port = portal.origin.rpartition(":")[2]
        ended = subprocess.run(
            [sys.executable, "-m", "cyara_tools.portal", "--port", port], capture_output=True, text=True, check=False
        )
    assert ended.returncode == 1
    assert "cannot start" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_fixture_is_there_for_other_suites(cyara_portal):
    headers = {"Authorization": f"ApiKey {cyara_portal.credential}"}
    answer = httpx.get(f"{cyara_portal.base_url}{A}/plans", headers=headers, trust_env=False)
    assert json.loads(answer.text)["results"]


def test_a_body_that_is_nested_without_end_is_refused(call, portal):
    # Deeper than the recursion limit of any supported Python.
    body = b"[" * 100_000 + b"]" * 100_000
    answer = call("POST", f"{A}/campaigns", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "nested too deeply" in answer.json()["detail"]


def test_no_document_makes_the_portal_fill_the_memory():
    huge = {"type": "array", "items": {"type": "string", "minLength": 10**9}, "minItems": 10**9}
    shapes = Shapes(Document({"openapi": "3.0.3", "paths": {}}))
    made = Synthesis(shapes=shapes).value(huge)
    assert len(made) <= 1_000
    assert max(map(len, made)) <= 100_000

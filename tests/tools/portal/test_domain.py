"""Campaigns, test cases and users have a life of their own: what was created is there, what was executed ends."""

from itertools import pairwise
from urllib.parse import urlsplit

import httpx

FILE = """<?xml version="1.0" encoding="utf-8"?>
<TestSpecification xmlns="TestSpecification.xsd"><TestCases><TestCase><TestCaseName>New one</TestCaseName>
<MediaType>Voice</MediaType><FolderPath>Imported</FolderPath><PhoneNo>100@127.0.0.1</PhoneNo><Steps><CallSteps><Step>
<StepNo>1</StepNo><ExpectedText>Welcome</ExpectedText></Step></CallSteps></Steps></TestCase></TestCases></TestSpecification>
"""
A = "/v3.0/accounts/1"


def pages(call, path: str) -> list[list[dict]]:
    found, following = [], path
    while following:
        page = call("GET", following).json()
        found.append(page["results"])
        following = page["nextPage"]
    return found


def test_lists_come_in_pages_capped_at_fifty_with_absolute_links(call, portal):
    listed = pages(call, f"{A}/campaigns?pageSize=500")
    # All but the last are full, although ten times as many were wanted.
    assert [len(page) for page in listed[:-1]] == [50] * (len(listed) - 1)
    assert sum(map(len, listed)) >= 120
    assert len({row["campaignId"] for page in listed for row in page}) == sum(map(len, listed))
    first = call("GET", f"{A}/campaigns?pageSize=7").json()
    assert len(first["results"]) == 7
    assert first["previousPage"] is None
    assert urlsplit(first["nextPage"]).netloc == urlsplit(portal.base_url).netloc
    assert "pageno=2" in first["nextPage"]
    assert first["totalResults"] == sum(map(len, listed))
    assert sum(map(len, pages(call, f"{A}/testcases"))) >= 120


def test_the_plan_type_filter_is_ignored_as_observed(call):
    filtered, whole = (call("GET", f"{A}/campaigns{query}").json() for query in ("?planType=Velocity", ""))
    assert filtered["results"] == whole["results"]
    assert len({row["planType"] for row in filtered["results"]}) > 1


def test_a_campaign_lives_from_creation_to_deletion(call):
    plan = call("GET", f"{A}/plans").json()["results"][0]
    wanted = {"name": "Mine", "planId": plan["planId"], "planType": "Pulse", "testCaseIds": [3001, 3002]}
    created = call("POST", f"{A}/campaigns", json=wanted)
    assert created.status_code == 201
    number = created.json()["campaignId"]
    assert call("GET", f"{A}/campaigns/{number}").json()["name"] == "Mine"
    renamed = call("PUT", f"{A}/campaigns/{number}", json={**wanted, "name": "Ours"})
    assert renamed.status_code == 200
    assert call("GET", f"{A}/campaigns/{number}").json()["name"] == "Ours"
    assert call("DELETE", f"{A}/campaigns/{number}").status_code == 204
    assert call("GET", f"{A}/campaigns/{number}").status_code == 404


def test_a_run_is_queued_then_running_and_ends_with_a_mix_of_results(call, portal):
    plan = call("GET", f"{A}/plans").json()["results"][0]
    cases = list(range(3001, 3025))
    wanted = {"name": "Run", "planId": plan["planId"], "planType": "Pulse", "testCaseIds": cases}
    number = call("POST", f"{A}/campaigns", json=wanted).json()["campaignId"]
    latest = f"{A}/campaigns/{number}/runs?sortField=StartDate&sortAsc=false"
    ticket = call("POST", f"{A}/campaigns/{number}/execute").json()["campaignRunId"]
    assert call("GET", f"{A}/campaigns/{number}").json()["status"] == "Queued"
    # A queued run is in no list yet.
    assert call("GET", latest).json()["results"] == []
    portal.advance(2)
    (running,) = call("GET", latest).json()["results"]
    assert (running["campaignRunId"], running["endDate"]) == (ticket, None)
    assert call("GET", f"{A}/campaigns/{number}").json()["status"] == "Running"
    portal.advance(3600)
    ended = call("GET", f"{A}/campaigns/{number}/runs/{running['runId']}").json()
    assert ended["endDate"]
    path = f"{A}/report/campaigns/{number}/runs/{running['runId']}/results"
    results = [result for page in pages(call, path) for result in page]
    assert sorted(result["testCaseId"] for result in results) == cases
    assert len({result["result"] for result in results}) > 1


def test_only_one_instance_of_a_campaign_runs_at_a_time(call, portal):
    number = call("GET", f"{A}/campaigns").json()["results"][0]["campaignId"]
    tickets = [call("POST", f"{A}/campaigns/{number}/execute").json()["campaignRunId"] for _ in range(3)]
    portal.advance(3600)
    runs = call("GET", f"{A}/campaigns/{number}/runs?pageSize=50").json()["results"]
    ours = sorted((run for run in runs if run["campaignRunId"] in tickets), key=lambda run: run["startDate"])
    assert len(ours) == 3
    assert all(first["endDate"] <= second["startDate"] for first, second in pairwise(ours))


def test_a_test_case_ends_with_a_number(call, portal):
    ticket = call("POST", f"{A}/testcases/3001/execute").json()["testRunTicketId"]
    assert call("GET", f"{A}/testresults/{ticket}").json()["testResultId"] is None
    portal.advance(3600)
    ended = call("GET", f"{A}/testresults/{ticket}").json()
    assert ended["testResultId"] > 0
    assert ended["result"]


def test_what_was_imported_is_exported_byte_for_byte(call):
    imported = call("POST", f"{A}/testcases/import", files={"file": ("one.xml", FILE.encode(), "application/xml")})
    (number,) = imported.json()["testCaseIds"]
    assert call("GET", f"{A}/testcases/{number}").json()["name"] == "New one"
    exported = call("GET", f"{A}/testcases/{number}/export", headers={"Accept": "application/xml"})
    assert exported.headers["content-type"].startswith("application/xml")
    assert exported.content == FILE.encode()


def test_a_file_that_is_not_one_is_refused(call):
    # Entities that refer to each other: the smallest form of a file that would fill the memory.
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><TestSpecification>&b;</TestSpecification>'
    for content in (b"not xml", b"<Other/>", bomb):
        answer = call("POST", f"{A}/testcases/import", files={"file": ("x.xml", content, "application/xml")})
        assert answer.status_code == 400, content


def test_users_are_created_attached_detached_and_deleted(call):
    user = {"username": "alex", "firstName": "A", "surname": "B", "email": "a@example.com", "roles": ["QA Engineer"]}
    made = call("POST", "/v3.0/users", json=user).json()["userId"]
    assert call("GET", f"/v3.0/users/{made}").json()["username"] == "alex"
    assert call("POST", f"{A}/users/{made}").status_code == 204
    assert call("GET", f"/v3.0/users/{made}/accounts").status_code == 200
    assert call("DELETE", f"{A}/users/{made}").status_code == 204
    assert call("DELETE", f"/v3.0/users/{made}").status_code == 204
    assert call("GET", f"/v3.0/users/{made}").status_code == 404


def test_dates_have_seven_digits(call, portal):
    rows = call("GET", f"{A}/testcases?pageSize=1").json()["results"]
    digits = rows[0]["lastModified"].partition(".")[2]
    # Seven digits and the zone.
    assert len(digits) == 8
    assert digits.endswith("Z")


def test_another_account_is_not_ours(call):
    assert call("GET", "/v3.0/accounts/2/campaigns").status_code in {403, 404}


def test_state_hangs_on_method_and_path_not_on_operation_ids(portal, call):
    document = call("GET", portal.document_url, credential=None).json()
    # As a customer's own document may be: the same routes, without the ids that ours has.
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("operationId", None)
    from cyara_tools.portal import LocalPortal

    with LocalPortal(document) as other:
        headers = {"Authorization": f"ApiKey {other.credential}"}
        answer = httpx.get(f"{other.base_url}{A}/campaigns", headers=headers, trust_env=False)
        assert answer.json()["totalResults"] >= 120


def test_a_moment_without_a_zone_is_utc(call):
    campaign = call("GET", f"{A}/campaigns").json()["results"][0]["campaignId"]
    plain, zoned = (
        call("GET", f"{A}/campaigns/{campaign}/runs?fromDate=2020-01-01T00:00:00{zone}") for zone in ("", "Z")
    )
    assert plain.status_code == zoned.status_code == 200
    assert plain.json()["results"] == zoned.json()["results"]

"""The portal holds every request against the document and says what is wrong with it."""

import pytest

CAMPAIGN = {"name": "Nightly", "planId": 31, "planType": "Pulse", "testCaseIds": [3001]}


def reasons(response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    return f"{problem['title']} {problem.get('detail')} {problem.get('errors')}"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "said"),
    [
        ("GET", "/v3.0/accounts/one/campaigns", {}, 400, "accountId"),
        ("GET", "/v3.0/accounts/1/campaigns?pageno=x", {}, 400, "pageno"),
        ("GET", "/v3.0/accounts/1/campaigns?pageNumber=2", {}, 400, "pageNumber"),
        ("POST", "/v3.0/accounts/1/campaigns", {"json": {"name": "x"}}, 400, "planId"),
        ("POST", "/v3.0/accounts/1/campaigns", {"json": CAMPAIGN | {"concurrency": "many"}}, 400, "concurrency"),
        (
            "POST",
            "/v3.0/accounts/1/campaigns",
            {"content": b"{", "headers": {"content-type": "application/json"}},
            400,
            "",
        ),
        ("POST", "/v3.0/accounts/1/campaigns", {}, 400, "body"),
        ("POST", "/v3.0/accounts/1/campaigns", {"data": {"name": "x"}}, 415, "application/json"),
        ("GET", "/v3.0/accounts/1/campaignz", {}, 404, ""),
        ("GET", "/v3.0/accounts/1/campaigns/999999", {}, 404, ""),
        ("PATCH", "/v3.0/accounts/1/campaigns", {}, 405, ""),
        ("GET", "/v3.0/users/not-a-guid", {}, 400, "userId"),
    ],
)
def test_a_wrong_request_gets_a_problem_that_names_what_is_wrong(  # noqa: PLR0917 - a row of the table
    call, method, path, options, status, said
):
    response = call(method, path, **options)
    assert response.status_code == status, response.text
    assert said in reasons(response)


def test_a_good_request_is_recorded_as_valid_without_its_secret(call, portal):
    assert call("GET", "/v3.0/accounts/1/campaigns?pageno=2&pageSize=10").status_code == 200
    (visit,) = portal.requests
    assert visit.reasons == ()
    assert visit.operation == "GET /v3.0/accounts/{accountId}/campaigns"
    assert visit.credential_correct
    assert portal.credential.partition(":")[2] not in repr(visit)
    assert dict(visit.headers)["authorization"] == "***"


def test_a_second_authorization_header_or_a_secret_elsewhere_is_seen(call, portal):
    pair = portal.credential
    twice = [("Authorization", f"ApiKey {pair}"), ("Authorization", f"ApiKey {pair}")]
    # A dictionary cannot hold a header twice, so the second call goes past the fixture.
    call("GET", "/v3.0/users/roles", credential=None, headers=dict(twice[:1]))
    import httpx

    httpx.get(f"{portal.base_url}/v3.0/users/roles", headers=twice, trust_env=False)
    call("GET", f"/v3.0/users/roles?token={pair.partition(':')[2]}")
    assert [(v.credential_correct, v.secret_elsewhere) for v in portal.requests] == [
        (True, False),
        (False, False),
        (True, True),
    ]


def test_the_base_path_is_case_insensitive_and_the_document_is_served(call, portal):
    upper = portal.base_url.replace("cyarawebapi", "CyaraWebApi")
    assert call("GET", f"{upper}/v3.0/users/roles").status_code == 200
    document = call("GET", portal.document_url, credential=None)
    assert document.status_code == 200
    assert len(document.json()["paths"]) > 10
    page = call("GET", f"{portal.base_url}/swagger/index.html", credential=None)
    assert "swagger.json" in page.text


def test_a_parameter_that_the_document_requires_is_missed():
    from cyara_tools.portal import LocalPortal

    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/a/{id}": {
                "get": {
                    # Public, so that the answers say nothing about credentials.
                    "security": [],
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                        {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "minLength": 2}},
                        {"name": "X-Way", "in": "header", "schema": {"enum": ["up", "down"]}},
                    ],
                    "responses": {"200": {"description": "OK"}},
                }
            }
        },
    }
    import httpx

    with LocalPortal(document) as portal:
        answers = [
            httpx.get(portal.base_url + path, headers=headers, trust_env=False)
            for path, headers in [
                ("/a/1", {}),
                ("/a/1?q=x", {}),
                ("/a/1?q=xy", {"X-Way": "left"}),
                ("/a/1?q=xy", {"X-Way": "up"}),
            ]
        ]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 200]
    assert "q" in answers[0].text
    assert "X-Way" in answers[2].text

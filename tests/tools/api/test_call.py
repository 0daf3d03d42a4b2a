"""`cyara call`: any operation by its id, and any request by method and path."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal, faults

from .shell import PlainServer, Shell

CAMPAIGNS = "/v3.0/accounts/{accountId}/campaigns"


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, portal: LocalPortal) -> Iterator[Shell]:
    portal.forget_requests()
    yield Shell(tmp_path, portal)
    portal.clear_faults()
    assert portal.invalid_calls == 0


def sent(portal: LocalPortal) -> list[tuple[str, str]]:
    return [
        (request.method, f"{request.path}{'?' if request.query else ''}{request.query}") for request in portal.requests
    ]


def test_an_operation_is_called_by_its_id(shell: Shell, portal: LocalPortal) -> None:
    result = shell("call", "GetCampaigns", "--param", "pageSize=10", "--limit", "3", "--fields", "campaignId")
    assert result.lines() == ["801", "802", "803"]
    assert sent(portal) == [("GET", "/cyarawebapi/v3.0/accounts/1/campaigns?pageSize=10")]


@pytest.mark.parametrize("target", ["getcampaign", "get_campaign", "get-campaign", "campaigns.get_campaign"])
@pytest.mark.parametrize("name", ["campaignId", "campaign_id"])
def test_ids_and_parameters_have_either_spelling(shell: Shell, target: str, name: str) -> None:
    facts = json.loads(shell("call", target, "--param", f"{name}=812").out)
    assert facts["campaignId"] == 812


def test_the_account_can_be_a_parameter(shell: Shell, portal: LocalPortal) -> None:
    assert shell("call", "GetCampaigns", "--param", "accountId=7", "--limit", "1").code == 8
    assert sent(portal)[0][1].startswith("/cyarawebapi/v3.0/accounts/7/")


def test_a_value_that_the_document_does_not_list_goes_as_it_is(shell: Shell, portal: LocalPortal) -> None:
    shell("call", "GetCampaigns", "--param", "planType=Brandnew", "--limit", "1")
    assert sent(portal)[0][1].endswith("planType=Brandnew")
    shell("call", "GetCampaigns", "--param", "planType=pulseoutbound", "--limit", "1")
    assert sent(portal)[1][1].endswith("planType=PulseOutbound")


def test_a_time_is_read_by_the_generated_code(shell: Shell, portal: LocalPortal) -> None:
    call = ("call", "GetCampaignRuns", "--param", "campaignId=812", "--param", "fromDate=2026-01-31T09:00:00Z")
    assert shell(*call, "--param", "sortAsc=true", "--limit", "1").code == 0
    assert "fromDate=2026-01-31T09%3A00%3A00Z&sortAsc=true" in sent(portal)[0][1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("GetCampains",), "There is no operation 'GetCampains'. Nothing was sent. Did you mean GetCampaigns"),
        (("GetCampaign",), "give --param campaignId=VALUE"),
        (("GetCampaign", "--param", "campaignId=x"), "--param campaignId takes a whole number, not 'x'"),
        (("GetCampaign", "--param", "campaignId=1", "--param", "campaignId=2"), "is given twice"),
        (("GetCampaigns", "--param", "pagesize=1"), "Did you mean pageSize?"),
        (("GetCampaigns", "--param", "pageSize"), "--param takes NAME=VALUE"),
        (("GetCampaigns", "--body", "{}"), "takes no body"),
        (("GetCampaigns", "--field", "a=b"), "takes no body"),
        (("GetCampaigns", "/v3.0/x"), "is no HTTP method"),
        (("GetCampaigns", "--header", "Authorization: x"), "The client writes the header Authorization itself"),
        (("GetCampaigns", "--header", "Host: x"), "The client writes the header Host itself"),
        (("GetCampaigns", "--header", "x"), "--header takes 'Name: value'"),
        (("GetCampaigns", "--header", "X-A: a\nb"), "--header takes 'Name: value'"),
        (("GetCampaigns", "--fields", "nmae"), "Did you mean name?"),
        (("GetCampaigns", "--query", "[?"), "not a JMESPath expression"),
        (("GetCampaigns", "--all", "--limit", "2"), "give one of the two"),
        (("CreateUser", "--param", "username=x"), "give --field username=VALUE"),
        (("CreateUser", "--body", "{"), "this is no JSON"),
        (("CreateUser", "--body", "@nowhere.json"), "nowhere.json cannot be read"),
        (("CreateUser",), "A body is missing"),
        (("GET",), "GET needs a path"),
        (("GET", "v3.0/x"), "is no path below the base URL"),
        (("GET", "https://elsewhere.example/x"), "is no path below the base URL"),
        (("GET", "//elsewhere.example/x"), "is no path below the base URL"),
        (("GET", "/v3.0/x#y"), "is no path below the base URL"),
        (("GET", "/v3.0/campaigns/{campaignId}"), "give --param campaignId=VALUE"),
        (("GET", "/../x"), "The path leads out of the API"),
        (("GET", "/v3.0/%2e%2E/%2e%2e/x"), "The path leads out of the API"),
        (("POST", "/v3.0/users", "--field", "a=b"), "--field goes with an operation"),
        (("GET", CAMPAIGNS, "--query", "a b"), "not a JMESPath expression"),
        (("DELETE", "/v3.0/users/1"), "give --yes"),
        (("DeleteCampaign", "--param", "campaignId=812"), "give --yes"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_sent(
    shell: Shell, portal: LocalPortal, arguments: tuple[str, ...], words: str
) -> None:
    result = shell("call", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    # What went wrong is told in one line; a note of an inferred operation may follow.
    assert "Nothing was sent" in result.err.splitlines()[0]
    assert portal.requests == ()


def test_a_request_is_sent_by_method_and_path(shell: Shell, portal: LocalPortal) -> None:
    result = shell("call", "get", CAMPAIGNS, "--param", "pageSize=2", "--param", "planType=Pulse", "--query", "results")
    assert [line.split("\t")[0] for line in result.lines()] == ["801", "802"]
    assert sent(portal) == [("GET", "/cyarawebapi/v3.0/accounts/1/campaigns?pageSize=2&planType=Pulse")]
    whole = json.loads(shell("call", "GET", f"{CAMPAIGNS}?pageSize=2").out)
    assert [row["campaignId"] for row in whole["results"]] == [801, 802]
    one = shell("call", "GET", CAMPAIGNS + "/{campaignId}", "--param", "campaignId=812", "--query", "campaignId")
    assert one.lines() == ["812"]


def test_values_in_a_path_and_a_query_are_encoded(shell: Shell, portal: LocalPortal) -> None:
    shell("call", "GET", "/v3.0/{a}/x", "--param", "a=b/c d?", "--param", "q=1&2=ä")
    assert sent(portal) == [("GET", "/cyarawebapi/v3.0/b%2Fc%20d%3F/x?q=1%262%3D%C3%A4")]


def test_a_body_comes_from_an_argument_a_file_or_a_pipe(shell: Shell, portal: LocalPortal, tmp_path: Path) -> None:
    user = {"username": "a", "firstName": "A", "lastName": "B", "email": "a@example.com"}
    file = tmp_path / "user.json"
    file.write_text(json.dumps({**user, "username": "b"}), encoding="utf-8")
    piped = json.dumps({**user, "username": "c"})
    named = [
        shell("call", "CreateUser", "--body", json.dumps(user), "--query", "username"),
        shell("call", "CreateUser", "--body", f"@{file}", "--query", "username"),
        shell("call", "CreateUser", "--body", "-", "--query", "username", text=piped),
        shell("call", "CreateUser", "--body", f"@{file}", "--field", "username=d", "--query", "username"),
    ]
    assert [result.out for result in named] == ["a\n", "b\n", "c\n", "d\n"]
    raw = [
        shell("call", "POST", "/v3.0/users", "--body", json.dumps({**user, "username": "e"}), "--query", "username"),
        shell(
            "call",
            "POST",
            "/v3.0/users",
            "--body",
            "-",
            "--query",
            "username",
            text=json.dumps(user | {"username": "f"}),
        ),
    ]
    assert [result.out for result in raw] == ["e\n", "f\n"]
    assert all(request.method == "POST" for request in portal.requests)


def test_a_file_goes_up_and_comes_down(shell: Shell, tmp_path: Path) -> None:
    exported = shell("call", "ExportTestCase", "--param", "testCaseId=3001")
    assert exported.out.startswith("<")
    file = tmp_path / "cases.xml"
    file.write_text(exported.out, encoding="utf-8")
    imported = shell("call", "ImportTestCases", "--body", f"@{file}")
    assert imported.code == 0, imported.err
    assert json.loads(imported.out)
    again = shell("call", "GET", "/v3.0/accounts/{accountId}/testcases/3001/export")
    assert again.out == exported.out


def test_headers_go_along_and_come_back_without_secrets(shell: Shell, portal: LocalPortal) -> None:
    for target in (("GetCampaign", "--param", "campaignId=812"), ("GET", CAMPAIGNS + "/812")):
        result = shell("call", *target, "--header", "X-Trace: a: b", "--include")
        assert json.loads(result.out)["campaignId"] == 812
        assert result.err.startswith("HTTP/1.1 200 OK\n")
        assert "content-type: application/json" in result.err
        assert ("x-trace", "a: b") in [(name.lower(), value) for name, value in portal.requests[-1].headers]


def test_a_cookie_is_not_shown(shell: Shell) -> None:
    shell.answer(
        faults.Fault(status=200, body="{}", media_type="application/json", headers=(("set-cookie", "s3cr3t"),))
    )
    result = shell("call", "GET", CAMPAIGNS, "--include")
    assert "set-cookie: [redacted]" in result.err
    assert "s3cr3t" not in result.err


@pytest.mark.parametrize(
    ("status", "body", "media_type", "words"),
    [
        (400, {"title": "Bad", "errors": {"name": ["is long"]}}, "application/problem+json", "Bad (name: is long)"),
        (404, {"title": "Gone", "detail": "No such run"}, "application/problem+json", "Gone: No such run"),
        (409, {"Message": "It runs already"}, "application/json", "It runs already"),
        (500, "It broke", "text/plain", "It broke"),
        (500, {"title": "Odd", "detail": "word " * 1000}, "application/json", "Odd: word"),
    ],
)
def test_the_portals_words_arrive(shell: Shell, status: int, body: object, media_type: str, words: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    for target in (("GetCampaign", "--param", "campaignId=812"), ("GET", CAMPAIGNS + "/812")):
        shell.answer(faults.answer(status, text, media_type=media_type))
        result = shell("call", *target)
        assert (result.code, result.out) == (8, "")
        assert f"answered {status}" in result.err
        assert words in result.err.splitlines()[-1]
        assert len(result.err) < 3000


def test_a_page_in_place_of_an_answer_is_shown_as_text_and_not_taken_for_words(shell: Shell) -> None:
    page = "<html><body><h1>Gateway\x1b[2J</h1></body></html>"
    for target in (("GetCampaign", "--param", "campaignId=812"), ("GET", CAMPAIGNS + "/812")):
        shell.answer(faults.answer(500, page, media_type="text/html"))
        result = shell("call", *target)
        assert result.code == 8
        assert "<h1>Gateway\\u001b[2J</h1>" in result.err
        assert "portal says" not in result.err


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "text/html"])
def test_a_secret_in_a_refusal_is_not_shown(shell: Shell, portal: LocalPortal, media_type: str) -> None:
    key, token = portal.credential.split(":")
    said = f"ApiKey {key}:{token} and {token} and password=hunter2x"
    body = json.dumps({"title": said}) if "json" in media_type else said
    for target in (("GetCampaign", "--param", "campaignId=812"), ("GET", CAMPAIGNS + "/812")):
        shell.answer(faults.answer(400, body, media_type=media_type))
        # `Shell` looks for key and token in every output.
        assert "hunter2x" not in shell("call", *target).err


def test_a_refusal_is_no_command_to_a_ci(shell: Shell) -> None:
    for media_type in ("text/html", "text/plain", "application/json"):
        shell.answer(faults.answer(400, "::error::x\n##vso[task.complete]", media_type=media_type))
        result = shell("call", "GET", CAMPAIGNS, "--include")
        assert "##vso" not in result.err
        assert not any(line.startswith("::") for line in result.err.splitlines())


def test_a_body_of_a_refusal_is_shortened(shell: Shell) -> None:
    shell.answer(faults.answer(400, "word " * 20_000, media_type="text/html"))
    assert 1_900 < len(shell("call", "GET", CAMPAIGNS).err) < 2_500


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v3.0/users"),
        ("POST", "/V3.0/Users/"),
        ("POST", "/v3.0//users"),
        ("POST", "/v3.0/%75sers"),
        ("post", "/v3.0/x/../users"),
        ("POST", "/v3.0/accounts/{accountId}/campaigns/812/execute?x=1"),
        ("DELETE", "/v3.0/users/5"),
        ("PUT", "/v3.0/accounts/1/campaigns/5"),
    ],
)
def test_a_guess_is_not_sent_by_its_path_either(shell: Shell, method: str, path: str) -> None:
    with PlainServer() as server:
        somewhere = {"CYARA_BASE_URL": f"{server.origin}/cyarawebapi"}
        refused = shell("call", method, path, "--yes", "--body", "{}", **somewhere)
        assert refused.code == 7
        assert "nobody has seen a portal accept it" in refused.err
        assert server.calls == []
        allowed = shell("call", method, path, "--yes", "--body", "{}", "--allow-inferred", **somewhere)
        assert len(server.calls) == 1, allowed.err


def test_a_read_by_its_path_needs_no_leave(shell: Shell) -> None:
    with PlainServer() as server:
        shell("call", "GET", "/v3.0/users/roles", CYARA_BASE_URL=f"{server.origin}/cyarawebapi")
        assert server.calls == ["GET /cyarawebapi/v3.0/users/roles"]


def test_deleting_asks_a_person_and_obeys(tmp_path: Path) -> None:
    with LocalPortal() as portal:
        shell = Shell(tmp_path, portal)
        for target in (("DeleteCampaign", "--param", "campaignId=820"), ("DELETE", CAMPAIGNS + "/820")):
            result = shell.terminal("call", *target, typed="n")
            assert (result.code, "delete this?" in result.out) == (2, True)
            assert sent(portal) == []
        assert shell.terminal("call", "DELETE", CAMPAIGNS + "/820", typed="y").code == 0
        assert shell("call", "DeleteCampaign", "--param", "campaignId=821", "--yes").code == 0
        assert [(method, path.rpartition("/")[2]) for method, path in sent(portal)] == [
            ("DELETE", "820"),
            ("DELETE", "821"),
        ]


def test_a_rejected_pair_ends_with_its_own_code(shell: Shell) -> None:
    with LocalPortal() as other:
        stale = other.credential
        other.regenerate_token()
        variables = {"CYARA_BASE_URL": other.base_url, "CYARA_API_CREDENTIAL": stale}
        assert shell("call", "GET", CAMPAIGNS, **variables).code == 4
        assert shell("call", "GetCampaigns", **variables).code == 4
        assert other.invalid_calls == 1


def test_lists_follow_pages_and_say_where_they_stop(shell: Shell, portal: LocalPortal) -> None:
    result = shell("call", "GetCampaigns", "--output", "csv")
    assert len(list(csv.DictReader(io.StringIO(result.out)))) == 100
    assert "there are 130. All of them: --all" in result.err
    assert len(portal.requests) == 2
    everything = shell("call", "GetCampaigns", "--all", "--output", "csv")
    assert len(list(csv.DictReader(io.StringIO(everything.out)))) == 130
    assert everything.err == ""
    page = shell("call", "GetCampaigns", "--param", "pageno=2", "--output", "json")
    assert len(json.loads(page.out)["results"]) == 50

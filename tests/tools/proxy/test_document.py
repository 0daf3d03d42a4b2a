"""What the document says is asked before anything is sent; options narrow it further, or switch the question off."""

import gzip
import json
from pathlib import Path

import pytest

from cyara_auth.errors import ConfigurationError
from cyara_tools.portal import LocalPortal

from .kit import CAMPAIGN, CAMPAIGNS, EXPORT, curl, head_and_body, proxied
from .upstream import canned_json, upstream

ROLES = "/v3.0/users"


def problem_of(*arguments: str) -> tuple[int, dict[str, object]]:
    status, headers, body = head_and_body(curl("-i", *arguments))
    if status >= 400:
        assert dict(headers)["content-type"] == "application/problem+json", body
    return status, json.loads(body)


@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (404, ("/v3.0/accounts/1/campaign",)),
        (404, ("/v2.0/accounts/1/campaigns",)),
        (405, ("-X", "PATCH", CAMPAIGNS)),
        (400, (f"{CAMPAIGNS}?pageSize=many",)),
        (400, ("/v3.0/accounts/one/campaigns",)),
        (400, (f"{CAMPAIGNS}?unknown=1",)),
    ],
)
def test_what_is_not_in_the_document_is_not_sent(status: int, arguments: tuple[str, ...]):
    with upstream() as portal, proxied(portal) as proxy:
        *options, path = arguments
        found, problem = problem_of(*options, proxy.base_url + path)
        assert (found, problem["sent"]) == (status, False)
        assert "Nothing was sent. Next: " in str(problem["detail"])
        assert portal.calls == 0


def test_a_body_is_checked_before_it_is_sent():
    with upstream() as portal, proxied(portal, options={"allow_inferred": True}) as proxy:
        as_json = ("-X", "POST", "-H", "Content-Type: application/json")
        for data in ("not json", "[1]"):
            assert problem_of(*as_json, "-d", data, proxy.base_url + ROLES)[0] == 400
        as_text = ("-X", "POST", "-H", "Content-Type: text/plain", "-d", "{}")
        assert problem_of(*as_text, proxy.base_url + ROLES)[0] == 415
        assert portal.calls == 0


def test_a_body_that_a_tool_compressed_is_left_to_the_portal(tmp_path: Path):
    file = tmp_path / "body"
    file.write_bytes(gzip.compress(b'{"not": "looked at"}'))
    coded = ("-H", "Content-Type: application/json", "-H", "Content-Encoding: gzip", "--data-binary", f"@{file}")
    with upstream() as portal, proxied(portal, options={"allow_inferred": True}) as proxy:
        assert problem_of(*coded, proxy.base_url + ROLES)[0] == 200
        assert portal.seen[0].body == file.read_bytes()


def test_without_the_check_everything_is_sent():
    with upstream() as portal, proxied(portal, check=False) as proxy:
        for path in ("/v3.0/accounts/1/campaign", f"{CAMPAIGNS}?unknown=1"):
            assert head_and_body(curl("-i", proxy.base_url + path))[0] == 200
        assert portal.calls == 2


@pytest.mark.parametrize("check", [True, False])
def test_an_inferred_write_wants_to_be_allowed(*, check: bool):
    """Its option is one of its own: who knows of a path that the document lacks has not allowed guesses by that."""
    run = f"{CAMPAIGN}/execute"
    with upstream() as portal:
        with proxied(portal, check=check) as proxy:
            status, problem = problem_of("-X", "POST", proxy.base_url + run)
            assert status == 423
            assert str(problem["detail"]).endswith("cyara proxy --allow-inferred")
            assert portal.calls == 0
        with proxied(portal, check=check, options={"allow_inferred": True}) as proxy:
            assert problem_of("-X", "POST", proxy.base_url + run)[0] == 200
        assert portal.calls == 1


def test_the_local_portal_takes_inferred_writes_unasked():
    with LocalPortal() as portal, proxied(portal, portal.credential) as proxy:
        body = ("-X", "POST", "-d", "")
        status, _, _ = head_and_body(curl("-i", *body, f"{proxy.base_url}{CAMPAIGN.replace('812', '801')}/execute"))
        assert status in {200, 201, 202}


def test_a_read_only_proxy_sends_nothing_that_changes_things():
    with upstream() as portal, proxied(portal, read_only=True, options={"allow_inferred": True}) as proxy:
        assert problem_of("-X", "DELETE", proxy.base_url + CAMPAIGN)[0] == 423
        assert problem_of(proxy.base_url + CAMPAIGN)[0] == 200
        assert head_and_body(curl("-I", proxy.base_url + EXPORT))[0] == 200
        assert [seen.method for seen in portal.seen] == ["GET", "HEAD"]


def test_only_the_operations_that_were_named_are_sent():
    with upstream() as portal, proxied(portal, allowed_operations=frozenset({"GetCampaigns"})) as proxy:
        status, problem = problem_of(proxy.base_url + CAMPAIGN)
        assert status == 423
        assert str(problem["detail"]).endswith("cyara proxy --allow-operation GetCampaign")
        assert problem_of(proxy.base_url + CAMPAIGNS)[0] == 200
        assert portal.calls == 1


def test_a_misspelt_operation_is_refused_with_the_right_one():
    misspelt = frozenset({"GetCampaingns"})
    with upstream() as portal, pytest.raises(ConfigurationError, match="--allow-operation GetCampaigns"):  # noqa: SIM117 - which one raises is the point
        with proxied(portal, allowed_operations=misspelt):
            pass


def test_a_portal_behind_a_gateway_keeps_its_own_path():
    with upstream() as portal:
        portal.base_url = f"{portal.origin}/gateway/Api"
        portal.answers[f"/gateway/Api{CAMPAIGN}"] = canned_json(json.dumps({"url": f"{portal.base_url}{CAMPAIGN}"}))
        with proxied(portal) as proxy:
            assert problem_of(proxy.base_url + CAMPAIGN) == (200, {"url": proxy.base_url + CAMPAIGN})
        assert portal.seen[0].target == f"/gateway/Api{CAMPAIGN}"


def test_case_of_the_base_path_does_not_matter():
    with upstream() as portal, proxied(portal) as proxy:
        assert problem_of(proxy.base_url.replace("cyarawebapi", "CyaraWebApi") + CAMPAIGN)[0] == 200
        assert portal.seen[0].target == f"/cyarawebapi{CAMPAIGN}"

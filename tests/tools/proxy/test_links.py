"""Links of the portal lead to the proxy; length and validators follow; all else stays as it is."""

import gzip
import hashlib
import json

import pytest

from cyara_auth import connect
from cyara_auth.origin import BaseUrl
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.proxy.links import Links

from .kit import CAMPAIGN, CAMPAIGNS, EXPORT, curl, head_and_body, proxied
from .upstream import BLOCK, PAIR, Canned, canned_json, upstream, zipped

PROXY = "http://127.0.0.1:8765/SECRET/cyarawebapi"
LINKS = Links(BaseUrl.parse("https://portal.example/CyaraWebApi"), PROXY)


@pytest.mark.parametrize(
    ("portals", "proxys"),
    [
        ('{"next":"https://portal.example/CyaraWebApi/v3.0/x?page=2"}', f'{{"next":"{PROXY}/v3.0/x?page=2"}}'),
        ('["https://PORTAL.example:443/cyarawebapi"]', f'["{PROXY}"]'),
        (r'["https:\/\/portal.example\/CyaraWebApi\/v3.0"]', '["' + PROXY.replace("/", r"\/") + r'\/v3.0"]'),
        ('"https://portal.example/CyaraWebApi#a"', f'"{PROXY}#a"'),
    ],
)
def test_a_link_is_found_in_every_spelling(portals: str, proxys: str):
    assert LINKS.to_caller(portals.encode()).decode() == proxys


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"https://portal.example/CyaraWebApiOther/x"}',
        '{"a":"https://portal.example.evil/CyaraWebApi/x"}',
        '{"a":"https://portal.example:8443/CyaraWebApi/x"}',
        '{"a":"http://portal.example/CyaraWebApi/x"}',
        '{"a":"see https://portal.example/CyaraWebApi/x"}',
        '{"a":"https://portalxexample/CyaraWebApi/x"}',
    ],
)
def test_what_only_looks_like_a_link_stays(text: str):
    assert LINKS.to_caller(text.encode()).decode() == text


@pytest.mark.parametrize(
    ("portals", "proxys"),
    [
        ("https://portal.example/CyaraWebApi/v3.0/x", f"{PROXY}/v3.0/x"),
        ("/cyarawebapi/v3.0/x", "/SECRET/cyarawebapi/v3.0/x"),
        ("https://elsewhere.example/CyaraWebApi/v3.0", "https://elsewhere.example/CyaraWebApi/v3.0"),
        ("details?x=1", "details?x=1"),
    ],
)
def test_a_location_leads_through_the_proxy(portals: str, proxys: str):
    assert LINKS.location(portals) == proxys


def test_what_a_caller_sends_back_has_the_portals_links_again():
    there = LINKS.to_portal(f'{{"url":"{PROXY}/v3.0/x","other":"{PROXY}x"}}'.encode()).decode()
    assert there == f'{{"url":"https://portal.example/CyaraWebApi/v3.0/x","other":"{PROXY}x"}}'


def test_length_and_tag_of_a_changed_answer_are_new_and_are_understood_when_they_come_back():
    with upstream() as portal, proxied(portal) as proxy:
        text = f'{{"nextPage":"{portal.base_url}{CAMPAIGNS}?page=2"}}'
        tagged = (("ETag", '"v1"'), ("Accept-Ranges", "bytes"), ("Content-MD5", "x"))
        portal.answers[CAMPAIGN] = canned_json(text, *tagged)
        status, pairs, body = head_and_body(curl("-i", proxy.base_url + CAMPAIGN))
        headers = dict(pairs)
        assert json.loads(body)["nextPage"] == f"{proxy.base_url}{CAMPAIGNS}?page=2"
        assert (status, headers["content-length"], headers["ETag"]) == (200, str(len(body)), '"v1-cyara-proxy"')
        assert not {"Accept-Ranges", "Content-MD5", "Content-Length"} & headers.keys()
        again = head_and_body(curl("-i", "-H", f"If-None-Match: {headers['ETag']}", proxy.base_url + CAMPAIGN))
        assert (again[0], dict(again[1])["ETag"], again[2]) == (304, '"v1-cyara-proxy"', b"")
        assert portal.seen[-1].values("if-none-match") == ['"v1"']
        curl("-H", f"If-Range: {headers['ETag']}", "-H", "Range: bytes=0-3", proxy.base_url + CAMPAIGN)
        assert portal.seen[-1].values("range") == []


def test_a_compressed_answer_is_opened_and_closed_again():
    with upstream() as portal, proxied(portal) as proxy:
        portal.answers[CAMPAIGN] = zipped(f'{{"url":"{portal.base_url}/v3.0/x"}}')
        _, headers, body = head_and_body(curl("-i", "-H", "Accept-Encoding: br, gzip;q=0.9", proxy.base_url + CAMPAIGN))
        assert json.loads(gzip.decompress(body))["url"] == f"{proxy.base_url}/v3.0/x"
        assert dict(headers)["Content-Encoding"] == "gzip"
        # In a coding that it cannot open, a link would lead a caller without a credential to the portal.
        assert portal.seen[-1].values("accept-encoding") == ["gzip;q=0.9"]


def test_a_redirect_leads_through_the_proxy():
    with upstream() as portal, proxied(portal) as proxy:
        portal.answers[CAMPAIGN] = Canned(307, (("Location", f"{portal.base_url}{CAMPAIGNS}"),), b"")
        portal.answers[CAMPAIGNS] = canned_json('{"results":[]}')
        curl(proxy.base_url + CAMPAIGNS)  # a redirect of a pair that was never verified puts it under suspicion
        done = head_and_body(curl("-i", proxy.base_url + CAMPAIGN))
        assert (done[0], dict(done[1])["Location"]) == (307, proxy.base_url + CAMPAIGNS)
        assert curl("-L", proxy.base_url + CAMPAIGN).stdout == b'{"results":[]}'


def test_json_above_the_limit_and_other_types_stay_as_they_are():
    with upstream() as portal, proxied(portal) as proxy:
        link = f'"{portal.base_url}/v3.0/x"'.encode()
        large = b"[" + link + b"," + b" " * (8 << 20) + b"1]"
        portal.answers[CAMPAIGN] = Canned(body=large)
        chunks = [large[start : start + 65_536] for start in range(0, len(large), 65_536)]
        portal.answers[CAMPAIGNS] = Canned(chunks=lambda: iter(chunks))
        portal.answers[EXPORT] = Canned(200, (("Content-Type", "application/xml"),), link)
        for path, expected in ((CAMPAIGN, large), (CAMPAIGNS, large), (EXPORT, link)):
            assert hashlib.sha256(curl(proxy.base_url + path).stdout).digest() == hashlib.sha256(expected).digest()


def test_a_list_is_read_to_its_end_through_the_proxy(monkeypatch: pytest.MonkeyPatch):
    """The client of this package follows links, and refuses those that lead elsewhere."""
    monkeypatch.setenv("CYARA_PROXY", "1")
    with upstream() as portal:
        page = '{{"results":[{{"campaignId":{0}}}],"nextPage":{1},"totalResults":2}}'
        with proxied_by(portal) as proxy:
            portal.answers[CAMPAIGNS] = canned_json(page.format(1, f'"{portal.base_url}{CAMPAIGNS}?pageno=2"'))
            portal.answers[CAMPAIGNS + "?pageno=2"] = canned_json(page.format(2, "null"))
            with connect(proxy.base_url, account_id=1) as cyara:
                assert [each.campaign_id for each in cyara.campaigns.iter_campaigns()] == [1, 2]
        assert portal.invalid == 0


def proxied_by(portal):
    # The proxy's own client is made without the variable, as `cyara proxy` is started without it.
    return proxied(portal, options={"environ": {}, "store": MemoryStrikeStore()})


def test_the_same_answer_has_the_same_bytes_each_time():
    with upstream() as portal, proxied(portal) as proxy:
        portal.answers[CAMPAIGN] = zipped(f'{{"url":"{portal.base_url}/v3.0/x"}}')
        assert curl(proxy.base_url + CAMPAIGN).stdout == curl(proxy.base_url + CAMPAIGN).stdout != BLOCK
        assert PAIR.encode() not in curl("-i", proxy.base_url + CAMPAIGN).stdout

"""What people paste, and what Swagger pages list."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from pipeline.errors import FetchError
from pipeline.fetch.portal_address import configurations_in_page, documents_in_page, preferred, understand

API = "https://portal.example/cyarawebapi"
DOCUMENT = API + "/swagger/v3/swagger.json"


@pytest.mark.parametrize(
    ("pasted", "api", "document"),
    [
        ("https://portal.example", API, None),
        ("portal.example", API, None),
        (API + "/", API, None),
        ("https://portal.example/CyaraWebApi", "https://portal.example/CyaraWebApi", None),
        (API + "/v3.0/accounts/1/campaigns", API, None),
        (API + "/swagger/index.html", API, None),
        ("https://portal.example/cyara-app/7/dashboard/report/home", API, None),
        ("https://portal.example/CyaraWebPortal/", API, None),
        ("https://portal.example/cyarawebidentity/Account/Login?ReturnUrl=x", API, None),
        (API + "/swagger/index.html?url=/cyarawebapi/swagger/v3/swagger.json", API, DOCUMENT),
        (DOCUMENT, API, DOCUMENT),
        (
            "https://portal.example/a/openapi/v3.json",
            "https://portal.example/a",
            "https://portal.example/a/openapi/v3.json",
        ),
        ("http://127.0.0.1:8080/cyarawebapi", "http://127.0.0.1:8080/cyarawebapi", None),
    ],
)
def test_understood(pasted: str, api: str, document: str | None) -> None:
    where = understand(pasted)
    assert (where.api, where.document) == (api, document)


@pytest.mark.parametrize(
    ("named", "address", "allowed"),
    [
        ("portal.example", "http://portal.example/cyarawebapi", True),
        ("other.example , PORTAL.example", "http://portal.example:8080/cyarawebapi", True),
        ("portal.example:80", "http://portal.example/cyarawebapi", True),
        ("portal.example:8080", "http://portal.example:8080/cyarawebapi", True),
        ("[fd00::1]:8080", "http://[FD00::1]:8080/cyarawebapi", True),
        ("", "http://portal.example/cyarawebapi", False),
        ("portal.example:80", "http://portal.example:8080/cyarawebapi", False),
        ("*", "http://portal.example/cyarawebapi", False),
        ("example", "http://portal.example/cyarawebapi", False),
        ("portal.example", "ftp://portal.example/cyarawebapi", False),
    ],
)
def test_plain_http_where_the_host_is_named(
    monkeypatch: pytest.MonkeyPatch, named: str, address: str, *, allowed: bool
) -> None:
    monkeypatch.setenv("CYARA_ALLOW_PLAIN_HTTP", named)
    if allowed:
        assert understand(address).api.lower() == address.lower()
    else:
        with pytest.raises(FetchError, match="CYARA_ALLOW_PLAIN_HTTP"):
            understand(address)


@pytest.mark.parametrize(
    "pasted",
    [
        "http://portal.example/cyarawebapi",
        "ftp://portal.example/x",
        "file:///etc/passwd",
        "https://user:secret@portal.example/",
        "https://",
        "https://[::1",
        "https://portal.example:99999/",
        "https://user:secret@[::1",
        API + "/swagger/index.html?url=http://[bad",
        API + "/swagger/index.html?url=https://evil.example/swagger.json",
    ],
)
def test_refused(pasted: str) -> None:
    with pytest.raises(FetchError) as caught:
        understand(pasted)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            """var x = JSON.parse('{"urls":[{"url":"v3/swagger.json","name":"V3"},{"url":"v1/swagger.json"}]}')""",
            ["v3/swagger.json", "v1/swagger.json"],
        ),
        (
            r"""JSON.parse('{\u0022urls\u0022:[{\u0022url\u0022:\u0022/cyarawebapi/swagger/v3/swagger.json\u0022}]}')""",
            ["v3/swagger.json"],
        ),
        (r"""url: "\/cyarawebapi\/swagger\/v3\/swagger.json",""", ["v3/swagger.json"]),
        ("""discoveryPaths: arrayFrom('swagger/docs/v1')""", ["swagger/docs/v1"]),
        ("""&quot;url&quot;:&quot;v3/openapi.yaml&quot;""", ["v3/openapi.yaml"]),
        ("""url: "https://evil.example/swagger.json", x: "//evil.example/swagger/v3/swagger.json" """, []),
        ("""<script src="./swagger-ui-bundle.js"></script><link href="./swagger-ui.css">""", []),
        (
            """urls: [{ url: '/ui/docs/odd-name', name: 'x' }], oauth2RedirectUrl: '/a', url = "v9/api.json" """,
            ["../../ui/docs/odd-name", "v9/api.json"],
        ),
        ("""url: "http://[bad", x: "http://h:99999/swagger.json", url: "//evil.example/a", url: '/ui/logo.png'""", []),
        ("""{"configUrl": "/v3/openapi-config.json", "url": "https://user:pw@portal.example/x.json"}""", []),
        ("'" * 100_000 + '"a' * 100_000, []),
    ],
)
def test_documents_that_a_swagger_page_lists(text: str, found: list[str]) -> None:
    page = API + "/swagger/index.html"
    assert documents_in_page(text, page) == [urljoin(page, name) for name in found]


def test_settings_of_a_swagger_page() -> None:
    text = """{"configUrl": "/v3/config", x: 1} configUrl: 'https://evil.example/c'"""
    assert configurations_in_page(text, API + "/swagger/index.html") == ["https://portal.example/v3/config"]


def test_a_pasted_page_is_read() -> None:
    where = understand("https://portal.example/ui/index.html?configUrl=/v3/config")
    assert where.pages == ("https://portal.example/ui/index.html", "https://portal.example/v3/config")


def test_version_3_first() -> None:
    names = ["/s/v1/swagger.json", "/s/v30/swagger.json", "/s/v3/swagger.json", "/s/docs/v3.0"]
    assert preferred(names)[:2] == ["/s/v3/swagger.json", "/s/docs/v3.0"]

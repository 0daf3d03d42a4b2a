"""What people paste, and what Swagger pages list."""

from __future__ import annotations

import pytest
from pipeline.errors import FetchError
from pipeline.portal_address import documents_in_page, preferred, understand

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
    "pasted",
    [
        "http://portal.example/cyarawebapi",
        "ftp://portal.example/x",
        "file:///etc/passwd",
        "https://user:secret@portal.example/",
        "https://",
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
        ("'" * 100_000 + '"a' * 100_000, []),
    ],
)
def test_documents_that_a_swagger_page_lists(text: str, found: list[str]) -> None:
    page = API + "/swagger/index.html"
    assert documents_in_page(text, page) == [f"{API}/swagger/{name}" for name in found]


def test_version_3_first() -> None:
    names = ["/s/v1/swagger.json", "/s/v30/swagger.json", "/s/v3/swagger.json", "/s/docs/v3.0"]
    assert preferred(names)[:2] == ["/s/v3/swagger.json", "/s/docs/v3.0"]

import asyncio

import pytest

from cyara_auth._http import httpx
from cyara_auth.strikes.classify import RequestFacts, ResponseFacts, classify, is_login_page
from cyara_auth.strikes.state import Outcome

UNVERIFIED = RequestFacts()
VERIFIED = RequestFacts(verified=True)
JSON = "application/json"

NOT_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "InvalidURL",
    "LocalProtocolError",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
}
UNKNOWN = {
    "CloseError",
    "CookieConflict",
    "DecodingError",
    "HTTPError",
    "HTTPStatusError",
    "NetworkError",
    "ProtocolError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "RequestError",
    "RequestNotRead",
    "ResponseNotRead",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
    "TimeoutException",
    "TooManyRedirects",
    "TransportError",
    "WriteError",
    "WriteTimeout",
}
# Of the fork only: a stream of events that is none.
UNKNOWN |= {"SSEError"} if httpx.__name__ == "httpx2" else set()

ALWAYS = {
    **dict.fromkeys([*range(200, 300), 304], Outcome.VERIFICATION),
    **dict.fromkeys([300, 301, 302, 303, *range(305, 400)], Outcome.UNKNOWN),  # not said to stay on the origin
    **dict.fromkeys([400, 404, 405, 407, 409, 422], Outcome.INCONCLUSIVE),
    **dict.fromkeys([401], Outcome.STRIKE),
    **dict.fromkeys([408, 502, 504, 520, 521, 522, 523, 524, 525, 526, 527], Outcome.UNKNOWN),
    **dict.fromkeys([429, 500, 501, 503, 505], Outcome.BUSY),
}


def expected(status: int, *, verified: bool) -> Outcome:
    if status == 403:
        return Outcome.REVERIFY if verified else Outcome.UNKNOWN
    return ALWAYS.get(status, Outcome.INCONCLUSIVE if verified else Outcome.UNKNOWN)


def make(name: str) -> BaseException:
    request = httpx.Request("GET", "https://portal")
    made: BaseException
    match name:
        case "HTTPStatusError":
            made = httpx.HTTPStatusError("", request=request, response=httpx.Response(500, request=request))
        case "RequestNotRead" | "ResponseNotRead" | "StreamClosed" | "StreamConsumed":
            made = getattr(httpx, name)()
        case _:
            made = getattr(httpx, name)("")
    return made


def test_the_table_knows_every_exception_of_httpx() -> None:
    exceptions = {
        name
        for name in httpx.__all__
        if isinstance(getattr(httpx, name), type) and issubclass(getattr(httpx, name), BaseException)
    }
    assert exceptions == NOT_SENT | UNKNOWN


@pytest.mark.parametrize("name", sorted(NOT_SENT | UNKNOWN))
def test_exceptions(name: str) -> None:
    wanted = Outcome.NOT_SENT if name in NOT_SENT else Outcome.UNKNOWN
    assert classify(UNVERIFIED, make(name)) is wanted
    assert classify(VERIFIED, make(name)) is wanted


@pytest.mark.parametrize(
    "kind", [asyncio.CancelledError, KeyboardInterrupt, GeneratorExit, SystemExit, OSError, ValueError]
)
def test_what_is_not_of_httpx_is_unknown(kind: type[BaseException]) -> None:
    assert classify(UNVERIFIED, kind()) is Outcome.UNKNOWN


@pytest.mark.parametrize("status", range(100, 600))
def test_statuses(status: int) -> None:
    answer = ResponseFacts(status=status, media_type=JSON)
    assert classify(UNVERIFIED, answer) is expected(status, verified=False)
    assert classify(VERIFIED, answer) is expected(status, verified=True)


@pytest.mark.parametrize("status", range(100, 600))
def test_a_hop_without_our_header_says_nothing_about_our_pair(status: int) -> None:
    assert classify(RequestFacts(injected=False), ResponseFacts(status=status)) is Outcome.INCONCLUSIVE


def test_a_public_operation_proves_nothing() -> None:
    public = RequestFacts(secured=False)
    assert classify(public, ResponseFacts(status=200, media_type=JSON)) is Outcome.INCONCLUSIVE
    assert classify(public, ResponseFacts(status=304)) is Outcome.INCONCLUSIVE
    assert classify(public, ResponseFacts(status=401, media_type=JSON)) is Outcome.STRIKE


@pytest.mark.parametrize("media_type", ["", JSON, "application/problem+json", "text/plain"])
def test_a_401_of_the_api_is_a_strike(media_type: str) -> None:
    answer = ResponseFacts(status=401, media_type=media_type, challenge="ApiKey", server="Microsoft-IIS/10.0")
    assert classify(VERIFIED, answer) is Outcome.STRIKE


@pytest.mark.parametrize(
    "answer",
    [
        ResponseFacts(status=401, media_type="text/html"),
        ResponseFacts(status=401, media_type="application/xhtml+xml"),
        ResponseFacts(status=401, media_type=JSON, challenge='Basic realm="proxy"'),
        ResponseFacts(status=401, media_type=JSON, challenge="Bearer, negotiate"),
        ResponseFacts(status=401, media_type=JSON, challenge="NTLM"),
        ResponseFacts(status=401, media_type=JSON, server="cloudflare"),
        ResponseFacts(status=401, media_type=JSON, server="AkamaiGHost"),
    ],
)
def test_a_401_that_a_gateway_may_have_made_is_ambiguous(answer: ResponseFacts) -> None:
    assert classify(UNVERIFIED, answer) is Outcome.AMBIGUOUS


def test_html_instead_of_json_is_a_login_page_and_no_verification() -> None:
    page = ResponseFacts(status=200, media_type="text/html")
    assert is_login_page(UNVERIFIED, page)
    assert classify(UNVERIFIED, page) is classify(VERIFIED, page) is Outcome.INTERCEPTED
    assert not is_login_page(RequestFacts(json_expected=False), page)
    assert classify(RequestFacts(json_expected=False), page) is Outcome.VERIFICATION
    assert not is_login_page(UNVERIFIED, ResponseFacts(status=401, media_type="text/html"))


@pytest.mark.parametrize(
    ("location", "same_origin", "outcome"),
    [
        ("/v3.0/other", True, Outcome.INCONCLUSIVE),
        ("/Account/Login?ReturnUrl=x", True, Outcome.INTERCEPTED),
        ("/log-on", True, Outcome.INTERCEPTED),
        ("/sso", True, Outcome.INTERCEPTED),
        ("https://elsewhere/v3.0", False, Outcome.UNKNOWN),
        ("https://elsewhere/signin", False, Outcome.INTERCEPTED),
    ],
)
def test_redirects(location: str, same_origin: bool, outcome: Outcome) -> None:  # noqa: FBT001  # a table
    answer = ResponseFacts(status=302, location=location, same_origin_redirect=same_origin)
    assert classify(UNVERIFIED, answer) is outcome

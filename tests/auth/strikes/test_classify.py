import asyncio

import pytest

from cyara_auth._http import httpx
from cyara_auth.strikes.classify import RequestFacts, ResponseFacts, classify, is_login_page
from cyara_auth.strikes.state import Outcome

JSON = "application/json"
UNVERIFIED = RequestFacts(success_statuses=(200, 201, 204))
VERIFIED = RequestFacts(verified=True, success_statuses=(200, 201, 204))
PUBLIC = RequestFacts()

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
    **dict.fromkeys([*range(202, 300), 304], Outcome.INCONCLUSIVE),
    **dict.fromkeys([200, 201], Outcome.VERIFICATION),  # the documented ones, but not one without a body
    **dict.fromkeys([300, 301, 302, 303, *range(305, 400)], Outcome.UNKNOWN),  # not said to stay on the origin
    **dict.fromkeys([400, 404, 405, 407, 409, 422], Outcome.INCONCLUSIVE),
    **dict.fromkeys([401], Outcome.STRIKE),
    **dict.fromkeys([408, 502, 504, 520, 521, 522, 523, 524, 525, 526, 527], Outcome.UNKNOWN),
    **dict.fromkeys([429, 500, 501, 503, 505], Outcome.BUSY),
}


def expected(status: int, *, verified: bool) -> Outcome:
    if status == 403:
        return Outcome.REVERIFY if verified else Outcome.DENIED
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
def test_what_came_over_no_connection_was_not_sent(status: int) -> None:
    for media_type in (JSON, "text/html"):
        answer = ResponseFacts(status=status, media_type=media_type, location="/login", is_real=False)
        assert classify(UNVERIFIED, answer) is classify(VERIFIED, answer) is Outcome.NOT_SENT
        foreign = ResponseFacts(status=status, media_type=media_type, is_real=False, is_foreign_portal=True)
        assert classify(UNVERIFIED, foreign) is Outcome.NOT_SENT


@pytest.mark.parametrize("status", range(100, 600))
def test_the_local_portal_says_nothing_of_keys_that_it_did_not_issue(status: int) -> None:
    for media_type in (JSON, "text/html"):
        answer = ResponseFacts(status=status, media_type=media_type, location="/login", is_foreign_portal=True)
        assert classify(UNVERIFIED, answer) is classify(VERIFIED, answer) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("status", [*range(200, 300), 304])
def test_an_operation_that_needs_no_credential_verifies_nothing(status: int) -> None:
    assert classify(PUBLIC, ResponseFacts(status=status, media_type=JSON)) is Outcome.INCONCLUSIVE


def test_a_401_of_an_operation_that_needs_no_credential_is_a_strike() -> None:
    assert classify(PUBLIC, ResponseFacts(status=401, media_type=JSON)) is Outcome.STRIKE


@pytest.mark.parametrize("status", [204, 205, 304])
def test_what_has_no_body_verifies_nothing_even_if_documented(status: int) -> None:
    every = RequestFacts(success_statuses=range(200, 400))
    assert classify(every, ResponseFacts(status=status)) is Outcome.INCONCLUSIVE
    assert classify(every, ResponseFacts(status=status, media_type=JSON)) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("media_type", "documented", "outcome"),
    [
        ("application/json", (), Outcome.VERIFICATION),
        ("text/json", (), Outcome.VERIFICATION),
        ("application/problem+json", (), Outcome.VERIFICATION),
        ("application/jsonp", (), Outcome.INCONCLUSIVE),
        ("text/plain", (), Outcome.INCONCLUSIVE),
        ("", (), Outcome.INCONCLUSIVE),
        ("audio/wav", (), Outcome.INCONCLUSIVE),
        ("application/json", ("text/json", "text/plain"), Outcome.VERIFICATION),
        ("application/json", ("*/*",), Outcome.VERIFICATION),
        ("text/plain", ("*/*",), Outcome.INCONCLUSIVE),
        ("audio/wav", ("audio/wav",), Outcome.VERIFICATION),
        ("application/json", ("audio/wav",), Outcome.INCONCLUSIVE),
        ("", ("audio/wav",), Outcome.INCONCLUSIVE),
        ("text/html", ("text/html",), Outcome.INCONCLUSIVE),
    ],
)
def test_a_success_verifies_by_its_media_type(media_type: str, documented: tuple[str, ...], outcome: Outcome) -> None:
    request = RequestFacts(success_statuses=(200,), success_media_types=documented, json_expected=False)
    assert classify(request, ResponseFacts(status=200, media_type=media_type)) is outcome


@pytest.mark.parametrize("media_type", ["", "text/html", "text/plain"])
def test_a_403_that_is_not_the_apis_own_is_charged_each_time(media_type: str) -> None:
    answer = ResponseFacts(status=403, media_type=media_type)
    assert classify(UNVERIFIED, answer) is Outcome.UNKNOWN
    assert classify(VERIFIED, answer) is Outcome.REVERIFY


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
    assert classify(RequestFacts(json_expected=False, success_statuses=(200,)), page) is Outcome.INCONCLUSIVE
    assert not is_login_page(UNVERIFIED, ResponseFacts(status=401, media_type="text/html"))


@pytest.mark.parametrize(
    ("location", "same_origin", "verified", "unverified"),
    [
        ("/v3.0/other", True, Outcome.INCONCLUSIVE, Outcome.UNKNOWN),
        ("/Account/Login?ReturnUrl=x", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/start?ReturnUrl=%2Fv3.0", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/start?a=b&returnurl=%2Fv3.0", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/account/access", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/error", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/Error?aspxerrorpath=/v3.0", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/errors", True, Outcome.INCONCLUSIVE, Outcome.UNKNOWN),
        ("/log-on", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("/sso", True, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("https://elsewhere/v3.0", False, Outcome.UNKNOWN, Outcome.UNKNOWN),
        ("https://elsewhere/signin", False, Outcome.INTERCEPTED, Outcome.INTERCEPTED),
        ("", False, Outcome.UNKNOWN, Outcome.UNKNOWN),
    ],
)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
def test_redirects(
    status: int,
    location: str,
    same_origin: bool,  # noqa: FBT001  # a table
    verified: Outcome,
    unverified: Outcome,
) -> None:
    answer = ResponseFacts(status=status, location=location, same_origin_redirect=same_origin)
    assert classify(VERIFIED, answer) is verified
    assert classify(UNVERIFIED, answer) is unverified


def test_the_lowest_and_the_highest_redirect_with_a_login_address_are_login_pages() -> None:
    for status, is_login in ((299, False), (300, True), (399, True), (400, False)):
        assert is_login_page(UNVERIFIED, ResponseFacts(status=status, location="/login")) is is_login

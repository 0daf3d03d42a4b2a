"""The base URL's rules and the origin that it binds."""

import pytest

from cyara_auth._http import httpx
from cyara_auth.errors import BaseUrlError, ConfigurationError, InsecureOriginError
from cyara_auth.machine import is_this_machine
from cyara_auth.origin import BaseUrl, Origin, is_versioned_route


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://cyaraportal.us/cyarawebapi", "https://cyaraportal.us/cyarawebapi"),
        ("https://cyaraportal.us/cyarawebapi///", "https://cyaraportal.us/cyarawebapi"),
        ("  https://cyaraportal.us/CyaraWebApi/\n", "https://cyaraportal.us/CyaraWebApi"),
        ("https://cyaraportal.us", "https://cyaraportal.us/cyarawebapi"),
        ("https://cyaraportal.us/", "https://cyaraportal.us/cyarawebapi"),
        ("cyaraportal.us", "https://cyaraportal.us/cyarawebapi"),
        ("HTTPS://CyaraPortal.US:443/cyarawebapi", "https://cyaraportal.us/cyarawebapi"),
        ("https://cyaraportal.us:8443", "https://cyaraportal.us:8443/cyarawebapi"),
        ("https://bücher.example/cyarawebapi", "https://xn--bcher-kva.example/cyarawebapi"),
        ("https://portal.example/on/premise/cyarawebapi", "https://portal.example/on/premise/cyarawebapi"),
        ("https://gateway.example/cyara/v1.0/cyarawebapi", "https://gateway.example/cyara/v1.0/cyarawebapi"),
        ("https://gateway.example/cyara-app/cyarawebapi", "https://gateway.example/cyara-app/cyarawebapi"),
        ("https://gateway.example/cyara-apps", "https://gateway.example/cyara-apps"),
        ("https://gateway.example/loginless/v3", "https://gateway.example/loginless/v3"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/cyarawebapi"),
        ("http://localhost:80/cyarawebapi", "http://localhost/cyarawebapi"),
        ("http://[::1]:8080/cyarawebapi", "http://[::1]:8080/cyarawebapi"),
    ],
)
def test_base_url_as_people_type_it(text: str, url: str) -> None:
    parsed = BaseUrl.parse(text)
    assert parsed.url == url
    assert parsed.origin.covers(httpx.URL(parsed.url))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("https://cyaraportal.us/cyarawebapi/swagger/index.html", "https://cyaraportal.us/cyarawebapi."),
        ("https://p.example/CyaraWebApi/Swagger/v3/swagger.json", "https://p.example/CyaraWebApi."),
        (
            "https://p.example/cyarawebapi/swagger/index.html?url=/cyarawebapi/swagger/v3/swagger.json",
            "https://p.example/cyarawebapi.",
        ),
        ("https://p.example/swagger", "https://p.example/cyarawebapi."),
        ("https://p.example/CyaraWebPortal/API/2.0", "https://p.example/cyarawebapi."),
        ("https://p.example/cyara-app/7/dashboard/report/home", "https://p.example/cyarawebapi."),
        ("https://p.example/Cyara-App", "https://p.example/cyarawebapi."),
        ("https://p.example/cyara-app/7/#/dashboard?x=1", "https://p.example/cyarawebapi."),
        ("https://p.example/CyaraWebIdentity/Account/Login?returnUrl=%2F", "https://p.example/cyarawebapi."),
        ("https://p.example:8443/cyarawebidentity", "https://p.example:8443/cyarawebapi."),
        ("https://cyarawebidentity.p.example/connect/authorize", "https://<portal>/cyarawebapi."),
        ("https://p.example/cyarawebapi/v3.0", "https://p.example/cyarawebapi;"),
        ("https://p.example/cyarawebapi/v3.0/accounts/1", "https://p.example/cyarawebapi;"),
        ("https://p.example/cyarawebapi/V3.0/accounts/1/campaigns?pageno=2", "https://p.example/cyarawebapi;"),
        ("https://p.example/on/premise/v3.0/users", "https://p.example/on/premise;"),
        ("https://p.example/v3.0/users", "https://p.example/cyarawebapi;"),
        ("https://p.example/CyaraWeb/Account/Login?ReturnUrl=%2FCyaraWeb", "https://p.example/cyarawebapi."),
        ("https://p.example/CyaraWeb/Account/Login", "https://p.example/cyarawebapi."),
        ("https://p.example/CyaraWeb/Default.aspx", "https://p.example/cyarawebapi."),
        ("https://p.example/CyaraWeb/#/dashboard", "https://p.example/cyarawebapi."),
        ("https://p.example/on/premise/CyaraWebApi/x?y=1", "https://p.example/on/premise/CyaraWebApi."),
        ("https://p.example/cyarawebapi?x=1", "https://p.example/cyarawebapi."),
        ("https://p.example/cyarawebapi#top", "https://p.example/cyarawebapi."),
    ],
)
def test_pasted_address_is_refused_and_the_right_one_named(text: str, right: str) -> None:
    with pytest.raises(BaseUrlError) as caught:
        BaseUrl.parse(text)
    assert right in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "https://",
        "https://p.example:99999",
        "https://p.example:0",
        "ftp://p.example",
        "https://a b.example",
        "https://p.example\\@evil.example",
        "https://p.example\r\nX: y",
        "https://xn--\udcff",
        "https://[::1",
        "file:///etc",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BaseUrlError):
        BaseUrl.parse(text)


def test_row_32_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(InsecureOriginError, match=r"https://p\.example") as caught:
        BaseUrl.parse("http://p.example:8080/cyarawebapi")
    # The ways out: a tunnel, and that very host.
    for way in (
        "http://127.0.0.1:PORT",
        "CYARA_ALLOW_PLAIN_HTTP=p.example:8080",
        "allow_plain_http='p.example:8080'",
        "Nothing was sent. ",
    ):
        assert way in str(caught.value)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://p.example", "p.example"),
        ("http://p.example:8080/cyarawebapi", "p.example"),
        ("http://p.example", "p.example:80"),
        ("http://p.example:8080", "other.example, P.Example:8080 ,"),
        ("http://P.EXAMPLE", "p.example"),
        ("http://bücher.example", "BÜCHER.example"),
        ("http://bücher.example", "xn--bcher-kva.example"),
        ("http://10.0.0.1", "10.0.0.1"),
        ("http://[fd00::1]:8080", "[FD00::1]:8080"),
        ("http://[fd00::1]", "[fd00::1]"),
    ],
)
def test_plain_http_to_a_host_that_is_named(url: str, named: str) -> None:
    origin = BaseUrl.parse(url, plain_http=named).origin
    assert origin.may_carry_secret
    assert origin.is_readable_on_the_way
    assert origin == Origin.of(httpx.URL(url))
    assert not Origin.of(httpx.URL(url)).may_carry_secret


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://p.example", ""),
        ("http://p.example", " , "),
        ("http://p.example", "p.example:8080"),
        ("http://p.example:8080", "p.example:80"),
        ("http://www.p.example", "p.example"),
        ("http://p.example.evil.example", "p.example"),
        ("http://evilp.example", "p.example"),
        ("http://p.example.", "p.example"),
        ("http://p.ex\u0430mple", "p.example"),
        ("http://[fd00::1]:8080", "[fd00::1]:80"),
    ],
)
def test_plain_http_to_any_other_host_is_refused(url: str, named: str) -> None:
    with pytest.raises(InsecureOriginError):
        BaseUrl.parse(url, plain_http=named)


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "*.example",
        "http://p.example",
        "p.example/cyarawebapi",
        "user:hunter2@p.example",
        "p.example:",
        "p.example:0",
        "p.example:99999",
        "p.example:http",
        "p.example q.example",
        "p.example;q.example",
        "fd00::1",
        "[fd00::1",
        "[p.example]",
        "p.example?hunter2",
        "p%2eexample",
        "xn--\udcff",
    ],
)
@pytest.mark.parametrize("url", ["http://p.example", "https://p.example"])
def test_a_list_of_hosts_with_something_else_in_it_is_refused(url: str, entry: str) -> None:
    with pytest.raises(ConfigurationError, match=r"CYARA_ALLOW_PLAIN_HTTP .* that is no host") as caught:
        BaseUrl.parse(url, plain_http=f"p.example,{entry}")
    assert "hunter2" not in str(caught.value)


def test_an_origin_is_read_for_comparing_whatever_may_travel_there() -> None:
    assert str(Origin.parse(" P.example:443/cyarawebapi ")) == "https://p.example"
    assert not Origin.parse("http://p.example").may_carry_secret
    with pytest.raises(BaseUrlError):
        Origin.parse("ftp://p.example")


@pytest.mark.parametrize("text", ["https://user:hunter2@p.example", "https://user@p.example", "user:hunter2@p.example"])
def test_row_33_user_information_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BaseUrlError) as caught:
        BaseUrl.parse(text)
    assert "hunter2" not in str(caught.value)
    assert "https://p.example" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://p.example",
        "https://p.example:444",
        "https://www.p.example",
        "https://p.example.",
        "https://xp.example",
        "https://p.example@evil.example",
        "https://evil.example/https://p.example",
        "https://p.ex\u0430mple",
    ],
)
def test_another_origin_is_not_covered(url: str) -> None:
    assert not BaseUrl.parse("https://p.example").origin.covers(httpx.URL(url))


@pytest.mark.parametrize("url", ["https://P.EXAMPLE:443/x?y", "https://u:p@p.example/x", "https://p.example#f"])
def test_the_same_origin_is_covered_however_it_is_written(url: str) -> None:
    assert BaseUrl.parse("https://p.example").origin.covers(httpx.URL(url))


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://p.example", True),
        ("http://p.example", False),
        ("http://localhost", True),
        ("http://127.8.9.1:1", True),
        ("http://[::1]", True),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("ws://localhost", False),
    ],
)
def test_where_the_secret_may_travel(url: str, *, may: bool) -> None:
    assert Origin.of(httpx.URL(url)).may_carry_secret is may


def test_origin_shows_itself_as_a_url() -> None:
    assert str(Origin.of(httpx.URL("https://P.example:443/x"))) == "https://p.example"
    assert str(Origin.of(httpx.URL("http://[::1]:8080"))) == "http://[::1]:8080"


@pytest.mark.parametrize("host", ["portal..test", f"{'p' * 64}.test"])
def test_a_name_that_no_resolver_takes_is_no_address(host: str) -> None:
    with pytest.raises(BaseUrlError, match="is not a valid address"):
        BaseUrl.parse(f"https://{host}")


@pytest.mark.skipif(httpx.__name__ == "httpx2", reason="httpx2 asks the resolver for it")
def test_a_name_that_only_looks_like_punycode_is_no_address() -> None:
    with pytest.raises(BaseUrlError, match="is not a valid address"):
        BaseUrl.parse("https://xn--.test")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://cyaraportal.us", "https://cyaraportal.us:443"),
        ("https://WWW.CyaraPortal.US/cyarawebapi", "https://cyaraportal.us:443"),
        ("https://www.cyaraportal.us:8443", "https://cyaraportal.us:8443"),
        ("https://www.bücher.example", "https://xn--bcher-kva.example:443"),
        ("https://www2.cyaraportal.us", "https://www2.cyaraportal.us:443"),
        ("https://www.www.cyaraportal.us", "https://www.cyaraportal.us:443"),
        ("https://cyaraportal.us.", "https://cyaraportal.us.:443"),
        ("https://www.com", "https://www.com:443"),
        ("https://www.com.", "https://www.com.:443"),
        ("https://www.localhost", "https://www.localhost:443"),
        ("https://www.127.0.0.1", "https://www.127.0.0.1:443"),
        ("https://10.0.0.1", "https://10.0.0.1:443"),
        ("http://localhost", "http://localhost:80"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_spellings_of_one_portal_have_one_canonical_origin(url: str, canonical: str) -> None:
    assert Origin.of(httpx.URL(url)).canonical == canonical


@pytest.mark.parametrize(
    ("url", "this"),
    [
        ("http://localhost", True),
        ("https://LOCALHOST:8443", True),
        ("http://127.8.9.1:1", True),
        ("http://[::1]:8080", True),
        ("https://cyaraportal.us", False),
        ("https://www.127.0.0.1.evil.example", False),
        ("https://www.localhost", False),
        ("https://localhost.evil.example", False),
        ("https://[::ffff:10.0.0.1]", False),
        ("https://10.0.0.1", False),
    ],
)
def test_whether_a_canonical_origin_is_this_machine(url: str, *, this: bool) -> None:
    assert is_this_machine(Origin.of(httpx.URL(url)).canonical) is this


@pytest.mark.parametrize("text", ["", "localhost", "localhost:80", "http://", "http://localhost", "http://[::1"])
def test_what_is_no_canonical_origin_is_not_this_machine(text: str) -> None:
    assert not is_this_machine(text)


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://p.example", "/cyarawebapi"),
        ("https://p.example:8443/CyaraWebApi/", "/CyaraWebApi"),
        ("http://[::1]:8080/on/premise/cyarawebapi", "/on/premise/cyarawebapi"),
    ],
)
def test_the_path_of_a_base_url(base_url: str, path: str) -> None:
    assert BaseUrl.parse(base_url).path == path


@pytest.mark.parametrize(
    ("path", "versioned"),
    [
        ("/cyarawebapi/v3.0/accounts/1/campaigns", True),
        ("/CyaraWebApi/V3.0/users", True),
        ("/cyarawebapi/v3/users", True),
        ("/cyarawebapi/v3.0/users?pageno=1", True),
        ("/cyarawebapi/v3.0", False),
        ("/cyarawebapi", False),
        ("/cyarawebapi/swagger/v3.0/swagger.json", False),
        ("/cyarawebapi/version/users", False),
        ("/cyarawebapi/v3.0.1.2/users", False),
        ("/cyarawebapi/v٣/users", False),
        ("/cyarawebapi2/v3.0/users", False),
        ("/other/cyarawebapi/v3.0/users", False),
        ("/v3.0/users", False),
    ],
)
def test_a_versioned_route_lies_below_the_base_path(path: str, *, versioned: bool) -> None:
    assert is_versioned_route("/cyarawebapi", path) is versioned

"""Where the header may go: one scheme, host and port, bound when the client is made and checked on every hop.

A client-level header is sent by httpx to any absolute URL, also to a foreign "next page" link, and event hooks add it
again after httpx took it off. So the transport asks `Origin.covers` for each request, and nothing else decides.

The base URL's rules live here too: https only, plain http to loopback and to hosts that somebody named, no user name in
it, and the addresses that people paste by mistake, the Swagger page, a route of the API, the web portal or its login
page, are refused with the right address named.
"""

import re
from functools import lru_cache
from typing import Final, Self

import attrs

from cyara_auth._http import httpx
from cyara_auth.errors import BaseUrlError, ConfigurationError, InsecureOriginError
from cyara_auth.machine import is_loopback

API_PATH: Final = "/cyarawebapi"
"""Path of the API on every Cyara portal (developer.cyara.com, article 360001040256); any case reaches it."""

PLAIN_HTTP: Final = "CYARA_ALLOW_PLAIN_HTTP"

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LAST_PORT: Final = 65535
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_BASE = r"(?i).*?/cyarawebapi(?=/|$)"
_VERSION_ROUTE = re.compile(r"/v\d+\.\d+(?=/|$)(?!.*/cyarawebapi(?:/|$))", re.IGNORECASE)
"""Where a route of the API begins. A version before the API's own path is somebody's gateway."""
_WEB_PORTAL = re.compile(r"/cyarawebportal|/cyara-app(?:/(?!cyarawebapi)|$)", re.IGNORECASE)
_LOGIN_SERVICE = "cyarawebidentity"
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::([0-9]+))?")
_PAGE = re.compile(r"\.(?:aspx?|html?|jsp|php)$|/(?:log-?[io]n|sign-?in)(?:/|$)", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Origin:
    """Scheme, host and port of a server: lower case, IDNA-encoded, the default port written out.

    Attributes:
        plain_http_allowed: Somebody named this host as one that the header may reach without encryption.
    """

    scheme: str
    host: str
    port: int
    plain_http_allowed: bool = attrs.field(default=False, eq=False)

    @classmethod
    def of(cls, url: httpx.URL) -> Self:
        """Return the origin of an absolute URL."""
        return cls(scheme=url.scheme, host=_host(url), port=_port(url))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the origin of a base URL, for comparing: whether anything may be sent there is not asked.

        Raises:
            BaseUrlError: it is no address.
        """
        return cls.of(_read(text))

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its spelling."""
        return is_loopback(self.host)

    @property
    def canonical(self) -> str:
        """One text for all spellings of a portal: without a leading `www.`, and with the port. Verdicts are kept by it.

        The header stays bound to the exact host.
        """
        bare = self.host.removeprefix("www.")
        # www.com is a name of its own, and what ends in digits would become an address, perhaps that of this machine.
        labels = bare.rstrip(".").split(".")
        host = self.host if len(labels) == 1 or labels[-1].isdigit() else bare
        return f"{self.scheme}://{_bracketed(host)}:{self.port}"

    @property
    def may_carry_secret(self) -> bool:
        """Whether the header may travel there at all: over https, without leaving the machine, or by permission."""
        return self.scheme == "https" or (self.scheme == "http" and (self.is_loopback or self.plain_http_allowed))

    @property
    def is_readable_on_the_way(self) -> bool:
        """Whether the header would cross a network without encryption."""
        return self.scheme == "http" and not self.is_loopback

    def covers(self, url: httpx.URL) -> bool:
        """Return whether a request to `url` stays on this origin."""
        # Called for every hop, so it compares and makes no Origin.
        return url.scheme == self.scheme and _port(url) == self.port and _host(url) == self.host

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{_bracketed(self.host)}{port}"


@attrs.frozen(kw_only=True)
class BaseUrl:
    """A base URL that passed every rule: `url` without a trailing slash, and the origin that it binds."""

    url: str
    origin: Origin

    @property
    def path(self) -> str:
        """The base URL's path, as it was typed: `/CyaraWebApi`; never empty, no slash at the end."""
        return self.url.removeprefix(str(self.origin))

    @classmethod
    def parse(cls, text: str, *, plain_http: str = "") -> Self:
        """Read a base URL as people type it.

        A host without a scheme means https. A bare host gets `API_PATH`; any other path is kept as it is.

        Args:
            text: What was typed.
            plain_http: Hosts that may be reached over plain http, `host[:port]` with commas between. A host without a
                port stands for all its ports.

        Raises:
            BaseUrlError: not a base URL; the text names the address to use where it can be known.
            InsecureOriginError: plain http to another machine that is not named.
            ConfigurationError: `plain_http` is no such list.
        """
        url = _read(text)
        origin = Origin.of(url)
        origin = attrs.evolve(origin, plain_http_allowed=_is_named(origin, plain_http))
        # httpx would turn a user name into Basic authorization.
        if url.userinfo:
            raise BaseUrlError(
                "The base URL has a user name or password in it, which would replace the API credential. "
                f"Use {origin} and give the credential separately (CYARA_API_CREDENTIAL)."
            )
        if not origin.may_carry_secret:
            named = str(origin).removeprefix("http://")
            raise InsecureOriginError(
                f"{origin} is not encrypted, so anyone on the way could read the credential. Nothing was sent. "
                f"Next: use https://{_bracketed(origin.host)}. If that portal has no TLS, lead an encrypted tunnel "
                "there (ssh -L, stunnel) and put http://127.0.0.1:PORT in its place. Who accepts the risk sets "
                f"{PLAIN_HTTP}={named}, or gives allow_plain_http={named!r}"
            )
        return cls(url=f"{origin}{_api_path(url, origin)}", origin=origin)


@lru_cache
def is_versioned_route(base_path: str, path: str) -> bool:
    """Return whether a request's path lies below a version of the API at `base_path`, as `/cyarawebapi/v3.0/users`."""
    below = path[len(base_path) :] if path.lower().startswith(base_path.lower()) else ""
    return re.match(r"/v\d+(?:\.\d+)?/", below, re.IGNORECASE | re.ASCII) is not None


def _read(text: str) -> httpx.URL:
    stripped = text.strip()
    if not stripped:
        raise BaseUrlError("The base URL is empty. Set CYARA_BASE_URL, for example to https://<portal>/cyarawebapi.")
    if any(character.isspace() or character == "\\" for character in stripped):
        raise BaseUrlError("The base URL contains a space, a line break or a backslash. Give one address only.")
    if not _SCHEME.match(stripped):
        stripped = f"https://{stripped}"
    try:
        url = httpx.URL(stripped)
        # A name in Punycode is decoded only here.
        host = url.host
        # As the socket would, but not in an admitted call, where an error that httpx does not know is charged.
        url.raw_host.decode("ascii").encode("idna")
    except (httpx.InvalidURL, UnicodeError) as error:
        # httpx names the fault without the address; a pasted password must not come back in a message.
        raise BaseUrlError("The base URL is not a valid address. Use https://<portal>/cyarawebapi.") from error
    if url.scheme not in _DEFAULT_PORTS:
        raise BaseUrlError(f"The base URL starts with {url.scheme}://; only https:// is spoken here.")
    if not host:
        raise BaseUrlError("The base URL names no host. Use https://<portal>/cyarawebapi.")
    if not 0 < _port(url) <= _LAST_PORT:
        raise BaseUrlError("The base URL's port is not between 1 and 65535.")
    return url


def _api_path(url: httpx.URL, origin: Origin) -> str:
    """Return the path of the API, without a trailing slash, or refuse the addresses that are pasted by mistake."""
    # Only the host is the same in upper case; a path below a gateway need not be, so it is kept as it was typed.
    path = url.raw_path.partition(b"?")[0].decode("ascii").rstrip("/")
    before, swagger, _ = path.lower().partition("/swagger")
    if swagger:
        raise BaseUrlError(
            f"This is the address of the Swagger page, not of the API. Use {origin}{path[: len(before)] or API_PATH}."
        )
    if origin.host.startswith(f"{_LOGIN_SERVICE}."):
        raise BaseUrlError(f"This is the login server, not the API. Use https://<portal>{API_PATH}.")
    if f"/{_LOGIN_SERVICE}" in path.lower():
        raise BaseUrlError(f"This is the address of the login page, not of the API. Use {origin}{API_PATH}.")
    if _WEB_PORTAL.search(path):
        raise BaseUrlError(f"This is the address of the web portal, not of the API. Use {origin}{API_PATH}.")
    # Every call adds its own route, so a pasted one would stand in the address twice.
    if version := _VERSION_ROUTE.search(path):
        raise BaseUrlError(
            f"The base URL ends before the version. Use {origin}{path[: version.start()] or API_PATH}; the rest is a "
            "route of the API, which each call adds by itself."
        )
    if url.query or url.fragment or _PAGE.search(path):
        base = re.match(_BASE, path)
        what = "has a query or a fragment" if url.query or url.fragment else "is the address of a web page"
        raise BaseUrlError(f"The base URL {what}. Use {origin}{base[0] if base else API_PATH}.")
    return path or API_PATH


def _is_named(origin: Origin, hosts: str) -> bool:
    """Return whether a list of `host[:port]` names an origin. All of the list is read: half a list is a mistake."""
    named = False
    for entry in filter(None, map(str.strip, hosts.split(","))):
        parts = _HOST_AND_PORT.fullmatch(entry)
        try:
            host = _host(_read(f"http://{entry}"))
        except BaseUrlError:
            host = None
        if parts is None or host is None:
            # It is not repeated: an address that was pasted here may hold a password.
            raise ConfigurationError(
                f"{PLAIN_HTTP} (or allow_plain_http=) holds something that is no host. Nothing was sent. "
                "Next: list hosts as host or host:port, with commas between, without scheme, path or wildcard"
            )
        named |= host.lower() == origin.host.lower() and int(parts[1] or origin.port) == origin.port
    return named


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _host(url: httpx.URL) -> str:
    # A trailing dot makes another name of it: "portal" may be completed by a search domain, "portal." never is.
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    port = url.port
    return _DEFAULT_PORTS.get(url.scheme, 0) if port is None else port

"""NO_PROXY, read the way that curl and Go read it; what names no host is skipped, and said to whoever asks.

Docker, virtual machines and VPN clients put ranges of addresses there for everything that runs below them. httpx takes
each for a host, and ends with an error of its own for those of IPv6.
"""

import ipaddress
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import attrs

from cyara_auth._http import httpx
from cyara_auth.origin import Origin

_HOST: Final = re.compile(r"(?:\*?\.)?[\w-]+(?:\.[\w-]+)*\.?")
_PORT: Final = re.compile(r"\d{1,5}")
_EVERYTHING: Final = "*"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Range = ipaddress.IPv4Network | ipaddress.IPv6Network


@attrs.frozen(kw_only=True)
class _Entry:
    """One that can be meant: addresses, or a host; and a port, if it names one."""

    range: _Range | None = None
    host: str = ""
    port: int | None = None

    def exempts(self, origin: Origin) -> bool:
        """Return whether calls to `origin` go out directly."""
        if self.port not in (None, origin.port):
            return False
        if self.range is None:
            below = self.host.removeprefix("*")
            return origin.host.endswith(f".{below.removeprefix('.')}") or origin.host == below
        # No name is looked up: where it leads may differ at the proxy, and change from call to call.
        address = _address(origin.host)
        return address is not None and address in self.range

    def pattern(self) -> str | None:
        """Return it as httpx writes it; None for a range, which httpx cannot write."""
        port = "" if self.port is None else f":{self.port}"
        if self.range is None:
            # `*.host` is what lies below it, `*host` is the host and what lies below it.
            wildcard = "*" if self.host != "localhost" else ""
            return f"all://{wildcard}{self.host.removeprefix('*')}{port}"
        if self.range.num_addresses > 1:
            return None
        address = self.range.network_address
        return f"all://{address}{port}" if address.version == 4 else f"all://[{address}]{port}"  # noqa: PLR2004 - IPv4


@attrs.frozen(kw_only=True)
class Exemptions:
    """What NO_PROXY says.

    Attributes:
        everything: It is or holds `*`: no proxy at all is used.
        patterns: The hosts that it exempts, as httpx writes them.
        ranges: Those of addresses, as they stand there.
        skipped: What names no host, as it stands there; without what may be a password.
    """

    everything: bool
    patterns: tuple[str, ...]
    ranges: tuple[str, ...]
    skipped: tuple[str, ...]


def read_exemptions(text: str, origin: Origin) -> Exemptions:
    """Read the value of NO_PROXY for a client whose calls go to `origin`; nothing in it is an error."""
    patterns: list[str] = []
    ranges: list[str] = []
    skipped: list[str] = []
    # Commas, and blanks, which curl takes, too.
    parts = text.replace(",", " ").split()
    for part in parts:
        entry = _entry(part.lower())
        if entry is None:
            if part != _EVERYTHING:
                skipped.append(part if "@" not in part else "(one with a user)")
            continue
        if (pattern := entry.pattern()) is None:
            ranges.append(part)
        else:
            patterns.append(pattern)
        if entry.exempts(origin):
            # By its own name also where httpx would not see it: by a range, by its usual port, by another spelling.
            patterns.append(f"all://[{origin.host}]" if ":" in origin.host else f"all://{origin.host}")
    return Exemptions(
        everything=_EVERYTHING in parts, patterns=tuple(patterns), ranges=tuple(ranges), skipped=tuple(skipped)
    )


def _entry(text: str) -> _Entry | None:
    """Read one entry; None if it names no host."""
    # With a scheme, and what may follow a host, as who copies an address from a browser has it.
    text = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text).removesuffix("/")
    for host, port in _forms(text):
        number = int(port) if port else None
        with suppress(ValueError):
            # Not strict: people write 10.1.2.3/8 for the range that the address lies in.
            return _Entry(range=ipaddress.ip_network(host, strict=False), port=number)
        if _HOST.fullmatch(host) and not host.replace(".", "").isdigit():
            entry = _Entry(host=host.removesuffix("."), port=number)
            with suppress(httpx.InvalidURL):  # letters that no name may have
                httpx.URL(f"all://{entry.host.lstrip('*.')}")
                return entry
    return None


def _forms(text: str) -> Iterator[tuple[str, str]]:
    """Yield in which ways a text may be a host and a port."""
    if bracketed := re.fullmatch(r"\[([^\[\]]+)\](/\d+)?(?::(\d{1,5}))?", text):
        yield f"{bracketed[1]}{bracketed[2] or ''}", bracketed[3] or ""
        return
    yield text, ""
    host, _, port = text.rpartition(":")
    # With more colons it is an IPv6 address, of which the last part is no port.
    if ":" not in host and _PORT.fullmatch(port):
        yield host, port


def _address(host: str) -> _Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    return None

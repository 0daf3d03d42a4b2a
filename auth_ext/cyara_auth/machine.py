"""What a machine tells of itself, as plain values: a moment of its clock, a process, its addresses, a file system."""

import ipaddress
from enum import Enum, auto

import attrs


@attrs.frozen(kw_only=True)
class Instant:
    """One reading of a steady clock: seconds, in a domain (one boot of one machine, or one kind of server).

    Readings of different domains cannot be compared. Whatever depends on such a comparison takes the careful answer:
    a verification is not fresh, and the age of a ticket starts again when the new domain first sees it.
    """

    domain: str
    seconds: float

    def since(self, earlier: "Instant") -> float | None:
        """Return the seconds from `earlier` to this reading, or None if that is not known or negative."""
        # Readings of different domains cannot be compared. Callers then take the careful answer: a verification is not
        # fresh, and the age of a ticket starts again when the new domain first sees it.
        if self.domain != earlier.domain or self.seconds < earlier.seconds:
            return None
        return self.seconds - earlier.seconds


@attrs.frozen(kw_only=True)
class Owner:
    """The process that holds a ticket, so precisely that a later process cannot be taken for it.

    Attributes:
        host: Name of the machine, for texts.
        pid_namespace: Where the process number means something: the namespace, and its machine.
        boot: Which boot of that machine.
        pid: Process number.
        started: When the process started, as the operating system tells it: a reused number has another start.
    """

    host: str
    pid_namespace: str
    boot: str
    pid: int
    started: str


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its spelling: `localhost`, 127.0.0.0/8 or ::1, without brackets."""
    # No name is looked up: who controls the resolver could make any host "this machine".
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_this_machine(origin: str) -> bool:
    """Return whether a canonical origin, `scheme://host:port`, is this machine; any other text is not."""
    host = origin.partition("://")[2].rpartition(":")[0]
    return is_loopback(host.removeprefix("[").removesuffix("]"))


class Disk(Enum):
    """Who writes to a file system, and so whether SQLite's locks and shared memory hold on it."""

    LOCAL = auto()
    """This machine's kernel alone."""
    NETWORK = auto()
    """Other machines, or a host and its guests."""
    UNKNOWN = auto()


@attrs.frozen
class FileSystem:
    """The file system of a folder: its type as the system spells it (empty when that cannot be told), and its disk."""

    kind: str
    disk: Disk

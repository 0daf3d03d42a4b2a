"""Who holds a ticket, and whether that process is gone: safe with reused process ids, reboots and containers.

A process id alone is reused, so the start time goes with it; it means something in one pid namespace of one machine
only, so that goes with it; and it ends with the boot.
"""

import functools
import os
import socket

from cyara_auth._platform.questions import System
from cyara_auth._platform.system import this_system
from cyara_auth.machine import Instant, Owner


def current_owner() -> Owner:
    """Return the name of the running process; after a fork the child's own."""
    return _identify(os.getpid())


def is_dead(owner: Owner, *, one_machine: bool) -> bool:
    """Tell whether `owner` has certainly ended; False also means "cannot be told from here".

    `one_machine` says that only processes of this machine can have written the name, as in a local file.
    """
    return judge(owner, own=current_owner(), system=this_system(), one_machine=one_machine)


def machine_clock() -> Instant:
    """Read the clock that all processes of this boot share and nobody sets."""
    return Instant(domain=_clock_domain(), seconds=this_system().uptime())


def identify(pid: int, *, system: System) -> Owner:
    """Return the name of a process that is known to run."""
    host, started = socket.gethostname(), system.started(pid)
    return Owner(host=host, pid_namespace=system.pid_namespace(), boot=system.boot(), pid=pid, started=started)


def judge(owner: Owner, *, own: Owner, system: System, one_machine: bool) -> bool:
    """Tell whether `owner` has certainly ended, as seen by the process `own` on `system`."""
    # Whoever cannot be judged from here (another machine, another container, an unknown system) counts as alive: their
    # tickets end by `orphan_ttl`, and even then stay charged.
    if not owner.pid_namespace or owner.pid_namespace != own.pid_namespace:
        return False
    # Clones share their image's machine id, so over a network an earlier boot of this machine may be another machine.
    # The kernel's random boot id tells them apart; where a snapshot with its memory was resumed twice, only the name.
    if not one_machine and (owner.host, owner.boot) != (own.host, own.boot):
        return False
    # No process outlives a boot, but an unknown boot may be this one.
    if owner.boot != own.boot:
        return bool(owner.boot and own.boot)
    try:
        started = system.started(owner.pid)
    except ProcessLookupError:
        return True
    # Another start time: the id was given to a later process.
    return bool(started and owner.started) and started != owner.started


# By the process id, so that even a fork which no hook saw gets a name of its own.
@functools.lru_cache(maxsize=1)
def _identify(pid: int) -> Owner:
    return identify(pid, system=this_system())


@functools.cache
def _clock_domain() -> str:
    return this_system().clock_domain()


def _clear_caches() -> None:
    # A forked child is another process, and may be in another time namespace.
    _identify.cache_clear()
    _clock_domain.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_clear_caches)

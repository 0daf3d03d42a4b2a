"""Owners, clock and mounts, asked of the real system or, where that cannot be arranged, of a made-up /proc."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from cyara_auth._platform import current_owner, machine_clock
from cyara_auth._platform import is_dead as is_dead_over
from cyara_auth._platform.owner import identify, judge
from cyara_auth._platform.questions import System
from cyara_auth._platform.system import this_system
from cyara_auth.machine import Disk, FileSystem

is_dead = partial(is_dead_over, one_machine=True)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads the proc file system")


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_this_process_lives() -> None:
    assert current_owner().pid == os.getpid()
    assert not is_dead(current_owner())


def test_a_process_is_alive_until_it_ends() -> None:
    process = sleeper()
    try:
        owner = identify(process.pid, system=this_system())
        assert not is_dead(owner)
    finally:
        process.kill()
    # Not reaped yet: a zombie keeps its process id, but can send nothing any more.
    deadline = time.monotonic() + 10
    while not is_dead(owner) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_dead(owner)
    process.wait()
    assert is_dead(owner)


def test_row_75_a_reused_process_id_is_another_owner() -> None:
    assert is_dead(attrs.evolve(current_owner(), started="1"))


def test_row_74_an_owner_from_before_the_reboot_is_dead() -> None:
    assert is_dead(attrs.evolve(current_owner(), boot="the boot before"))


@pytest.mark.parametrize(
    ("change", "dead"),
    [
        ({"pid": 999_999_999}, True),
        ({"started": "1"}, True),
        ({"boot": "the boot before, or a clone's"}, False),
        ({"host": "a clone that was resumed with its memory", "pid": 999_999_999}, False),
        ({"boot": "", "pid": 999_999_999}, False),
    ],
)
def test_over_a_network_only_an_owner_of_this_very_boot_is_judged(change: dict[str, Any], *, dead: bool) -> None:
    owner = attrs.evolve(current_owner(), **change)
    assert is_dead_over(owner, one_machine=False) is dead


def test_an_owner_on_another_machine_or_in_another_container_counts_as_alive() -> None:
    assert not is_dead(attrs.evolve(current_owner(), pid_namespace="elsewhere", boot="b", pid=999_999_999))


@pytest.mark.parametrize("unknown", ["pid_namespace", "boot", "started"])
def test_an_owner_that_cannot_be_identified_counts_as_alive(unknown: str) -> None:
    facts: dict[str, Any] = {unknown: ""}
    assert not is_dead(attrs.evolve(current_owner(), **facts))


def test_an_unknown_system_finds_nobody_dead() -> None:
    system = System()
    own = identify(os.getpid(), system=system)
    assert not judge(attrs.evolve(own, pid=999_999_999), own=own, system=system, one_machine=True)
    assert system.clock_domain()
    assert system.uptime() <= system.uptime()
    assert system.file_system(Path("/")) == FileSystem("", Disk.UNKNOWN)


@pytest.mark.parametrize("pid", [0, -1, 2**31 - 1])
def test_process_ids_that_nobody_has_are_dead(pid: int) -> None:
    with pytest.raises(ProcessLookupError):
        this_system().started(pid)


def test_a_number_that_no_process_can_have_is_not_judged_by_an_error() -> None:
    assert not is_dead(attrs.evolve(current_owner(), pid=2**80)) or sys.platform == "win32"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_is_an_owner_of_its_own() -> None:
    parent = current_owner()
    child = os.fork()
    if child == 0:
        own = current_owner()
        os._exit(0 if own.pid == os.getpid() != parent.pid and own != parent and not is_dead(parent) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert current_owner() == parent


def test_the_clock_is_shared_by_processes_and_goes_on() -> None:
    text = "from cyara_auth._platform import machine_clock as c; i = c(); print(i.domain, i.seconds, sep='|')"
    before = machine_clock()
    answer = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout
    domain, seconds = answer.strip().split("|")
    assert domain == before.domain == machine_clock().domain
    assert before.seconds <= float(seconds) <= machine_clock().seconds


@linux_only
def test_a_process_of_another_user_exists_even_if_it_may_not_be_asked() -> None:
    assert this_system().started(1) != ""


def proc_copy(root: Path, *, kind: str = "ext4", stat: str | None = None) -> Path:
    """Lay out the few files of /proc that matter, so that a mount or a process can be made up."""
    folder = root / "proc" / "self"
    (folder / "fdinfo").mkdir(parents=True)
    for descriptor in range(256):
        (folder / "fdinfo" / str(descriptor)).write_text("pos:\t0\nflags:\t0100000\nmnt_id:\t77\n")
    (folder / "mountinfo").write_text(
        f"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n77 21 0:50 / /home rw,relatime shared:1 - {kind} server:/export rw\n",
    )
    if stat is not None:
        (root / "proc" / str(os.getpid())).mkdir()
        (root / "proc" / str(os.getpid()) / "stat").write_text(stat)
    return root


@linux_only
@pytest.mark.parametrize(
    ("kind", "disk"),
    [
        *((kind, Disk.NETWORK) for kind in ("nfs4", "cifs", "9p", "virtiofs", "fuse.sshfs", "ceph", "lustre")),
        *((kind, Disk.LOCAL) for kind in ("xfs", "btrfs", "zfs", "overlay", "tmpfs", "fuseblk")),
        *((kind, Disk.UNKNOWN) for kind in ("fuse.newfs", "squashfs", "fakeowner")),
    ],
)
def test_it_is_known_who_writes_to_a_mount(tmp_path: Path, kind: str, disk: Disk) -> None:
    from cyara_auth._platform.linux import LinuxSystem

    system = LinuxSystem(root=proc_copy(tmp_path, kind=kind))
    assert system.file_system(tmp_path) == FileSystem(kind, disk)


@linux_only
def test_a_system_without_proc_is_not_known(tmp_path: Path) -> None:
    from cyara_auth._platform.linux import LinuxSystem

    system = LinuxSystem(root=tmp_path)
    assert (system.pid_namespace(), system.boot(), system.started(os.getpid())) == ("", "", "")
    assert system.file_system(tmp_path) == FileSystem("", Disk.UNKNOWN)


@linux_only
def test_the_start_time_is_found_behind_a_command_with_brackets_and_blanks(tmp_path: Path) -> None:
    from cyara_auth._platform.linux import LinuxSystem

    numbers = " ".join(str(number) for number in range(4, 22))
    stat = f"{os.getpid()} (a ) S 9 (b) S {numbers} 4711 23"
    assert LinuxSystem(root=proc_copy(tmp_path, stat=stat)).started(os.getpid()) == "4711"


@linux_only
def test_the_pid_namespace_differs_between_machines(tmp_path: Path) -> None:
    from cyara_auth._platform.linux import LinuxSystem

    namespaces = set()
    for machine in ("one", "two"):
        root = tmp_path / machine
        (root / "etc").mkdir(parents=True)
        (root / "etc" / "machine-id").write_text(machine)
        (root / "proc" / "self" / "ns").mkdir(parents=True)
        (root / "proc" / "self" / "ns" / "pid").symlink_to("pid:[4026531836]")
        namespaces.add(LinuxSystem(root=root).pid_namespace())
    assert len(namespaces) == 2


def test_a_stopped_process_is_alive() -> None:
    if not hasattr(signal, "SIGSTOP"):
        pytest.skip("this system cannot stop a process")
    process = sleeper()
    try:
        process.send_signal(signal.SIGSTOP)
        assert not is_dead(identify(process.pid, system=this_system()))
    finally:
        process.kill()
        process.wait()

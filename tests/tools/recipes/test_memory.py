"""The recipes in CI: a stale secret costs one call in all, on machines that are thrown away."""

import shutil
import sys
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .machine import Machine
from .vendors import VENDORS, Kept

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the recipes are for Linux machines")


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stale_secret_costs_one_call_in_all(vendor: str, tmp_path: Path, portal: LocalPortal) -> None:
    stale = portal.credential
    portal.regenerate_token()
    kept: Kept = {}
    # Three show that what was restored is saved again; two are quicker, and all recipes save in the same way.
    for number in (1, 2, 3) if vendor == "GitHub Actions" else (1, 2):
        machine = Machine(root=tmp_path / str(number), portal=portal, credential=stale, number=number)
        VENDORS[vendor](machine, kept, {"campaigns": "812", "args": ""})
        assert machine.failed
        assert 4 in machine.exit_codes, machine.printed
        assert (portal.invalid_calls, portal.arrivals) == (1, 1), machine.printed
        # Said once, by the first process, where nothing had been kept.
        assert machine.printed.count("was made just now, and this is CI") == (number == 1)
        assert not any(secret.encode() in data for secret in stale.split(":") for data in kept.values())


@linux_only
def test_what_a_killed_process_learnt_travels_too(tmp_path: Path, portal: LocalPortal) -> None:
    stale = portal.credential
    portal.regenerate_token()
    first = Machine(root=tmp_path / "1", portal=portal, credential=stale, number=1)
    where = {"CYARA_BASE_URL": portal.base_url, "CYARA_API_CREDENTIAL": stale, "CYARA_ACCOUNT_ID": "1"}
    killed = "import os, cyara_auth; cyara_auth.connect(retries=0).verify(); os.kill(os.getpid(), 9)"
    assert not first.run(f'"{sys.executable}" -W ignore -c "{killed}"', where)
    assert portal.invalid_calls == 1
    log = first.strikes.with_name("strikes.sqlite3-wal")
    assert log.stat().st_size, "the file is complete without its log, so this test shows nothing"
    # Without the secret, which the last steps of the recipes do not have.
    first.run("cyara auth status --all", {})
    assert not log.exists()
    second = Machine(root=tmp_path / "2", portal=portal, credential=stale, number=2)
    second.strikes.parent.mkdir(parents=True, mode=0o700)
    shutil.copy(first.strikes, second.strikes)
    told = "from cyara_auth._platform import current_owner, machine_clock; print(current_owner(), machine_clock())"
    assert second.run(f'python -c "{told}"', where)
    assert second.printed.count("machine 2") == 3, "boot, process numbers and time line are another machine's"
    assert not second.run("cyara auth verify", where)
    assert "stays rejected" in second.printed
    assert portal.invalid_calls == 1


@linux_only
def test_a_fork_without_the_secret_makes_no_call(tmp_path: Path, portal: LocalPortal) -> None:
    machine = Machine(root=tmp_path / "1", portal=portal, credential="")
    VENDORS["GitHub Actions"](machine, {}, {"campaigns": "812", "args": ""})
    assert machine.failed
    assert machine.exit_codes[-1] == 3
    assert "CYARA_API_CREDENTIAL" in machine.printed
    assert portal.arrivals == 0

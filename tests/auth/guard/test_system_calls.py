"""The kernel is the judge: it kills a sealed process at its first system call."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cyara_auth.guard.guard import GuardSettings
from cyara_auth.strikes.state import Outcome

from .parts import OLD, PORTAL, make, verify

# The child only makes calls of the guard and ends; newer Pythons warn of any fork beside other threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

SEALED = Path(__file__).parents[3] / "benchmarks" / "sealed.py"


@pytest.fixture(scope="module")
def sealed() -> ModuleType:
    if sys.platform != "linux":
        pytest.skip("only Linux can seal a process")
    spec = importlib.util.spec_from_file_location("sealed", SEALED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.can_seal():
        pytest.skip("this kernel does not seal, or reads its clock by a system call")
    return module


def test_a_verified_call_makes_no_system_call(sealed: ModuleType) -> None:
    guard = make(GuardSettings(sync_interval=60.0))
    verify(guard, OLD)

    def one() -> None:
        ticket = guard.admit(OLD, PORTAL, operation="GetCampaigns")
        ticket.sent()
        ticket.settle(Outcome.VERIFICATION)

    assert sealed.survives(one)


def test_a_system_call_is_noticed(sealed: ModuleType) -> None:
    assert not sealed.survives(os.getppid)

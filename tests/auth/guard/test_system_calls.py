"""The kernel is the judge: it kills a filtered process at its first system call."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cyara_auth.strikes.state import Outcome

from .parts import OLD, PORTAL, SYNC_SELDOM, make, verify

# The child only makes calls of the guard and ends; newer Pythons warn of any fork beside other threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

NO_SYSTEM_CALLS = Path(__file__).parents[3] / "benchmarks" / "no_system_calls.py"


@pytest.fixture(scope="module")
def no_system_calls() -> ModuleType:
    if sys.platform != "linux":
        pytest.skip("only Linux can filter the system calls of a process")
    spec = importlib.util.spec_from_file_location("no_system_calls", NO_SYSTEM_CALLS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.can_forbid_system_calls():
        pytest.skip("this kernel does not filter, or reads its clock by a system call")
    return module


def test_a_verified_call_makes_no_system_call(no_system_calls: ModuleType) -> None:
    guard = make(SYNC_SELDOM)
    verify(guard, OLD)

    def one() -> None:
        ticket = guard.admit(OLD, PORTAL, operation="GetCampaigns")
        ticket.sent()
        ticket.settle(Outcome.VERIFICATION)

    assert no_system_calls.runs_without_system_calls(one)


def test_a_system_call_is_noticed(no_system_calls: ModuleType) -> None:
    assert not no_system_calls.runs_without_system_calls(os.getppid)

import gc
import weakref

import pytest

from cyara_auth.errors import ProbeWaitTimeoutError
from cyara_auth.guard import shared as guard_sharing
from cyara_auth.guard.shared import shared_guard
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import Outcome

from .parts import GUARDED, OLD, PORTAL, STRICT, call


def test_clients_in_a_row_share_a_guard_and_so_its_places() -> None:
    store = MemoryStrikeStore()
    first, second = shared_guard(store, GUARDED), shared_guard(store, GUARDED)
    call(first, OLD, Outcome.VERIFICATION)
    with first.admit(OLD, PORTAL), second.admit(OLD, PORTAL), pytest.raises(ProbeWaitTimeoutError):
        second.admit(OLD, PORTAL, timeout=0.0)


def test_other_settings_or_another_store_mean_another_guard() -> None:
    store = MemoryStrikeStore()
    guard = shared_guard(store, GUARDED)
    assert shared_guard(store, STRICT) is not guard
    assert shared_guard(MemoryStrikeStore(), GUARDED) is not guard


def test_a_store_that_is_not_hashable_is_not_shared() -> None:
    class Comparable(MemoryStrikeStore):
        __hash__ = None  # type: ignore[assignment]  # as attrs and dataclasses do with mutable classes

    store = Comparable()
    assert shared_guard(store, GUARDED) is not shared_guard(store, GUARDED)


def test_the_last_user_takes_the_guard_along() -> None:
    store = MemoryStrikeStore()
    guard = weakref.ref(shared_guard(store, GUARDED))
    kept = weakref.ref(store)
    del store
    gc.collect()
    assert guard() is None
    assert kept() is None


def test_a_forked_child_gets_a_lock_of_its_own() -> None:
    lock = guard_sharing._lock  # noqa: SLF001  # the lock is the point of this test
    with lock._lock:  # noqa: SLF001  # as a thread of the parent would hold it
        lock.after_fork_in_child()
        assert shared_guard(MemoryStrikeStore(), GUARDED).settings is GUARDED

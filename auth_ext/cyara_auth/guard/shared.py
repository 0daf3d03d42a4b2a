"""One guard per process, store and settings, so that clients made in a row share what this process knows.

Kept places, the queue of waiters and the memory of rejections are per process. With a guard for each client, clients
would keep places from each other, and would wait for each other's calls by polling the store.
"""

from typing import Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from cyara_auth._platform.fork import ModuleLock
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.stores.base import StrikeStore

# Held weakly: the last client that uses a guard takes it along.
_guards: Final[WeakKeyDictionary[StrikeStore, WeakValueDictionary[GuardSettings, StrikeGuard]]] = WeakKeyDictionary()
_lock = ModuleLock()


def shared_guard(store: StrikeStore, settings: GuardSettings) -> StrikeGuard:
    """Return this process's guard over `store` with these settings.

    A store of the caller's own that cannot be told from an equal one (not hashable), or not be held weakly, gets a
    guard for each call.
    """
    with _lock:
        try:
            over_store = _guards.setdefault(store, WeakValueDictionary())
        except TypeError:
            return StrikeGuard(store=store, settings=settings)
        guard = over_store.get(settings)
        if guard is None:
            guard = over_store[settings] = StrikeGuard(store=store, settings=settings)
        return guard

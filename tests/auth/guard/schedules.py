"""Deterministic schedules of threads over the memory store; run by `frontrun python schedules.py STORE`.

Every worker does what a guarded call with a stale pair does: ask, send if granted, report the 401. Whatever the order
of their steps, one call is sent. `torn` is a store that forgets to be atomic, and has to be caught.
"""

import sys

import frontrun  # type: ignore[import-untyped]  # has no type information

from cyara_auth.machine import Instant, Owner
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Admit, Decision, Event, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import EMPTY, Admission, Incident, KeyState, Outcome

NOW = Instant(domain="test", seconds=1.0)
OWNER = Owner(host="host", pid_namespace="namespace", boot="boot", pid=1, started="then")


class TornStore:
    """Decides on what it read a moment ago: check, then act."""

    def __init__(self) -> None:
        self.state: KeyState = EMPTY

    def apply(self, key_id: str, event: Event) -> Decision:
        del key_id
        decision = decide(self.state, event)
        self.state = decision.state
        return decision


class Scene:
    """A store, and the calls that reached the portal."""

    def __init__(self) -> None:
        self.store = TornStore() if sys.argv[1] == "torn" else MemoryStrikeStore(clock=lambda: NOW)
        self.invalid: list[str] = []


class Caller:
    """One thread with a stale pair."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, scene: Scene) -> None:
        settings = GuardSettings()
        admit = Admit(
            now=NOW, settings=settings, pair="stale", origin="portal", owner=OWNER, ticket=self.name, orphan_ttl=150.0
        )
        if scene.store.apply("key", admit).admission is Admission.GRANT:
            scene.invalid.append(self.name)
            strike = Settle(
                now=NOW,
                settings=settings,
                pair="stale",
                origin="portal",
                outcome=Outcome.STRIKE,
                ticket=self.name,
                incident=Incident(wall=0.0, host="host", pid=1),
            )
            scene.store.apply("key", strike)


if __name__ == "__main__":
    found = frontrun.explore(
        setup=Scene,
        workers=[Caller(name) for name in ("one", "two", "three")],
        invariant=lambda scene: len(scene.invalid) == 1,
        strategy="random",  # with a seed: the same schedules in every run
        seed=7,
        max_attempts=80,
        total_timeout=25.0,
    )
    print(found.property_holds, found.num_explored)  # noqa: T201  # read by the test

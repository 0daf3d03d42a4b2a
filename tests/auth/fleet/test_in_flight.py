"""What a server counts that knows nothing of us: how many calls meet it at once, and what a regeneration costs then."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import attrs
import pytest

from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import GuardPolicy

from ..wire.loopback import KEY, PAIR, TOKEN, Reply, Seen, WireServer
from .conftest import run_fleets
from .crowd import Client, Crowd

OTHER = f"{KEY}:{TOKEN[::-1][1:]}="
DELAY = 0.03


class CountingServer(WireServer):
    """Judges by one token, which changes at a given arrival or by hand, and counts by the worst reading."""

    def __init__(self) -> None:
        super().__init__()
        self.good = PAIR
        self.delay = DELAY
        self.change_at: int | None = None
        self.invalid = 0
        self.arrivals = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._lock = threading.Lock()
        self.script = self._answer

    def _answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.arrivals += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            if self.arrivals == self.change_at:
                self.good = OTHER
        time.sleep(self.delay)
        with self._lock:
            self.in_flight -= 1
            # Judged when it is answered: the regeneration finds all of them under way.
            accepted = seen.authorization == [f"ApiKey {self.good}"]
            self.invalid += not accepted
        return Reply() if accepted else Reply(status=401)


@pytest.fixture
def counting() -> Iterator[CountingServer]:
    with CountingServer() as server:
        yield server


@pytest.mark.parametrize("policy", [GuardPolicy.GUARDED, GuardPolicy.STRICT])
@pytest.mark.parametrize("change_at", [1, 2, 30])
def test_fifty_busy_threads_and_a_regeneration_that_nobody_announced(
    counting: CountingServer, policy: GuardPolicy, change_at: int
) -> None:
    counting.change_at = change_at
    crowd = Crowd()
    with Client(base_url=counting.base_url, credential=PAIR, store=MemoryStrikeStore(), policy=policy) as client:
        crowd.add_threads(client, 50, calls=3)
        seen = crowd.run()
    assert 1 <= counting.invalid <= 2
    assert counting.most_in_flight <= 2
    assert seen["200"] == counting.arrivals - counting.invalid
    assert set(seen) <= {"200", "401", "CredentialRejectedError"}


@pytest.mark.parametrize("policy", ["guarded", "strict"])
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_eight_processes_of_sixteen_busy_threads(
    counting: CountingServer, store_url: Callable[[str], str], kind: str, policy: str
) -> None:
    counting.change_at = 120
    order = {"processes": 8, "threads": 16, "calls": 4, "policy": policy}
    (seen,) = run_fleets([{**order, "base_url": counting.base_url, "credential": PAIR, "store": store_url(kind)}])
    assert 1 <= counting.invalid <= 2
    assert counting.most_in_flight <= 2
    assert seen["200"] == counting.arrivals - counting.invalid
    assert set(seen) <= {"200", "401", "CredentialRejectedError"}


@pytest.mark.parametrize(("policy", "most", "longest"), [("guarded", 2, 16.0), ("concurrent", 64, 4.0)])
def test_sixty_four_threads_at_a_slow_portal_are_all_answered(
    counting: CountingServer, policy: str, most: int, longest: float
) -> None:
    """Each waits for a place as long as others make progress, many times as long as for a probe."""
    counting.delay = 0.3
    options = {"base_url": counting.base_url, "credential": PAIR, "store": MemoryStrikeStore(), "policy": policy}
    crowd = Crowd()
    with Client(**options) as client:
        core = client.threads._transport.injector.guard._core  # noqa: SLF001 - a shorter test of the same proportions
        core.settings = attrs.evolve(core.settings, probe_wait=1.0)
        crowd.add_threads(client, 64)
        began = time.monotonic()
        assert crowd.run() == {"200": 64}
    assert time.monotonic() - began < longest
    assert counting.most_in_flight <= most
    assert counting.invalid == 0


def test_eight_processes_share_two_places_and_none_starves(
    counting: CountingServer, store_url: Callable[[str], str]
) -> None:
    order = {"processes": 8, "threads": 2, "calls": 6}
    (seen,) = run_fleets([{**order, "base_url": counting.base_url, "credential": PAIR, "store": store_url("sqlite")}])
    assert seen == Counter({"200": 96})
    assert counting.most_in_flight <= 2
    assert counting.invalid == 0

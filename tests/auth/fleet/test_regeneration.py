"""The token is regenerated while calls are in flight: announced it costs nothing, unannounced what the policy says."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.strikes.events import RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.state import Incident, KeyMode, PairState
from cyara_tools.portal.faults import Fault, Stage

from .conftest import Scene
from .crowd import Crowd, call

INCIDENT = Incident(wall=0.0, host="test", pid=1)
SYNC_INTERVAL = 0.25


@pytest.mark.parametrize(
    ("kind", "index"), [("memory", index) for index in range(1, 37)] + [("sqlite", index) for index in (1, 2, 3, 5, 21)]
)
def test_row_66_strict_at_any_arrival(make_scene: Callable[[str], Scene], kind: str, index: int) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    scene.portal.inject(Fault(delay=0.01, times=None))
    scene.portal.regenerate_before(scene.portal.arrivals + index)
    crowd = Crowd()
    with scene.client(good, policy="strict") as client:
        crowd.add_threads(client, 12, calls=3)
        seen = crowd.run()
    assert scene.portal.credential != good
    assert scene.invalid_calls == seen["401"]
    assert 1 <= scene.invalid_calls <= 2
    assert not scene.portal.token_void


@pytest.mark.parametrize("index", [1, 10, 40, 80])
def test_row_65_guarded_no_more_than_were_in_flight(scene: Scene, index: int) -> None:
    good = scene.portal.credential
    scene.portal.inject(Fault(delay=0.02, times=None))
    scene.portal.regenerate_before(scene.portal.arrivals + index)
    callers = 16
    crowd = Crowd()
    with scene.client(good) as client:
        crowd.add_threads(client, callers, calls=12)
        seen = crowd.run()
    # Nobody who has an answer begins another call once one 401 is known, so each caller has at most one.
    assert 1 <= seen["401"] <= callers
    assert scene.invalid_calls == seen["401"]
    assert seen["CredentialRejectedError"] > 0
    assert scene.state.strikes == seen["401"]
    arrivals = scene.portal.arrivals
    with scene.client(good) as client:
        assert call(client) == "CredentialRejectedError"
    assert scene.portal.arrivals == arrivals


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_row_65_every_sharer_stops_within_the_sync_interval(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    with scene.client(good) as one, scene.client(good) as two:
        assert [call(client) for client in (one, two) for _ in range(40)] == ["200"] * 80
        scene.portal.regenerate_token()
        assert call(one) == "401"
        time.sleep(SYNC_INTERVAL + 0.1)
        assert call(two) == "CredentialRejectedError"
    assert scene.invalid_calls == 1


class Changing:
    """A source that is replaced while it is in use, as a file is by `cyara auth rotate commit`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self) -> ApiCredential:
        return ApiCredential.parse(self.text)

    def version(self) -> str:
        return self.text


def test_row_67_a_rotation_under_load_costs_nothing(scene: Scene) -> None:
    store = scene.store
    source = Changing(scene.portal.credential)
    key_id = source().key_fingerprint
    client = scene.client(source)
    ended = threading.Event()
    seen: list[tuple[float, str, str]] = []

    def load() -> None:
        while not ended.is_set():
            outcome = call(client)
            seen.append((time.monotonic(), threading.current_thread().name, outcome))
            if outcome != "200":
                time.sleep(0.02)

    threads = [threading.Thread(target=load) for _ in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(0.4)
    store.apply(key_id, RotateBegin(incident=INCIDENT))
    stopped = time.monotonic() + SYNC_INTERVAL
    deadline = stopped + 30
    # Every sharer has asked the store, and nobody is on the way any more: each thread has been refused since.
    while len({name for moment, name, outcome in tuple(seen) if moment > stopped and outcome != "200"}) < len(threads):
        assert time.monotonic() < deadline, "the load did not stop"
        time.sleep(0.02)
    arrivals = scene.portal.arrivals
    source.text = scene.portal.regenerate_token()
    assert scene.portal.arrivals == arrivals
    store.apply(key_id, RotateCommit(now=store.clock(), incident=INCIDENT, pair=source().fingerprint))
    committed = time.monotonic()
    while sum(outcome == "200" for moment, _, outcome in tuple(seen) if moment > committed) <= len(threads):
        assert time.monotonic() < deadline, "the load did not go on"
        time.sleep(0.02)
    ended.set()
    for thread in threads:
        thread.join(timeout=10)
    client.threads.close()
    counts = Counter(outcome for _, _, outcome in seen)
    assert counts["401"] == 0
    assert counts["RotationInProgressError"] > 0
    assert sum(outcome == "200" for moment, _, outcome in seen if moment > committed) > 12
    assert scene.invalid_calls == 0
    assert (scene.state.strikes, scene.state.mode) == (0, KeyMode.NORMAL)


def test_a_rotation_that_is_called_off_costs_nothing_either(scene: Scene) -> None:
    store = scene.store
    good = scene.portal.credential
    key_id = ApiCredential.parse(good).key_fingerprint
    with scene.client(good) as client:
        assert call(client) == "200"
        store.apply(key_id, RotateBegin(incident=INCIDENT))
        time.sleep(SYNC_INTERVAL + 0.05)
        assert call(client) == "RotationInProgressError"
        store.apply(key_id, RotateAbort())
        assert call(client) == "200"
    assert scene.invalid_calls == 0


def test_row_68_stragglers_with_the_old_pair_are_told_without_a_call(scene: Scene) -> None:
    old = scene.portal.credential
    with scene.client(old) as straggler:
        assert call(straggler) == "200"
        new = scene.portal.regenerate_token()
        with scene.client(new) as informed:
            assert call(informed) == "200"
        time.sleep(SYNC_INTERVAL + 0.05)
        arrivals = scene.portal.arrivals
        assert call(straggler) == "CredentialSupersededError"
        assert scene.portal.arrivals == arrivals
    assert scene.invalid_calls == 0


def test_row_70_a_late_401_of_the_old_pair_leaves_the_new_one_alone(scene: Scene) -> None:
    old = scene.portal.credential
    late: list[str] = []
    with scene.client(old) as straggler:
        assert call(straggler) == "200"
        new = scene.portal.regenerate_token()
        scene.portal.inject(Fault(delay=0.5, stage=Stage.AFTER_EVALUATION))
        thread = threading.Thread(target=lambda: late.append(call(straggler)))
        thread.start()
        while scene.invalid_calls == 0:
            time.sleep(0.005)
        with scene.client(new) as informed:
            assert call(informed) == "200"
            thread.join(timeout=20)
            assert late == ["401"]
            assert [call(informed) for _ in range(3)] == ["200"] * 3
    verdicts = {pair.fingerprint: pair.verdict for pair in scene.state.pairs}
    assert verdicts[ApiCredential.parse(old).fingerprint].is_final
    assert verdicts[ApiCredential.parse(new).fingerprint] is PairState.VERIFIED
    assert scene.invalid_calls == scene.state.strikes == 1


@pytest.mark.parametrize("policy", ["guarded", "strict"])
@pytest.mark.parametrize("in_flight", [0, 1, 2])
def test_row_64_a_regeneration_with_few_calls_in_flight(scene: Scene, policy: str, in_flight: int) -> None:
    good = scene.portal.credential
    with scene.client(good, policy=policy) as client:
        assert call(client) == "200"
        if in_flight:
            scene.portal.inject(Fault(delay=1.5, times=in_flight, stage=Stage.BEFORE_EVALUATION))
        arrivals = scene.portal.arrivals
        crowd = Crowd()
        crowd.add_threads(client, in_flight)

        def regenerate_when_they_are_there() -> None:
            while scene.portal.arrivals < arrivals + in_flight:
                time.sleep(0.005)
            scene.portal.regenerate_token()

        regenerate = threading.Thread(target=regenerate_when_they_are_there)
        regenerate.start()
        seen = crowd.run()
        regenerate.join()
        assert seen["401"] == in_flight
        assert scene.portal.arrivals == arrivals + in_flight
        crowd = Crowd()
        crowd.add_threads(client, 10)
        afterwards = crowd.run()
    # Right after a verification, two callers at most are on their way.
    assert seen["401"] + afterwards["401"] == scene.invalid_calls
    assert max(1, in_flight) <= scene.invalid_calls <= 2
    assert not scene.portal.token_void


@pytest.mark.parametrize("policy", ["guarded", "strict"])
def test_row_69_a_late_success_does_not_open_the_gate_again(scene: Scene, policy: str) -> None:
    good = scene.portal.credential
    late: list[str] = []
    with scene.client(good, policy=policy) as client, scene.client(good, policy=policy) as another:
        assert call(client) == "200"
        scene.portal.inject(Fault(delay=0.5, stage=Stage.AFTER_EVALUATION))
        arrivals = scene.portal.arrivals
        thread = threading.Thread(target=lambda: late.append(call(client)))
        thread.start()
        while scene.portal.arrivals == arrivals or scene.portal.requests[-1].credential_result != "accepted":
            time.sleep(0.005)  # until it has been judged, and its answer is on hold
        scene.portal.regenerate_token()
        assert call(client) == "401"
        thread.join(timeout=20)
        assert late == ["200"]
        arrivals = scene.portal.arrivals
        time.sleep(SYNC_INTERVAL + 0.05)
        assert [call(client), call(another)] == ["CredentialRejectedError"] * 2
        assert scene.portal.arrivals == arrivals
    assert scene.invalid_calls == 1

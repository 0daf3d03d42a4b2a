"""The token is regenerated while calls are in flight: announced it costs nothing, unannounced what the policy says."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Self

import pytest

from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialSupersededError
from cyara_auth.guard.places import IDLE
from cyara_auth.origin import Origin
from cyara_auth.strikes.events import RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.rotation import drained_in
from cyara_auth.strikes.state import Incident, KeyMode, PairState
from cyara_tools.portal.faults import Fault, Stage

from ..wire.loopback import wait_until
from .conftest import Scene
from .crowd import PATH, Client, Crowd, call

INCIDENT = Incident(wall=0.0, host="test", pid=1)
SYNC_INTERVAL = 0.25
CALLERS = 16
BOTH = pytest.mark.parametrize("policy", ["guarded", "concurrent"])


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
@pytest.mark.parametrize(("policy", "bound"), [("guarded", 2), ("concurrent", CALLERS)])
def test_row_65_no_more_than_the_policy_lets_be_in_flight(scene: Scene, index: int, policy: str, bound: int) -> None:
    good = scene.portal.credential
    scene.portal.inject(Fault(delay=0.02, times=None))
    scene.portal.regenerate_before(scene.portal.arrivals + index)
    crowd = Crowd()
    with scene.client(good, policy=policy) as client:
        crowd.add_threads(client, CALLERS, calls=12)
        seen = crowd.run()
    # Nobody who has an answer begins another call once one 401 is known, so each caller has at most one.
    assert 1 <= seen["401"] <= bound
    assert scene.invalid_calls == seen["401"]
    assert seen["CredentialRejectedError"] > 0
    assert scene.state.strikes == seen["401"]
    arrivals = scene.portal.arrivals
    with scene.client(good) as client:
        assert call(client) == "CredentialRejectedError"
    assert scene.portal.arrivals == arrivals


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@BOTH
def test_row_65_every_sharer_stops_within_the_sync_interval(
    make_scene: Callable[[str], Scene], kind: str, policy: str
) -> None:
    scene = make_scene(kind)
    good = scene.portal.credential
    with scene.client(good, policy=policy) as one, scene.client(good, policy=policy) as two:
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


class Load:
    """Threads that call on and on, and keep what came of it and when."""

    def __init__(self, client: Client, threads: int) -> None:
        self.ended = threading.Event()
        self.seen: list[tuple[float, str, str]] = []
        self.client = client
        self.threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self) -> None:
        while not self.ended.is_set():
            outcome = call(self.client)
            self.seen.append((time.monotonic(), threading.current_thread().name, outcome))
            if outcome != "200":
                time.sleep(0.02)

    def successes_since(self, moment: float) -> int:
        return sum(outcome == "200" for when, _, outcome in tuple(self.seen) if when > moment)

    def refused_since(self, moment: float) -> int:
        return len({name for when, name, outcome in tuple(self.seen) if when > moment and outcome != "200"})

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        time.sleep(0.4)
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(timeout=20)
        self.client.threads.close()

    @property
    def counts(self) -> Counter[str]:
        return Counter(outcome for _, _, outcome in self.seen)


def rotate_under_load(scene: Scene, source: Changing, load: Load, is_quiet: Callable[[float], bool]) -> None:
    """Rotate as an operator does: begin, wait until nothing is on the way, regenerate, commit."""
    store, key_id = scene.store, source().key_fingerprint
    begin = RotateBegin(now=store.clock(), incident=INCIDENT)
    store.apply(key_id, begin)
    stopped = time.monotonic() + SYNC_INTERVAL
    wait_until(lambda: is_quiet(stopped), 30)
    arrivals = scene.portal.arrivals
    source.text = scene.portal.regenerate_token()
    time.sleep(0.3)
    assert scene.portal.arrivals == arrivals, "somebody called during the rotation"
    store.apply(key_id, RotateCommit(now=store.clock(), incident=INCIDENT, pair=source().fingerprint))
    committed = time.monotonic()
    wait_until(lambda: load.successes_since(committed) > len(load.threads), 30)


def is_drained(scene: Scene) -> bool:
    return drained_in(scene.state, scene.store.clock()) <= 0


def test_row_67_a_rotation_under_load_costs_nothing(scene: Scene) -> None:
    """Neither an invalid call nor a failed one: callers wait, and go on with what their source has then."""
    source = Changing(scene.portal.credential)
    with Load(scene.client(source), 12) as load:
        rotate_under_load(scene, source, load, lambda _: is_drained(scene))
    assert set(load.counts) == {"200"}
    assert scene.invalid_calls == 0
    assert (scene.state.strikes, scene.state.mode) == (0, KeyMode.NORMAL)


@BOTH
def test_row_67_callers_that_do_not_wait_are_refused_at_once(scene: Scene, policy: str) -> None:
    source = Changing(scene.portal.credential)
    with Load(scene.client(source, policy=policy, rotation_wait=0), 12) as load:
        # Every sharer has asked the store, and nobody is on the way any more: each thread has been refused since.
        rotate_under_load(scene, source, load, lambda stopped: load.refused_since(stopped) == 12)
    assert set(load.counts) == {"200", "RotationInProgressError"}
    assert scene.invalid_calls == 0
    assert (scene.state.strikes, scene.state.mode) == (0, KeyMode.NORMAL)


def test_row_67_who_has_the_old_pair_as_a_fixed_argument_is_told_so(scene: Scene) -> None:
    old = scene.portal.credential
    key_id = ApiCredential.parse(old).key_fingerprint
    with scene.client(old) as client:
        assert call(client) == "200"
        scene.store.apply(key_id, RotateBegin(now=scene.store.clock(), incident=INCIDENT))
        wait_until(lambda: is_drained(scene), 30)
        arrivals = scene.portal.arrivals
        crowd = Crowd()
        crowd.add_threads(client, 4)
        waiting = threading.Thread(target=crowd.run)
        waiting.start()
        time.sleep(0.3)
        assert crowd.seen == {}
        new = ApiCredential.parse(scene.portal.regenerate_token())
        commit = RotateCommit(now=scene.store.clock(), incident=INCIDENT, pair=new.fingerprint)
        scene.store.apply(key_id, commit)
        waiting.join(timeout=20)
        assert crowd.seen == {"CredentialSupersededError": 4}
        with pytest.raises(CredentialSupersededError, match=r"from argument.*Nothing was sent") as caught:
            client.threads.get(PATH)
        assert new.fingerprint[:8] in str(caught.value)
    assert scene.portal.arrivals == arrivals
    assert scene.invalid_calls == 0


def test_a_rotation_that_is_called_off_costs_nothing_either(scene: Scene) -> None:
    store = scene.store
    good = scene.portal.credential
    key_id = ApiCredential.parse(good).key_fingerprint
    with scene.client(good, rotation_wait=0) as client:
        assert call(client) == "200"
        store.apply(key_id, RotateBegin(now=store.clock(), incident=INCIDENT))
        time.sleep(IDLE + 0.4)  # a place that is kept may serve a call that began before anybody looked
        assert call(client) == "RotationInProgressError"
        store.apply(key_id, RotateAbort())
        assert call(client) == "200"
    assert scene.invalid_calls == 0


def test_a_rotation_that_is_called_off_ends_the_wait_at_once(scene: Scene) -> None:
    store = scene.store
    good = scene.portal.credential
    key_id = ApiCredential.parse(good).key_fingerprint
    with scene.client(good) as client:
        assert call(client) == "200"
        store.apply(key_id, RotateBegin(now=store.clock(), incident=INCIDENT))
        wait_until(lambda: is_drained(scene), 30)
        arrivals = scene.portal.arrivals
        crowd = Crowd()
        crowd.add_threads(client, 4)
        crowd.add_loop(client, 4)
        waiting = threading.Thread(target=crowd.run)
        waiting.start()
        time.sleep(0.7)
        assert crowd.seen == {}
        assert scene.portal.arrivals == arrivals
        store.apply(key_id, RotateAbort())
        waiting.join(timeout=5)
        assert crowd.seen == {"200": 8}
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


@BOTH
def test_row_70_a_late_401_of_the_old_pair_leaves_the_new_one_alone(scene: Scene, policy: str) -> None:
    old = scene.portal.credential
    late: list[str] = []
    with scene.client(old, policy=policy) as straggler:
        assert call(straggler) == "200"
        new = scene.portal.regenerate_token()
        scene.portal.inject(Fault(delay=0.5, stage=Stage.AFTER_EVALUATION))
        thread = threading.Thread(target=lambda: late.append(call(straggler)))
        thread.start()
        while scene.invalid_calls == 0:
            time.sleep(0.005)
        with scene.client(new, policy=policy) as informed:
            assert call(informed) == "200"
            thread.join(timeout=20)
            assert late == ["401"]
            assert [call(informed) for _ in range(3)] == ["200"] * 3
    origin = Origin.of(httpx.URL(scene.portal.origin)).canonical
    verdicts = {pair.fingerprint: pair.at(origin).verdict for pair in scene.state.pairs}
    assert verdicts[ApiCredential.parse(old).fingerprint] is PairState.REJECTED
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

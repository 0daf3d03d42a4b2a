"""How often to ask, and for how long: time is a number that the test moves."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_auth.errors import ConfigurationError, WaitTimeoutError
from cyara_auth.workflows.polling import Pace, PollProgress, wait, wait_async


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


def test_it_returns_the_first_answer_that_holds_and_never_sleeps_for_it() -> None:
    clock = Clock()
    assert wait(lambda: "done", until=lambda a: a == "done", clock=clock, sleep=clock.sleep) == "done"
    assert clock.slept == []


def test_pauses_grow_up_to_the_longest_and_the_last_is_cut_at_the_deadline() -> None:
    clock = Clock()
    pace = Pace(interval=1, backoff=2, longest_interval=5, deadline=16)
    with pytest.raises(WaitTimeoutError) as caught:
        wait(lambda: "no", until=lambda _a: False, pace=pace, clock=clock, sleep=clock.sleep)
    assert clock.slept == [1, 2, 4, 5, 4]
    assert (caught.value.last, caught.value.attempts, caught.value.seconds) == ("no", 6, 16)
    assert "16 seconds" in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.05, "0.05"), (0.3004, "0.3"), (1.0, "1"), (9.72, "9.7"), (16.4, "16"), (3600.2, "3600")],
)
def test_a_short_deadline_is_not_said_to_be_none(seconds: float, said: str) -> None:
    error = WaitTimeoutError(last=None, attempts=1, seconds=seconds)
    assert f"within {said} seconds (questions asked: 1)" in str(error)


def test_progress_hears_of_every_answer_but_the_last() -> None:
    clock = Clock()
    heard: list[PollProgress[int]] = []
    numbers = itertools.count()
    last = wait(
        lambda: next(numbers),
        until=lambda n: n == 3,
        pace=Pace(interval=2),
        on_progress=heard.append,
        clock=clock,
        sleep=clock.sleep,
    )
    assert last == 3
    assert [(p.value, p.attempt, p.elapsed, p.next_in) for p in heard] == [(0, 1, 0, 2), (1, 2, 2, 2), (2, 3, 4, 2)]


def test_async_asks_at_the_same_moments_as_sync() -> None:
    def moments(runner: object) -> list[float]:
        clock = Clock()
        asked: list[float] = []

        def call() -> float:
            asked.append(clock.now)
            return clock.now

        async def call_async() -> float:
            return call()

        pace = Pace(interval=0.5, backoff=1.5, longest_interval=3, deadline=20)

        def blocking() -> float:
            return wait(call, until=lambda _m: False, pace=pace, clock=clock, sleep=clock.sleep)

        def looping() -> float:
            return asyncio.run(
                wait_async(call_async, until=lambda _m: False, pace=pace, clock=clock, sleep=clock.sleep_async)
            )

        with pytest.raises(WaitTimeoutError):
            (blocking if runner is wait else looping)()
        return asked

    assert moments(wait) == moments(wait_async)


def test_errors_of_the_call_and_ctrl_c_pass_through() -> None:
    def broken() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait(broken, until=bool)


@pytest.mark.parametrize(
    ("wrong", "takes"),
    [
        ({"interval": 0}, "a number above 0, not 0"),
        ({"interval": -1}, "a number above 0, not -1"),
        ({"backoff": 0.5}, "a number from 1, not 0.5"),
        ({"deadline": "60"}, "a number above 0, not a value of type str"),
        ({"deadline": float("nan")}, "a number above 0, not nan"),
        ({"longest_interval": None}, "a number above 0, not None"),
    ],
)
def test_a_pace_that_would_spin_or_never_ask_is_refused(wrong: dict[str, float], takes: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Pace(**wrong)
    assert str(caught.value).startswith(f"{next(iter(wrong))}= takes {takes}. Nothing was sent. Next: ")


@given(
    interval=st.floats(0.01, 100),
    backoff=st.floats(1, 50),
    longest=st.floats(0.01, 100),
    deadline=st.floats(1, 500),
)
def test_no_pause_is_negative_or_passes_the_deadline(
    interval: float, backoff: float, longest: float, deadline: float
) -> None:
    pace = Pace(interval=interval, backoff=backoff, longest_interval=longest, deadline=deadline)
    elapsed = 0.0
    for attempt in range(1, 200):
        pause = pace.delay(attempt=attempt, elapsed=elapsed)
        if pause is None:
            assert elapsed >= deadline
            return
        assert 0 < pause <= max(interval, longest)
        assert elapsed + pause <= deadline * (1 + 1e-9)
        elapsed += pause

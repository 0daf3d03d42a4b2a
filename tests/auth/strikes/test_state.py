import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_auth.machine import Instant
from cyara_auth.strikes.events import Reset, RotateBegin
from cyara_auth.strikes.state import EMPTY, Outcome
from cyara_auth.strikes.state_json import StateFormatError, dump_state, load_state

from .story import STRICT, Story, incident

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), st.sampled_from("abc"), st.sampled_from("123")),
        st.tuples(st.sampled_from(list(Outcome)), st.sampled_from("abc"), st.sampled_from(["1", "2", "3", None])),
        st.sampled_from([("later",), ("begin",), ("reset",)]),
    ),
    max_size=12,
)


def tell(steps: list[tuple[str | None, ...]]) -> Story:
    story = Story(STRICT)
    for step in steps:
        match step:
            case ("later",):
                story.later(100.0)
            case ("begin",):
                story.apply(RotateBegin(incident=incident()))
            case ("reset",):
                story.apply(Reset(now=story.now))
            case ("admit", str(pair), str(ticket)):
                if story.state.ticket(ticket) is None:
                    story.admit(pair, ticket)
            case (Outcome() as outcome, str(pair), ticket):
                story.settle(pair, outcome, ticket)
            case _:
                raise AssertionError(step)
    return story


@given(STEPS)
def test_every_state_survives_being_written_and_read(steps: list[tuple[str | None, ...]]) -> None:
    state = tell(steps).state
    assert load_state(dump_state(state)) == state


def test_a_withdrawn_verification_survives_being_written_and_read() -> None:
    story = Story(STRICT).verify("good")
    story.settle("good", Outcome.REVERIFY, None)
    assert load_state(dump_state(story.state)) == story.state


@given(STEPS)
def test_every_event_leaves_a_sound_state(steps: list[tuple[str | None, ...]]) -> None:
    state = tell(steps).state
    assert 0 <= state.watermark <= state.strikes
    assert all(ticket.watermark <= state.strikes for ticket in state.tickets)
    assert len({pair.fingerprint for pair in state.pairs}) == len(state.pairs)
    assert len(state.tickets) <= STRICT.budget


def test_a_whole_number_is_read_as_a_time() -> None:
    text = '{"format":1,"pairs":[{"fingerprint":"p","first_seen":{"domain":"d","seconds":5}}]}'
    seconds = load_state(text).pairs[0].first_seen.seconds
    assert isinstance(seconds, float)
    assert seconds == 5.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"format":2}',
        '{"format":1,"unheard_of":1}',
        '{"format":1,"strikes":"1"}',
        '{"format":1,"strikes":true}',
        '{"format":1,"mode":"paused"}',
        '{"format":1,"pairs":[{"fingerprint":"p"}]}',
        '{"format":1,"pairs":{"fingerprint":"p"}}',
        '{"format":1,"tickets":7}',
    ],
)
def test_what_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(StateFormatError):
        load_state(text)


def test_an_unknown_key_costs_no_space() -> None:
    assert json.loads(dump_state(EMPTY)) == {"format": 1}


def test_instants_of_different_domains_do_not_compare() -> None:
    assert Instant(domain="a", seconds=5.0).since(Instant(domain="a", seconds=3.0)) == 2.0
    assert Instant(domain="a", seconds=5.0).since(Instant(domain="b", seconds=3.0)) is None
    assert Instant(domain="a", seconds=3.0).since(Instant(domain="a", seconds=5.0)) is None

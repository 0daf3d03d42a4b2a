import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_auth.machine import Instant
from cyara_auth.strikes.events import DateTickets, Event, Reset, RotateAbort, RotateBegin, RotateCommit, StillValid
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    EMPTY,
    Outcome,
    PairRecord,
    PairState,
    Standing,
    TicketStatus,
    speaks_for,
    verdict_against,
)
from cyara_auth.strikes.state_json import StateFormatError, dump_state, load_state

from .story import CONCURRENT, GUARDED, LOOPBACK, OTHER_PORTAL, PORTAL, STRICT, Story, incident

ORIGINS = st.sampled_from([PORTAL, LOOPBACK])
TICKETS = st.sampled_from(["1", "2", "3"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), st.sampled_from("abc"), TICKETS, ORIGINS),
        st.tuples(st.just("renew"), TICKETS),
        st.tuples(
            st.sampled_from(list(Outcome)),
            st.sampled_from("abc"),
            st.one_of(TICKETS, st.none()),
            ORIGINS,
            st.booleans(),
        ),
        st.sampled_from([("later",), ("begin",), ("commit",), ("abort",), ("reset",), ("still valid",), ("date",)]),
    ),
    max_size=12,
)
POLICIES = st.sampled_from([GUARDED, STRICT, CONCURRENT])
Step = tuple[str | bool | None, ...]


def said(step: str, story: Story) -> Event:
    return {
        "begin": RotateBegin(now=story.now, incident=incident()),
        "commit": RotateCommit(now=story.now, incident=incident(), pair="b"),
        "abort": RotateAbort(),
        "reset": Reset(now=story.now),
        "still valid": StillValid(),
        "date": DateTickets(now=story.now),
    }[step]


def tell(settings: GuardSettings, steps: list[Step]) -> Story:
    story = Story(settings)
    for step in steps:
        match step:
            case ("later",):
                story.later(100.0)
            case (str(word),):
                story.apply(said(word, story))
            case ("renew", str(ticket)):
                story.renew(ticket, verified_at=story.now)
            case ("admit", str(pair), str(ticket), str(origin)):
                if story.state.ticket(ticket) is None:
                    story.admit(pair, ticket, origin=origin, waiting_life=6.0)
            case (Outcome() as outcome, str(pair), str() | None as ticket, str(origin), bool(keep)):
                # A ticket is settled by who holds it.
                held = story.state.ticket(ticket)
                pair, origin = (pair, origin) if held is None else (held.pair, held.origin)
                story.settle(pair, outcome, ticket, origin=origin, keep=keep)
            case _:
                raise AssertionError(step)
    return story


@given(POLICIES, STEPS)
def test_every_state_survives_being_written_and_read(settings: GuardSettings, steps: list[Step]) -> None:
    state = tell(settings, steps).state
    assert load_state(dump_state(state)) == state


def test_a_withdrawn_verification_survives_being_written_and_read() -> None:
    story = Story(STRICT).verify("good")
    story.settle("good", Outcome.REVERIFY, None)
    assert load_state(dump_state(story.state)) == story.state


@given(POLICIES, STEPS)
def test_every_event_leaves_a_sound_state(settings: GuardSettings, steps: list[Step]) -> None:
    state = tell(settings, steps).state
    assert 0 <= state.watermark <= state.strikes
    assert all(ticket.watermark <= state.strikes for ticket in state.tickets)
    assert len({pair.fingerprint for pair in state.pairs}) == len(state.pairs)
    assert len({ticket.id for ticket in state.tickets}) == len(state.tickets)
    assert sum(ticket.status is TicketStatus.OPEN for ticket in state.tickets) <= settings.budget
    for pair in state.pairs:
        assert len({standing.origin for standing in pair.standings}) == len(pair.standings)
        assert all(standing.was_verified for standing in pair.standings if standing.is_verified)


@given(STEPS)
def test_strict_never_charges_more_than_the_budget_to_tickets(steps: list[Step]) -> None:
    if ("still valid",) not in steps:
        assert len(tell(STRICT, steps).state.tickets) <= STRICT.budget


def test_a_state_with_everything_in_it_survives_being_written_and_read() -> None:
    story = Story(CONCURRENT).strike("typo").verify("good").verify("good", origin=LOOPBACK)
    story.admit("good")
    story.apply(StillValid())
    story.admit("new", "t1", waiting_life=6.0)
    story.admit("new", "t2", waiting_life=6.0)
    story.settle("new", Outcome.BUSY, "t1")
    story.apply(RotateBegin(now=story.now, incident=incident()))
    state = story.state
    assert state.one_more
    assert None not in (state.pause, state.drained, state.drained_at, state.waiting_at)
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="new"))
    for held in (state, story.state):
        assert load_state(dump_state(held)) == held


def test_what_speaks_against_a_pair() -> None:
    story = Story().verify("good")
    assert verdict_against(None, PORTAL) is None
    assert verdict_against(story.state.pair("good"), PORTAL) is None
    assert verdict_against(story.state.pair("good"), OTHER_PORTAL) is None
    story.strike("good")
    assert verdict_against(story.state.pair("good"), PORTAL) == (PairState.REJECTED, incident())
    assert verdict_against(story.state.pair("good"), OTHER_PORTAL) is None
    retired = PairRecord(fingerprint="old", first_seen=story.now, retired=incident(2))
    assert verdict_against(retired, OTHER_PORTAL) == (PairState.SUPERSEDED, incident(2))


@pytest.mark.parametrize(
    ("origin", "other", "speaks"),
    [
        (PORTAL, PORTAL, True),
        (PORTAL, OTHER_PORTAL, True),
        (PORTAL, LOOPBACK, True),
        (LOOPBACK, LOOPBACK, True),
        (LOOPBACK, PORTAL, False),
        (LOOPBACK, "http://127.0.0.1:8080", False),
        ("https://127.8.9.10:443", PORTAL, False),
        ("http://[::1]:80", PORTAL, False),
    ],
)
def test_loopback_speaks_for_itself_only(origin: str, other: str, speaks: bool) -> None:  # noqa: FBT001  # a table
    assert speaks_for(origin, other) is speaks


def test_a_standing_is_replaced_where_it_is() -> None:
    story = Story().verify("good").verify("good", origin=LOOPBACK)
    record = story.state.pair("good")
    assert record is not None
    lapsed = Standing(origin=PORTAL, verdict=PairState.VERIFIED, was_verified=True)
    assert record.with_standing(lapsed).at(PORTAL) == lapsed
    assert record.with_standing(lapsed).at(LOOPBACK) == record.at(LOOPBACK)
    assert len(record.with_standing(lapsed).standings) == 2


def test_a_whole_number_is_read_as_a_time() -> None:
    text = '{"format":2,"pairs":[{"fingerprint":"p","first_seen":{"domain":"d","seconds":5}}]}'
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
        '{"format":1}',
        '{"format":2,"unheard_of":1}',
        '{"format":2,"strikes":"1"}',
        '{"format":2,"strikes":true}',
        '{"format":2,"mode":"paused"}',
        '{"format":2,"pairs":[{"fingerprint":"p"}]}',
        '{"format":2,"pairs":{"fingerprint":"p"}}',
        '{"format":2,"tickets":7}',
    ],
)
def test_what_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(StateFormatError):
        load_state(text)


def test_an_unknown_key_costs_no_space() -> None:
    assert json.loads(dump_state(EMPTY)) == {"format": 2}


def test_instants_of_different_domains_do_not_compare() -> None:
    assert Instant(domain="a", seconds=5.0).since(Instant(domain="a", seconds=3.0)) == 2.0
    assert Instant(domain="a", seconds=5.0).since(Instant(domain="b", seconds=3.0)) is None
    assert Instant(domain="a", seconds=3.0).since(Instant(domain="a", seconds=5.0)) is None

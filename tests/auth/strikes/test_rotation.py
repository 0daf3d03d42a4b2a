from collections.abc import Callable

import pytest

from cyara_auth.strikes.events import DateTickets, Reset, RotateAbort, RotateBegin, RotateCommit, StillValid
from cyara_auth.strikes.rotation import drained_in
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, KeyMode, Outcome, PairState

from .story import CONCURRENT, GUARDED, LOOPBACK, ORPHAN_TTL, OTHER_PORTAL, PORTAL, STRICT, Story, incident, owner

EVERY = pytest.mark.parametrize("settings", [GUARDED, STRICT, CONCURRENT], ids=["guarded", "strict", "concurrent"])


def begin(story: Story) -> None:
    story.apply(RotateBegin(now=story.now, incident=incident()))


def commit(story: Story, pair: str = "new") -> None:
    begin(story)
    story.apply(RotateCommit(now=story.now, incident=incident(), pair=pair))


def reset(story: Story) -> None:
    story.apply(Reset(now=story.now))


@EVERY
def test_nothing_is_admitted_while_the_token_is_rotated(settings: GuardSettings) -> None:
    story = Story(settings).verify("old")
    assert story.apply(RotateBegin(now=story.now, incident=incident())).durable
    assert story.admit("old") is Admission.DRAINING
    assert story.admit("new") is Admission.DRAINING
    assert story.admit("old", confirm=True) is Admission.DRAINING
    assert (story.state.drained, story.state.drained_at) == (incident(), story.now)
    begun = story.now
    story.later(1.0)
    assert not story.apply(RotateBegin(now=story.now, incident=incident(2))).changed
    assert story.state.drained_at == begun


@EVERY
def test_a_rotation_costs_no_strike_and_ends_the_old_pair_for_good(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo").verify("old")
    begin(story)
    assert story.apply(RotateCommit(now=story.now, incident=incident(), pair="new")).durable
    assert (story.state.strikes, story.state.watermark, story.state.generation) == (0, 0, 1)
    assert story.state.mode is KeyMode.NORMAL
    assert (story.state.drained, story.state.drained_at) == (None, None)
    for origin in (PORTAL, OTHER_PORTAL, LOOPBACK):
        assert story.admit("old", origin=origin) is Admission.SUPERSEDED
        assert story.what_is("old", origin) is PairState.SUPERSEDED
    assert story.admit("old", confirm=True) is Admission.SUPERSEDED
    record = story.state.pair("old")
    assert record is not None
    assert record.retired is not None
    assert record.retired.by == "new"
    assert story.admit("typo") is Admission.SUPERSEDED
    assert story.what_is("new") is PairState.UNVERIFIED
    story.verify("new")


def test_a_late_answer_brings_no_retired_pair_back() -> None:
    story = Story(CONCURRENT).verify("old")
    story.admit("old", "t1")
    commit(story)
    assert not story.settle("old", Outcome.VERIFICATION, None).changed
    story.settle("old", Outcome.VERIFICATION, "t1")
    assert not story.settle("old", Outcome.VERIFICATION, "t1").changed
    story.settle("old", Outcome.INTERCEPTED, "t1")
    assert story.admit("old") is Admission.SUPERSEDED
    assert story.what_is("new") is PairState.UNVERIFIED


def test_a_retired_pair_that_seemed_fresh_keeps_nobody_out() -> None:
    story = Story(GUARDED).verify("first").verify("second")
    commit(story, "first")
    assert story.admit("first", "t1") is Admission.GRANT


def test_who_was_retired_keeps_the_first_reason() -> None:
    story = Story().verify("old")
    commit(story, "second")
    commit(story, "third")
    record = story.state.pair("old")
    assert record is not None
    assert record.retired is not None
    assert record.retired.by == "second"


@EVERY
def test_a_pair_that_was_never_sent_and_waits_for_the_end_is_replaced_as_well(settings: GuardSettings) -> None:
    story = Story(settings)
    begin(story)
    assert story.admit("old") is Admission.DRAINING
    assert story.last.durable
    assert story.admit("old") is Admission.DRAINING
    assert not story.last.changed
    assert story.admit("new") is Admission.DRAINING
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="new"))
    assert story.admit("old") is Admission.SUPERSEDED
    assert story.admit("new") is Admission.GRANT


def test_a_pair_that_waited_for_a_rotation_that_was_aborted_goes_on() -> None:
    story = Story()
    begin(story)
    assert story.admit("old") is Admission.DRAINING
    story.apply(RotateAbort())
    assert story.what_is("old") is PairState.UNVERIFIED
    assert story.admit("old") is Admission.GRANT


def test_a_rotation_to_a_pair_that_is_known() -> None:
    story = Story().verify("old")
    commit(story, "old")
    assert story.what_is("old") is PairState.UNVERIFIED
    story.strike("old")
    commit(story, "old")
    assert story.what_is("old") is PairState.REJECTED


def test_an_aborted_rotation_leaves_everything_as_it_was() -> None:
    story = Story().verify("old")
    before = story.state
    begin(story)
    assert story.apply(RotateAbort()).durable
    assert story.state == before


def test_commit_and_abort_without_begin_change_nothing() -> None:
    story = Story().verify("old")
    assert not story.apply(RotateCommit(now=story.now, incident=incident(), pair="new")).changed
    assert not story.apply(RotateAbort()).changed


def test_a_rotation_need_not_wait_for_nothing() -> None:
    story = Story(GUARDED).verify("old")
    assert drained_in(story.state, story.now) == 0.0
    begin(story)
    assert drained_in(story.state, story.now) == 0.0


def test_a_rotation_waits_for_open_calls_and_for_young_unknowns() -> None:
    story = Story(GUARDED).verify("old")
    story.admit("old", "t1")
    story.later(30.0)
    story.lose("old", "t2")
    begin(story)
    assert drained_in(story.state, story.now) == ORPHAN_TTL
    story.settle("old", Outcome.VERIFICATION, "t1")
    assert drained_in(story.later(ORPHAN_TTL - 1.0).state, story.now) == 1.0
    assert drained_in(story.state, story.later(5.0).now) == 0.0


def test_a_rotation_waits_for_calls_that_went_free_before_it_began() -> None:
    story = Story(CONCURRENT).verify("old")
    assert story.admit("old", orphan_ttl=2 * ORPHAN_TTL) is Admission.FREE
    assert drained_in(story.state, story.now) == 0.0
    story.later(60.0)
    begin(story)
    assert drained_in(story.state, story.later(1.0).now) == 2 * ORPHAN_TTL - 1.0
    assert drained_in(story.state, story.later(2 * ORPHAN_TTL).now) == 0.0
    assert drained_in(story.state, story.reboot().now) == 2 * ORPHAN_TTL
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="new"))
    assert story.state.free_ttl == 0.0


def test_a_reset_gives_the_budget_back_and_keeps_rejections() -> None:
    story = Story().strike("stale").strike("typo")
    story.apply(Reset(now=story.now))
    assert (story.state.strikes, story.state.generation) == (0, 1)
    assert story.admit("stale") is Admission.REJECTED
    assert story.admit("new") is Admission.GRANT


def test_a_reset_keeps_who_was_retired() -> None:
    story = Story().verify("old")
    commit(story)
    reset(story)
    assert story.admit("old") is Admission.SUPERSEDED


def test_a_reset_can_forgive_a_rejected_pair() -> None:
    story = Story().strike("stale").strike("typo")
    story.apply(Reset(now=story.now, forgive=frozenset({"stale"})))
    assert story.what_is("typo") is PairState.REJECTED
    story.verify("stale")


def test_a_reset_asks_for_new_verifications_and_forgets_doubts() -> None:
    story = Story().verify("good").verify("suspect", origin=LOOPBACK)
    story.settle("suspect", Outcome.AMBIGUOUS, None, origin=LOOPBACK)
    story.admit("denied", "t1")
    story.settle("denied", Outcome.DENIED, "t1")
    story.later(ORPHAN_TTL)
    story.apply(StillValid())
    story.apply(Reset(now=story.now))
    assert story.what_is("good") is PairState.UNVERIFIED
    assert story.what_is("suspect", LOOPBACK) is PairState.UNVERIFIED
    assert not any(pair.charged for pair in story.state.pairs)
    assert not story.state.one_more
    assert not story.state.tickets


def test_the_operators_look_clears_no_charge_and_ends_a_pause() -> None:
    story = Story().strike("typo")
    story.admit("new", "t1")
    story.settle("new", Outcome.BUSY, "t1")
    assert story.apply(StillValid(forgive=frozenset({"typo"}))).durable
    # Processes that remember the rejection believe a higher generation only.
    assert (story.state.strikes, story.state.generation) == (1, 1)
    assert [t.id for t in story.state.tickets] == ["t1"]
    assert story.state.pause is None
    assert story.what_is("typo") is PairState.UNVERIFIED
    assert story.admit("new", "t2") is Admission.GRANT


def test_a_reset_drops_unknowns_that_are_over_and_keeps_calls_that_are_in_the_air() -> None:
    story = Story(STRICT).verify("good").lose("good", "t1")
    story.later(ORPHAN_TTL)
    story.admit("good", "t2")
    story.apply(Reset(now=story.now))
    assert [t.id for t in story.state.tickets] == ["t2"]
    assert story.admit("new") is Admission.WAIT


@pytest.mark.parametrize("renew", [commit, reset])
def test_lost_calls_that_may_still_arrive_are_charged_to_the_new_token(renew: Callable[[Story], None]) -> None:
    story = Story(STRICT).verify("old")
    for ticket in ("t1", "t2"):
        story.lose("old", ticket)
        story.later(ORPHAN_TTL / 2)
    renew(story)
    assert [t.id for t in story.state.tickets] == ["t2"]
    assert story.admit("new") is Admission.GRANT
    story.settle("new", Outcome.STRIKE)
    assert story.admit("typo") is Admission.EXHAUSTED


def test_a_lost_call_of_the_old_token_is_refunded_once_it_is_over() -> None:
    story = Story(STRICT).verify("old").lose("old")
    commit(story)
    story.later(ORPHAN_TTL).verify("new")
    assert not story.state.tickets
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_after_a_reboot_nobody_knows_whether_a_lost_call_is_over() -> None:
    story = Story(STRICT).verify("old").lose("old")
    story.later(ORPHAN_TTL).reboot()
    assert drained_in(story.state, story.now) == ORPHAN_TTL
    commit(story)
    assert [t.id for t in story.state.tickets] == ["t1"]


def test_a_look_dates_what_has_no_age_so_that_waiting_ends() -> None:
    story = Story(STRICT).verify("old").lose("old")
    assert not story.apply(DateTickets(now=story.now)).changed
    story.reboot().later(10.0)
    assert story.apply(DateTickets(now=story.now)).changed
    assert not story.apply(DateTickets(now=story.later(ORPHAN_TTL / 2).now)).changed
    reset(story)
    assert [t.id for t in story.state.tickets] == ["t1"]
    story.later(ORPHAN_TTL / 2)
    reset(story)
    assert not story.state.tickets


def test_a_look_dates_a_rotation_that_began_before_a_reboot() -> None:
    story = Story(CONCURRENT).verify("old")
    story.admit("old", "t1")
    begin(story)
    story.reboot().later(10.0)
    assert story.apply(DateTickets(now=story.now)).changed
    assert 0 < drained_in(story.later(5.0).state, story.now) <= ORPHAN_TTL - 5.0


@pytest.mark.parametrize("outcome", [Outcome.VERIFICATION, Outcome.STRIKE])
def test_a_call_of_an_earlier_generation_verifies_nothing_and_rolls_nothing(outcome: Outcome) -> None:
    story = Story(STRICT).strike("typo").verify("old")
    story.admit("old", "t1")
    story.apply(Reset(now=story.now))
    story.settle("old", outcome, "t1")
    assert not story.state.tickets
    assert story.state.strikes == (outcome is Outcome.STRIKE)
    assert story.what_is("old") is (PairState.REJECTED if outcome is Outcome.STRIKE else PairState.UNVERIFIED)


def test_a_late_401_of_an_earlier_generation_forgets_no_strike_of_this_one() -> None:
    story = Story(STRICT).verify("old")
    story.admit("old", "t1", pid=7)
    story.apply(Reset(now=story.now))
    story.settle("typo", Outcome.STRIKE, "late")
    assert story.admit("old", "t2", dead=frozenset({owner(7)})) is Admission.EXHAUSTED
    story.apply(StillValid())
    assert story.admit("old", "t2") is Admission.GRANT
    story.settle("old", Outcome.VERIFICATION, "t2")
    assert (story.state.strikes, story.state.watermark) == (1, 1)
    story.settle("old", Outcome.STRIKE, "t1")
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    assert story.what_is("old") is PairState.REJECTED

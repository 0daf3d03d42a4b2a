from collections.abc import Callable

import pytest

from cyara_auth.strikes.events import DateTickets, Reset, RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, KeyMode, Outcome, PairState

from .story import GUARDED, ORPHAN_TTL, STRICT, Story, incident

BOTH = pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])


@BOTH
def test_nothing_is_admitted_while_the_token_is_rotated(settings: GuardSettings) -> None:
    story = Story(settings).verify("old")
    assert story.apply(RotateBegin(incident=incident())).durable
    assert story.admit("old") is Admission.DRAINING
    assert story.admit("new") is Admission.DRAINING
    assert story.state.drained == incident()
    assert not story.apply(RotateBegin(incident=incident(2))).changed


@BOTH
def test_a_rotation_costs_no_strike_and_supersedes_the_old_pair(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo").verify("old")
    story.apply(RotateBegin(incident=incident()))
    assert story.apply(RotateCommit(now=story.now, incident=incident(), pair="new")).durable
    assert (story.state.strikes, story.state.watermark, story.state.generation) == (0, 0, 1)
    assert story.state.mode is KeyMode.NORMAL
    assert story.state.drained is None
    assert story.admit("old") is Admission.SUPERSEDED
    assert story.admit("typo") is Admission.REJECTED
    assert story.what_is("new") is PairState.UNVERIFIED
    story.verify("new")


def test_a_rotation_to_a_pair_that_is_known() -> None:
    story = Story().verify("old")
    story.apply(RotateBegin(incident=incident()))
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="old"))
    assert story.what_is("old") is PairState.UNVERIFIED
    story.strike("old")
    story.apply(RotateBegin(incident=incident()))
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="old"))
    assert story.what_is("old") is PairState.REJECTED


def test_an_aborted_rotation_leaves_everything_as_it_was() -> None:
    story = Story().verify("old")
    before = story.state
    story.apply(RotateBegin(incident=incident()))
    story.apply(RotateAbort())
    assert story.state == before


def test_commit_and_abort_without_begin_change_nothing() -> None:
    story = Story().verify("old")
    assert not story.apply(RotateCommit(now=story.now, incident=incident(), pair="new")).changed
    assert not story.apply(RotateAbort()).changed


def test_a_reset_gives_the_budget_back_and_keeps_final_verdicts() -> None:
    story = Story().strike("stale").strike("typo")
    story.apply(Reset(now=story.now))
    assert (story.state.strikes, story.state.generation) == (0, 1)
    assert story.admit("stale") is Admission.REJECTED
    assert story.admit("new") is Admission.GRANT


def test_a_reset_can_forgive_a_rejected_pair() -> None:
    story = Story().strike("stale").strike("typo")
    story.apply(Reset(now=story.now, forgive=frozenset({"stale"})))
    assert story.what_is("typo") is PairState.REJECTED
    story.verify("stale")


def test_a_reset_asks_for_new_verifications() -> None:
    story = Story().verify("good")
    story.apply(Reset(now=story.now))
    assert story.what_is("good") is PairState.UNVERIFIED


def test_a_reset_drops_unknowns_that_are_over_and_keeps_calls_that_are_in_the_air() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good", "t1")
    story.settle("good", Outcome.UNKNOWN, "t1")
    story.later(ORPHAN_TTL)
    story.admit("good", "t2")
    story.apply(Reset(now=story.now))
    assert [t.id for t in story.state.tickets] == ["t2"]
    assert story.admit("new") is Admission.WAIT


def commit(story: Story) -> None:
    story.apply(RotateBegin(incident=incident()))
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="new"))


def reset(story: Story) -> None:
    story.apply(Reset(now=story.now))


@pytest.mark.parametrize("renew", [commit, reset])
def test_lost_calls_that_may_still_arrive_are_charged_to_the_new_token(renew: Callable[[Story], None]) -> None:
    story = Story(STRICT).verify("old")
    for ticket in ("t1", "t2"):
        story.admit("old", ticket)
        story.settle("old", Outcome.UNKNOWN, ticket)
        story.later(ORPHAN_TTL / 2)
    renew(story)
    assert [t.id for t in story.state.tickets] == ["t2"]
    assert story.admit("new") is Admission.GRANT
    story.settle("new", Outcome.STRIKE)
    assert story.admit("typo") is Admission.EXHAUSTED


def test_a_lost_call_of_the_old_token_is_refunded_once_it_is_over() -> None:
    story = Story(STRICT).verify("old")
    story.admit("old")
    story.settle("old", Outcome.UNKNOWN)
    commit(story)
    story.later(ORPHAN_TTL).verify("new")
    assert not story.state.tickets
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_after_a_reboot_nobody_knows_whether_a_lost_call_is_over() -> None:
    story = Story(STRICT).verify("old")
    story.admit("old")
    story.settle("old", Outcome.UNKNOWN)
    story.later(ORPHAN_TTL).reboot()
    commit(story)
    assert [t.id for t in story.state.tickets] == ["t1"]


def test_a_look_dates_what_has_no_age_so_that_waiting_ends() -> None:
    story = Story(STRICT).verify("old")
    story.admit("old")
    story.settle("old", Outcome.UNKNOWN)
    assert not story.apply(DateTickets(now=story.now)).changed
    story.reboot().later(10.0)
    assert story.apply(DateTickets(now=story.now)).changed
    assert not story.apply(DateTickets(now=story.later(ORPHAN_TTL / 2).now)).changed
    reset(story)
    assert [t.id for t in story.state.tickets] == ["t1"]
    story.later(ORPHAN_TTL / 2)
    reset(story)
    assert not story.state.tickets


@pytest.mark.parametrize("outcome", [Outcome.VERIFICATION, Outcome.STRIKE])
def test_a_call_of_an_earlier_epoch_proves_nothing_and_rolls_nothing(outcome: Outcome) -> None:
    story = Story(STRICT).verify("old")
    story.admit("old", "t1")
    story.apply(Reset(now=story.now))
    story.settle("old", outcome, "t1")
    assert not story.state.tickets
    assert story.state.strikes == (outcome is Outcome.STRIKE)
    assert story.what_is("old") is (PairState.REJECTED if outcome is Outcome.STRIKE else PairState.UNVERIFIED)

import attrs
import pytest

from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, Outcome, PairState, TicketStatus

from .story import GUARDED, ORPHAN_TTL, STRICT, Story

OTHER_PORTAL = "https://www.portal:443"
GRACIOUS = GuardSettings(suspect_in_grace=True)


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.INCONCLUSIVE, Outcome.BUSY])
def test_what_cannot_have_been_counted_is_not_charged(outcome: Outcome) -> None:
    story = Story()
    for number in range(100):
        assert story.later(60.0).admit("new", f"t{number}") is Admission.GRANT
        story.settle("new", outcome, f"t{number}")
    assert not story.state.tickets
    assert story.state.strikes == 0


def test_a_strike_is_final_and_durable() -> None:
    story = Story()
    story.admit("stale")
    decision = story.settle("stale", Outcome.STRIKE)
    assert decision.durable
    assert story.state.strikes == 1
    assert not story.state.tickets
    assert story.what_is("stale") is PairState.REJECTED


def test_a_strike_is_counted_once_however_often_it_is_reported() -> None:
    story = Story().strike("stale", "t1")
    decision = story.settle("stale", Outcome.STRIKE, "t1")
    assert not decision.changed
    assert not decision.durable
    assert story.state.strikes == 1


def test_generation_roll_a_rejection_of_the_verified_pair_forgets_the_strikes_before_its_verification() -> None:
    story = Story(STRICT).strike("typo").verify("old")
    assert (story.state.strikes, story.state.watermark) == (1, 1)
    story.strike("old")
    assert (story.state.strikes, story.state.watermark) == (1, 0)
    assert story.admit("new") is Admission.GRANT


def test_generation_roll_keeps_the_strikes_after_the_verification() -> None:
    story = Story(GUARDED).strike("typo").verify("old").strike("second typo")
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    story.settle("old", Outcome.STRIKE, None)
    assert (story.state.strikes, story.state.watermark) == (2, 0)


def test_generation_roll_moves_the_marks_of_open_calls() -> None:
    story = Story(STRICT).strike("typo").verify("old")
    story.admit("old", "t1")
    story.admit("old", "t2")
    story.settle("old", Outcome.STRIKE, "t1")
    assert [t.watermark for t in story.state.tickets] == [0]


def test_an_unverified_pairs_rejection_rolls_nothing() -> None:
    story = Story(GUARDED).strike("typo").verify("good").strike("second typo")
    assert (story.state.strikes, story.state.watermark) == (2, 1)


def test_a_rejection_at_another_origin_than_the_verification_rolls_nothing() -> None:
    story = Story(GUARDED).strike("typo").verify("good")
    story.admit("good", "t1", origin=OTHER_PORTAL)
    story.settle("good", Outcome.STRIKE, "t1", origin=OTHER_PORTAL)
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    assert story.what_is("good") is PairState.REJECTED


def test_guarded_counts_every_rejection_of_the_calls_in_flight() -> None:
    story = Story(GUARDED).verify("old")
    for _ in range(5):
        story.settle("old", Outcome.STRIKE, None)
    assert story.state.strikes == 5
    assert story.admit("new") is Admission.EXHAUSTED


def test_a_late_success_does_not_reopen_a_rejected_pair() -> None:
    story = Story(STRICT).verify("old")
    story.admit("old", "t1")
    story.admit("old", "t2")
    story.settle("old", Outcome.STRIKE, "t1")
    story.settle("old", Outcome.VERIFICATION, "t2")
    assert story.what_is("old") is PairState.REJECTED
    assert not story.state.tickets
    story.settle("old", Outcome.VERIFICATION, None)
    assert story.what_is("old") is PairState.REJECTED


def test_a_late_rejection_of_the_old_pair_is_counted_and_leaves_the_new_pair_alone() -> None:
    story = Story(GUARDED).verify("old").verify("new")
    assert story.what_is("old") is PairState.SUPERSEDED
    story.settle("old", Outcome.STRIKE, None)
    assert story.state.strikes == 1
    assert story.what_is("old") is PairState.SUPERSEDED
    assert story.admit("new") is Admission.FREE


def test_a_verification_supersedes_what_was_verified_before_and_says_by_what() -> None:
    story = Story().verify("old").verify("new")
    record = story.state.pair("old")
    assert record is not None
    assert record.incident is not None
    assert record.incident.by == "new"


def test_a_verification_leaves_unverified_and_rejected_pairs_as_they_are() -> None:
    story = Story().strike("stale")
    story.admit("unverified", "t1")
    story.settle("unverified", Outcome.NOT_SENT, "t1")
    story.verify("good")
    assert story.what_is("stale") is PairState.REJECTED
    assert story.what_is("unverified") is PairState.UNVERIFIED


def test_a_verification_turns_old_unknowns_of_other_pairs_into_strikes_older_than_itself() -> None:
    story = Story(STRICT)
    story.admit("typo", "t1")
    story.settle("typo", Outcome.UNKNOWN, "t1")
    story.later(ORPHAN_TTL).verify("good")
    assert not story.state.tickets
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_an_unknown_outcome_keeps_the_charge() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.UNKNOWN)
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.INCONCLUSIVE, Outcome.BUSY])
def test_a_free_call_without_a_verdict_changes_nothing(outcome: Outcome) -> None:
    story = Story(GUARDED).verify("good")
    assert not story.settle("good", outcome, None).changed


def test_a_free_success_refreshes_a_verification_and_makes_none() -> None:
    story = Story(GUARDED).verify("good").later(600.0)
    assert story.settle("good", Outcome.VERIFICATION, None).changed
    story.later(600.0)
    assert story.admit("good") is Admission.FREE
    assert not story.settle("never seen", Outcome.VERIFICATION, None).changed


def test_a_free_success_that_is_older_than_the_verification_changes_nothing() -> None:
    story = Story(GUARDED).verify("good").later(-10.0)
    assert not story.settle("good", Outcome.VERIFICATION, None).changed


def test_a_denial_on_a_verified_pair_asks_for_a_solo_probe() -> None:
    story = Story(GUARDED).verify("good")
    story.verify("good", origin=OTHER_PORTAL)
    story.settle("good", Outcome.REVERIFY, None)
    assert story.what_is("good") is PairState.STALE
    assert story.admit("good", "t9", origin=OTHER_PORTAL) is Admission.FREE
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2") is Admission.WAIT
    story.settle("good", Outcome.REVERIFY, "t1")
    assert not story.state.tickets
    assert story.state.strikes == 0


def test_a_success_after_a_denial_needs_no_reverification() -> None:
    story = Story(GUARDED).verify("good")
    story.settle("good", Outcome.REVERIFY, None)
    story.settle("good", Outcome.VERIFICATION, None)
    assert story.admit("good") is Admission.FREE


def test_a_denial_on_an_unverified_pair_is_charged() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.REVERIFY)
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]


def test_an_ambiguous_rejection_is_charged_and_not_final() -> None:
    story = Story(GUARDED).strike("typo").verify("good")
    story.settle("good", Outcome.AMBIGUOUS, None)
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    assert story.what_is("good") is PairState.SUSPECT


def test_a_login_page_keeps_the_charge_and_makes_the_pair_suspect() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.INTERCEPTED)
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]
    assert story.state.strikes == 0
    assert story.what_is("new") is PairState.SUSPECT
    assert story.admit("new", "t2") is Admission.SUSPECT
    assert story.admit("new", "t2", confirm=True) is Admission.GRANT
    story.settle("new", Outcome.VERIFICATION, "t2")
    assert story.admit("new", "t3") is Admission.FREE


def test_a_second_login_page_uses_the_budget_up() -> None:
    story = Story()
    for ticket in ("t1", "t2"):
        assert story.admit("new", ticket, confirm=True) is Admission.GRANT
        story.settle("new", Outcome.INTERCEPTED, ticket)
    assert story.admit("new", "t3", confirm=True) is Admission.EXHAUSTED


def test_a_login_page_stops_a_verified_pair_too() -> None:
    story = Story(GUARDED).verify("good")
    story.settle("good", Outcome.INTERCEPTED, None)
    assert story.what_is("good") is PairState.SUSPECT
    assert not story.state.tickets
    assert story.admit("good") is Admission.SUSPECT


@pytest.mark.parametrize("ticket", ["t1", None])
def test_a_login_page_changes_no_final_verdict(ticket: str | None) -> None:
    story = Story(STRICT).verify("old")
    story.admit("old", "t1")
    story.strike("old", "t2")
    story.settle("old", Outcome.INTERCEPTED, ticket)
    assert story.what_is("old") is PairState.REJECTED
    assert story.state.tickets[0].status is (TicketStatus.OPEN if ticket is None else TicketStatus.UNKNOWN)


def test_only_a_confirming_call_brings_a_suspect_pair_back() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good", "t1")
    story.admit("good", "t2")
    story.settle("good", Outcome.AMBIGUOUS, "t1")
    story.settle("good", Outcome.VERIFICATION, "t2")
    assert story.what_is("good") is PairState.SUSPECT
    assert not story.state.tickets


def test_a_verification_supersedes_a_suspect_that_was_verified_once() -> None:
    story = Story(STRICT).verify("old")
    story.admit("old", "t1")
    story.settle("old", Outcome.AMBIGUOUS, "t1")
    story.verify("new")
    assert story.what_is("old") is PairState.SUPERSEDED


def test_a_rejected_pair_does_not_become_suspect() -> None:
    story = Story().strike("stale")
    story.settle("stale", Outcome.AMBIGUOUS, None)
    assert story.what_is("stale") is PairState.REJECTED


def test_in_grace_a_half_propagated_token_is_suspect_if_so_configured() -> None:
    story = Story(GRACIOUS).verify("new")
    story.settle("new", Outcome.STRIKE, None)
    assert story.what_is("new") is PairState.SUSPECT


def test_after_grace_a_rejection_is_final() -> None:
    story = Story(GRACIOUS).verify("new").later(GRACIOUS.grace)
    story.settle("new", Outcome.STRIKE, None)
    assert story.what_is("new") is PairState.REJECTED


def test_grace_is_for_pairs_that_were_verified() -> None:
    assert Story(GRACIOUS).strike("new").what_is("new") is PairState.REJECTED


def test_a_settlement_of_a_forgotten_pair_is_taken() -> None:
    story = Story()
    story.admit("new")
    story.state = attrs.evolve(story.state, pairs=())
    story.settle("new", Outcome.VERIFICATION)
    assert story.what_is("new") is PairState.VERIFIED

import attrs
import pytest

from cyara_auth.strikes.events import StillValid
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, Outcome, PairState, TicketStatus

from .story import CONCURRENT, GUARDED, LOOPBACK, ORPHAN_TTL, OTHER_PORTAL, PORTAL, STRICT, Story, incident

ONCE = pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.BUSY])


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.INCONCLUSIVE])
def test_what_cannot_have_been_counted_is_not_charged(outcome: Outcome) -> None:
    story = Story()
    for number in range(100):
        assert story.later(60.0).admit("new", f"t{number}") is Admission.GRANT
        story.settle("new", outcome, f"t{number}")
    assert not story.state.tickets
    assert story.state.strikes == 0


@ONCE
def test_what_good_pairs_get_too_is_charged_once_for_the_pair(outcome: Outcome) -> None:
    story = Story()
    for number in range(100):
        assert story.later(60.0).admit("new", f"t{number}") is Admission.GRANT
        story.settle("new", outcome, f"t{number}")
    assert [(t.id, t.status) for t in story.state.tickets] == [("t0", TicketStatus.UNKNOWN)]
    assert story.state.strikes == 0
    story.later(60.0).strike("new")
    assert story.admit("other") is Admission.EXHAUSTED


@ONCE
def test_a_denial_that_is_told_twice_gives_its_charge_not_back(outcome: Outcome) -> None:
    story = Story()
    story.admit("new", "t1")
    for _ in range(2):
        story.settle("new", outcome, "t1")
        assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]


@ONCE
def test_a_denial_of_a_call_that_was_given_up_keeps_its_charge(outcome: Outcome) -> None:
    story = Story()
    story.admit("new", "t1")
    story.settle("new", Outcome.UNKNOWN, "t1")
    story.settle("new", outcome, "t1")
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]
    story.admit("new", "t2")
    story.settle("new", outcome, "t2")
    assert story.later(60.0).admit("new", "t3") is Admission.GRANT


@ONCE
def test_a_denial_whose_ticket_is_gone_charges_nothing(outcome: Outcome) -> None:
    story = Story()
    story.admit("new", "t1")
    story.settle("new", Outcome.NOT_SENT, "t1")
    story.settle("new", outcome, "t1")
    assert not story.state.tickets
    record = story.state.pair("new")
    assert record is not None
    assert not record.charged


@ONCE
@pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])
def test_a_verified_pair_is_not_charged_for_a_denial(settings: GuardSettings, outcome: Outcome) -> None:
    story = Story(settings).verify("good")
    for number in range(5):
        story.admit("good", f"t{number}")
        story.settle("good", outcome, f"t{number}")
    assert not story.state.tickets
    assert story.state.pause is None


def test_a_stale_pair_is_not_charged_for_an_overloaded_portal_and_waits() -> None:
    story = Story(GUARDED).verify("good").later(GUARDED.verification_ttl)
    story.admit("good", "t1")
    story.settle("good", Outcome.BUSY, "t1")
    assert not story.state.tickets
    assert story.admit("good", "t2") is Admission.WAIT
    assert story.last.retry_in == 0.5


def test_a_verification_lets_a_pair_be_charged_once_again() -> None:
    story = Story()
    story.admit("new", "t1")
    story.settle("new", Outcome.DENIED, "t1")
    story.later(ORPHAN_TTL).verify("new")
    story.settle("new", Outcome.AMBIGUOUS, None)
    story.admit("new", "t2", confirm=True)
    story.settle("new", Outcome.DENIED, "t2")
    assert [t.id for t in story.state.tickets] == ["t2"]


@pytest.mark.parametrize(
    "outcome",
    [Outcome.VERIFICATION, Outcome.STRIKE, Outcome.AMBIGUOUS, Outcome.REVERIFY, Outcome.DENIED, Outcome.INCONCLUSIVE],
)
def test_every_answer_but_an_overloaded_one_ends_the_pause(outcome: Outcome) -> None:
    story = Story()
    story.admit("new", "t1")
    story.settle("new", Outcome.BUSY, "t1")
    story.later(1.0).admit("new", "t2")
    story.settle("new", outcome, "t2")
    assert story.state.pause is None


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.UNKNOWN])
def test_what_is_no_answer_leaves_the_pause(outcome: Outcome) -> None:
    story = Story()
    story.admit("new", "t1")
    story.settle("new", Outcome.BUSY, "t1")
    story.later(1.0).admit("new", "t2")
    story.settle("new", outcome, "t2")
    assert story.state.pause is not None


def test_a_strike_is_final_and_durable() -> None:
    story = Story()
    story.admit("stale")
    decision = story.settle("stale", Outcome.STRIKE)
    assert decision.durable
    assert story.state.strikes == 1
    assert not story.state.tickets
    assert story.what_is("stale") is PairState.REJECTED
    record = story.state.pair("stale")
    assert record is not None
    assert record.at(PORTAL).incident == incident()


@pytest.mark.parametrize("outcome", [Outcome.STRIKE, Outcome.AMBIGUOUS])
def test_a_401_is_counted_once_however_often_it_is_reported(outcome: Outcome) -> None:
    story = Story()
    story.admit("stale", "t1")
    story.settle("stale", outcome, "t1")
    decision = story.settle("stale", outcome, "t1")
    assert not decision.changed
    assert not decision.durable
    assert story.state.strikes == 1


def test_every_401_without_a_ticket_is_counted() -> None:
    story = Story().strike("stale", "t1")
    story.settle("stale", Outcome.STRIKE, None)
    story.settle("stale", Outcome.STRIKE, None)
    assert story.state.strikes == 3
    story.settle("stale", Outcome.STRIKE, "t1")
    assert story.state.strikes == 3


def test_a_401_whose_ticket_is_gone_is_counted() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good", "asleep")
    story.later(ORPHAN_TTL).verify("good")
    assert not story.state.tickets
    assert story.settle("good", Outcome.STRIKE, "asleep").durable
    assert story.state.strikes == 1
    assert story.what_is("good") is PairState.REJECTED


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


def test_a_rejection_at_another_origin_than_the_verification_rolls_nothing_and_says_nothing_there() -> None:
    story = Story(GUARDED).strike("typo").verify("good").strike("good", origin=OTHER_PORTAL)
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    assert story.what_is("good", OTHER_PORTAL) is PairState.REJECTED
    assert story.what_is("good") is PairState.VERIFIED


def test_a_rejection_on_loopback_forgets_no_strike_of_elsewhere() -> None:
    story = Story(GUARDED).strike("typo").verify("good").verify("good", origin=LOOPBACK)
    story.strike("good", origin=LOOPBACK)
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    assert story.what_is("good") is PairState.VERIFIED


def test_who_is_known_on_loopback_only_is_judged_there() -> None:
    story = Story(GUARDED).strike("typo", origin=LOOPBACK).verify("good", origin=LOOPBACK)
    assert (story.state.strikes, story.state.watermark) == (1, 1)
    story.strike("good", origin=LOOPBACK)
    assert (story.state.strikes, story.state.watermark) == (1, 0)


def test_a_success_on_loopback_outdates_no_strike_of_elsewhere() -> None:
    story = Story(GUARDED).strike("typo").verify("good", origin=LOOPBACK)
    assert (story.state.strikes, story.state.watermark) == (1, 0)
    story.verify("good")
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_a_success_at_the_portal_outdates_strikes_of_loopback() -> None:
    story = Story(GUARDED).strike("typo", origin=LOOPBACK).verify("good")
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_a_success_on_loopback_refunds_what_was_lost_there_and_nothing_else() -> None:
    story = Story(GUARDED).verify("good").lose("good", "far").lose("good", "near", origin=LOOPBACK).later(ORPHAN_TTL)
    story.apply(StillValid())
    story.verify("good", origin=LOOPBACK)
    assert [t.id for t in story.state.tickets] == ["far"]
    assert story.state.strikes == 0


def test_a_success_at_the_portal_refunds_what_was_lost_on_loopback_too() -> None:
    story = Story(GUARDED).verify("good").lose("good", "far").lose("good", "near", origin=LOOPBACK).later(ORPHAN_TTL)
    story.verify("good")
    assert not story.state.tickets


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


def test_concurrent_counts_every_rejection_of_the_calls_in_flight() -> None:
    story = Story(CONCURRENT).verify("old")
    for _ in range(5):
        story.settle("old", Outcome.STRIKE, None)
    assert story.state.strikes == 5
    assert story.admit("new") is Admission.EXHAUSTED


def test_a_late_rejection_of_the_old_pair_is_counted_and_leaves_the_new_pair_alone() -> None:
    story = Story(CONCURRENT).verify("old").verify("new")
    assert story.what_is("old") is PairState.SUPERSEDED
    story.settle("old", Outcome.STRIKE, None)
    assert story.state.strikes == 1
    assert story.what_is("old") is PairState.REJECTED
    assert story.admit("new") is Admission.FREE


def test_a_verification_supersedes_what_was_verified_before_and_says_by_what() -> None:
    story = Story().verify("old").verify("old", origin=OTHER_PORTAL).verify("new")
    record = story.state.pair("old")
    assert record is not None
    for origin in (PORTAL, OTHER_PORTAL):
        standing = record.at(origin)
        assert standing.verdict is PairState.SUPERSEDED
        assert (standing.was_verified, standing.verified_at) == (False, None)
        assert standing.incident is not None
        assert standing.incident.by == "new"


def test_a_verification_at_the_portal_supersedes_on_loopback_and_not_the_other_way_round() -> None:
    story = Story().verify("old").verify("new", origin=LOOPBACK)
    assert story.what_is("old") is PairState.VERIFIED
    story.verify("newest")
    assert story.what_is("old") is PairState.SUPERSEDED
    assert story.what_is("new", LOOPBACK) is PairState.SUPERSEDED


def test_a_verification_leaves_unverified_and_rejected_pairs_as_they_are() -> None:
    story = Story().strike("stale")
    story.admit("unverified", "t1")
    story.settle("unverified", Outcome.NOT_SENT, "t1")
    story.verify("good")
    assert story.what_is("stale") is PairState.REJECTED
    assert story.what_is("unverified") is PairState.UNVERIFIED


def test_a_verification_turns_old_unknowns_of_other_pairs_into_strikes_older_than_itself() -> None:
    story = Story(STRICT).lose("typo")
    story.later(ORPHAN_TTL).verify("good")
    assert not story.state.tickets
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_an_unknown_outcome_keeps_the_charge_and_says_when() -> None:
    story = Story()
    story.admit("new", pid=7)
    story.settle("new", Outcome.UNKNOWN)
    assert [(t.status, t.incident) for t in story.state.tickets] == [(TicketStatus.UNKNOWN, incident())]


@pytest.mark.parametrize(
    "outcome", [Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.INCONCLUSIVE, Outcome.BUSY, Outcome.DENIED]
)
def test_a_free_call_without_a_verdict_changes_nothing(outcome: Outcome) -> None:
    story = Story(CONCURRENT).verify("good")
    assert not story.settle("good", outcome, None).changed


def test_a_free_success_refreshes_a_verification_and_makes_none() -> None:
    story = Story(CONCURRENT).verify("good").later(600.0)
    assert story.settle("good", Outcome.VERIFICATION, None).changed
    story.later(600.0)
    assert story.admit("good") is Admission.FREE
    assert not story.settle("never seen", Outcome.VERIFICATION, None).changed
    assert not story.settle("good", Outcome.VERIFICATION, None, origin=OTHER_PORTAL).changed


def test_a_free_success_that_is_older_than_the_verification_changes_nothing() -> None:
    story = Story(CONCURRENT).verify("good").later(-10.0)
    assert not story.settle("good", Outcome.VERIFICATION, None).changed


def test_a_free_success_supersedes_and_refunds_nothing() -> None:
    story = Story(CONCURRENT).verify("good").later(ORPHAN_TTL).strike("typo")
    story.lose("second", "lost").later(ORPHAN_TTL)
    story.settle("good", Outcome.VERIFICATION, None)
    assert [t.id for t in story.state.tickets] == ["lost"]
    assert (story.state.strikes, story.state.watermark) == (1, 0)


def test_a_denial_on_a_verified_pair_asks_for_a_solo_probe() -> None:
    story = Story(CONCURRENT).verify("good")
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
    story = Story(CONCURRENT).verify("good")
    story.settle("good", Outcome.REVERIFY, None)
    story.settle("good", Outcome.VERIFICATION, None)
    assert story.admit("good") is Admission.FREE


def test_a_doubt_about_an_unverified_pair_is_charged() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.REVERIFY)
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]


def test_an_ambiguous_rejection_is_charged_and_not_final() -> None:
    story = Story(GUARDED).strike("typo").verify("good")
    story.settle("good", Outcome.AMBIGUOUS, None)
    assert (story.state.strikes, story.state.watermark) == (2, 1)
    assert story.what_is("good") is PairState.SUSPECT
    assert story.last.durable


def test_a_login_page_keeps_the_charge_and_makes_the_pair_suspect_where_the_api_was_seen() -> None:
    story = Story(CONCURRENT).verify("good")
    story.admit("new")
    story.settle("new", Outcome.INTERCEPTED)
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN]
    assert story.state.strikes == 0
    assert story.what_is("new") is PairState.SUSPECT
    assert story.admit("new", "t2") is Admission.SUSPECT
    assert story.admit("new", "t2", confirm=True) is Admission.GRANT
    story.settle("new", Outcome.VERIFICATION, "t2")
    assert story.admit("new", "t3") is Admission.FREE


def test_a_rejection_is_an_answer_of_the_api_too() -> None:
    story = Story().strike("stale")
    story.admit("new")
    story.settle("new", Outcome.INTERCEPTED)
    assert story.what_is("new") is PairState.SUSPECT


def test_a_login_page_where_the_api_was_never_seen_makes_no_pair_suspect() -> None:
    story = Story().verify("good", origin=OTHER_PORTAL)
    for ticket in ("t1", "t2"):
        assert story.admit("new", ticket) is Admission.GRANT
        story.settle("new", Outcome.INTERCEPTED, ticket)
        assert story.what_is("new") is PairState.UNVERIFIED
    assert story.admit("new", "t3") is Admission.EXHAUSTED


def test_a_second_login_page_uses_the_budget_up() -> None:
    story = Story().verify("good")
    for ticket in ("t1", "t2"):
        assert story.admit("new", ticket, confirm=True) is Admission.GRANT
        story.settle("new", Outcome.INTERCEPTED, ticket)
    assert story.admit("new", "t3", confirm=True) is Admission.EXHAUSTED


def test_a_login_page_stops_a_verified_pair_too() -> None:
    story = Story(CONCURRENT).verify("good")
    story.settle("good", Outcome.INTERCEPTED, None)
    assert story.what_is("good") is PairState.SUSPECT
    assert not story.state.tickets
    assert story.admit("good") is Admission.SUSPECT


@pytest.mark.parametrize("ticket", ["t1", None])
def test_a_login_page_changes_no_rejection(ticket: str | None) -> None:
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


def test_a_verification_leaves_a_suspect_that_was_never_verified() -> None:
    story = Story()
    story.admit("new", "t1")
    story.settle("new", Outcome.AMBIGUOUS, "t1")
    story.verify("good")
    assert story.what_is("new") is PairState.SUSPECT


def test_a_rejected_pair_does_not_become_suspect() -> None:
    story = Story().strike("stale")
    story.settle("stale", Outcome.AMBIGUOUS, None)
    assert story.what_is("stale") is PairState.REJECTED


def test_a_settlement_of_a_forgotten_pair_is_taken() -> None:
    story = Story()
    story.admit("new")
    story.state = attrs.evolve(story.state, pairs=())
    story.settle("new", Outcome.VERIFICATION)
    assert story.what_is("new") is PairState.VERIFIED

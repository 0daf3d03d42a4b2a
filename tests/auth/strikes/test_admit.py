import pytest

from cyara_auth.errors import ConfigurationError
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, GuardPolicy, Outcome, PairState, TicketStatus

from .story import GUARDED, ORPHAN_TTL, PORTAL, STRICT, Story, owner

OTHER_PORTAL = "https://www.portal:443"
BOTH = pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])


@BOTH
def test_the_first_call_of_a_pair_is_reserved_durably(settings: GuardSettings) -> None:
    story = Story(settings)
    assert story.admit("new") is Admission.GRANT
    assert story.last.durable
    assert story.last.ticket == story.state.tickets[0]
    assert story.what_is("new") is PairState.PROBING


@BOTH
def test_single_flight_while_a_pair_is_unverified(settings: GuardSettings) -> None:
    story = Story(settings)
    story.admit("new", "t1", pid=7)
    assert story.admit("new", "t2") is Admission.WAIT
    assert story.last.blockers == {owner(7)}
    assert story.last.retry_in == ORPHAN_TTL
    assert not story.last.changed


def test_strict_lets_two_calls_of_a_verified_pair_go_together_and_no_third() -> None:
    story = Story(STRICT).verify("good")
    assert story.admit("good", "t1") is Admission.GRANT
    assert not story.last.durable
    assert story.admit("good", "t2") is Admission.GRANT
    assert story.admit("good", "t3") is Admission.WAIT


def test_exclusion_between_pairs_no_other_pair_is_sent_while_a_call_is_open() -> None:
    story = Story(STRICT).verify("good")
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("new", "t2") is Admission.WAIT
    story.settle("good", Outcome.VERIFICATION, "t1")
    assert story.admit("new", "t2") is Admission.GRANT
    assert story.admit("good", "t3") is Admission.WAIT


def test_guarded_lets_a_verified_pair_go_free() -> None:
    story = Story(GUARDED).verify("good")
    assert story.admit("good") is Admission.FREE
    assert not story.last.changed


@BOTH
def test_single_flight_again_when_the_verification_is_too_old(settings: GuardSettings) -> None:
    story = Story(settings).verify("good").later(settings.verification_ttl)
    assert story.what_is("good") is PairState.STALE
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.last.durable
    assert story.what_is("good") is PairState.PROBING
    assert story.admit("good", "t2") is Admission.WAIT


def test_a_reboot_makes_a_verification_stale() -> None:
    story = Story(GUARDED).verify("good").reboot()
    assert story.admit("good") is Admission.GRANT


def test_a_clock_that_goes_backwards_makes_a_verification_stale() -> None:
    assert Story(GUARDED).verify("good").later(-1.0).admit("good") is Admission.GRANT


def test_verification_is_per_origin_and_strikes_are_per_key() -> None:
    story = Story(GUARDED).verify("good")
    assert story.what_is("good", OTHER_PORTAL) is PairState.UNVERIFIED
    assert story.admit("good", "t1", origin=OTHER_PORTAL) is Admission.GRANT
    story.settle("good", Outcome.VERIFICATION, "t1", origin=OTHER_PORTAL)
    assert story.admit("good", "t2", origin=OTHER_PORTAL) is Admission.FREE
    assert story.admit("good", "t3", origin=PORTAL) is Admission.FREE
    story.strike("typo")
    assert story.admit("other typo", "t4", origin=OTHER_PORTAL) is Admission.GRANT
    story.settle("other typo", Outcome.STRIKE, "t4", origin=OTHER_PORTAL)
    assert story.admit("third typo", "t5") is Admission.EXHAUSTED


@BOTH
def test_the_budget_is_per_key_over_all_pairs(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo").strike("second typo")
    assert story.admit("third pair") is Admission.EXHAUSTED
    assert story.state.strikes == 2


def test_a_budget_of_one() -> None:
    story = Story(GuardSettings(budget=1)).strike("typo")
    assert story.admit("other") is Admission.EXHAUSTED


@pytest.mark.parametrize("budget", [0, 3])
def test_the_budget_cannot_be_raised(budget: int) -> None:
    with pytest.raises(ConfigurationError, match="budget"):
        GuardSettings(budget=budget)


def test_a_full_budget_with_a_live_call_is_worth_waiting_for() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good", "t1")
    story.admit("good", "t2")
    story.settle("good", Outcome.UNKNOWN, "t1")
    assert story.admit("good", "t3") is Admission.WAIT
    story.settle("good", Outcome.UNKNOWN, "t2")
    assert story.admit("good", "t3") is Admission.EXHAUSTED


@BOTH
def test_a_dead_owner_leaves_an_unknown_that_stays_charged(settings: GuardSettings) -> None:
    story = Story(settings)
    story.admit("new", "t1", pid=7)
    assert story.admit("new", "t2", dead=frozenset({owner(7)})) is Admission.GRANT
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN, TicketStatus.OPEN]
    story.settle("new", Outcome.UNKNOWN, "t2")
    assert story.admit("new", "t3") is Admission.EXHAUSTED


def test_an_owner_that_cannot_be_judged_counts_as_alive_until_orphan_ttl() -> None:
    story = Story()
    story.admit("new", "t1", pid=7)
    story.later(ORPHAN_TTL - 1.0)
    assert story.admit("new", "t2") is Admission.WAIT
    assert story.last.retry_in == 1.0
    story.later(1.0)
    assert story.admit("new", "t2") is Admission.GRANT


def test_time_alone_never_gives_budget_back() -> None:
    story = Story()
    for ticket in ("t1", "t2"):
        story.admit("new", ticket)
        story.settle("new", Outcome.UNKNOWN, ticket)
    story.later(10 * 365 * 86400.0)
    assert story.admit("new", "t3") is Admission.EXHAUSTED


def test_a_verification_refunds_the_unknowns_that_were_old_when_it_was_reserved() -> None:
    story = Story()
    story.admit("new", "old")
    story.settle("new", Outcome.UNKNOWN, "old")
    story.later(ORPHAN_TTL).verify("new")
    assert not story.state.tickets


def test_a_verification_does_not_refund_an_unknown_that_grew_old_while_it_was_on_its_way() -> None:
    story = Story()
    story.admit("new", "young")
    story.settle("new", Outcome.UNKNOWN, "young")
    story.later(ORPHAN_TTL - 1.0)
    story.admit("new", "probe")
    story.later(10.0)
    story.settle("new", Outcome.VERIFICATION, "probe")
    assert [t.id for t in story.state.tickets] == ["young"]


def test_the_age_of_a_ticket_starts_again_in_another_clock_domain() -> None:
    story = Story()
    story.admit("new", "t1", pid=7)
    story.later(ORPHAN_TTL - 1.0).reboot()
    assert story.admit("new", "t2") is Admission.WAIT
    assert story.last.changed
    assert story.last.retry_in == ORPHAN_TTL
    story.later(ORPHAN_TTL)
    assert story.admit("new", "t2") is Admission.GRANT


def test_a_final_pair_is_refused_whatever_the_budget() -> None:
    story = Story().strike("stale")
    assert story.admit("stale") is Admission.REJECTED
    assert story.last.pair is not None
    assert story.last.pair.incident is not None
    story.verify("first").verify("second")
    assert story.admit("first") is Admission.SUPERSEDED
    assert story.what_is("first") is PairState.SUPERSEDED


def test_a_suspect_pair_needs_somebody_who_takes_the_risk() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.AMBIGUOUS)
    assert story.what_is("new") is PairState.SUSPECT
    assert story.admit("new", "t2") is Admission.SUSPECT
    assert story.admit("new", "t2", confirm=True) is Admission.GRANT
    story.settle("new", Outcome.VERIFICATION, "t2")
    assert story.what_is("new") is PairState.VERIFIED


def test_a_suspect_pair_without_budget_is_not_confirmed() -> None:
    story = Story().strike("typo")
    story.admit("new")
    story.settle("new", Outcome.AMBIGUOUS)
    assert story.admit("new", "t2", confirm=True) is Admission.EXHAUSTED


def test_an_unseen_pair_is_unverified() -> None:
    assert Story().what_is("never seen") is PairState.UNVERIFIED
    assert GUARDED.policy is GuardPolicy.GUARDED


@BOTH
def test_the_tickets_of_dead_owners_are_given_up_even_if_the_answer_is_no(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo")
    story.admit("new", "t1", pid=7)
    assert story.admit("new", "t2", dead=frozenset({owner(7)})) is Admission.EXHAUSTED
    assert story.last.changed
    assert story.state.tickets[0].status is TicketStatus.UNKNOWN


def test_probes_back_off_from_an_overloaded_portal_without_a_charge() -> None:
    story = Story()
    waits: list[float] = []
    for number in range(8):
        assert story.admit("new", f"t{number}") is Admission.GRANT
        story.settle("new", Outcome.BUSY, f"t{number}")
        assert not story.state.tickets
        assert story.admit("new", "early") is Admission.WAIT
        assert story.last.retry_in is not None
        waits.append(story.last.retry_in)
        story.later(story.last.retry_in)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    story.verify("new")
    assert story.state.backoff is None


def test_the_portals_own_pause_is_honoured_up_to_the_longest() -> None:
    story = Story()
    for asked, expected in ((7.0, 7.0), (3600.0, 30.0)):
        story.admit("new")
        story.settle("new", Outcome.BUSY, retry_after=asked)
        assert story.admit("new") is Admission.WAIT
        assert story.last.retry_in == expected
        story.later(expected)


def test_a_pause_of_another_clock_domain_is_over() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.BUSY)
    assert story.reboot().admit("new") is Admission.GRANT


def test_a_verified_pair_does_not_back_off() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good")
    story.settle("good", Outcome.BUSY)
    assert story.state.backoff is None
    assert story.admit("good") is Admission.GRANT

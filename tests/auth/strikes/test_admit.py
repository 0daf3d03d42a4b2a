import attrs
import pytest

from cyara_auth.errors import ConfigurationError
from cyara_auth.strikes.events import StillValid
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, GuardPolicy, Outcome, PairState, TicketStatus

from .story import CONCURRENT, GUARDED, LOOPBACK, ORPHAN_TTL, OTHER_PORTAL, PORTAL, STRICT, Story, owner

EVERY = pytest.mark.parametrize("settings", [GUARDED, STRICT, CONCURRENT], ids=["guarded", "strict", "concurrent"])
TWO_PLACES = pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])
ALONE = pytest.mark.parametrize("settings", [GUARDED, CONCURRENT], ids=["guarded", "concurrent"])


@EVERY
def test_the_first_call_of_a_pair_is_reserved_durably(settings: GuardSettings) -> None:
    story = Story(settings)
    assert story.admit("new") is Admission.GRANT
    assert story.last.durable
    assert story.last.ticket == story.state.tickets[0]
    assert story.state.grants == 1
    assert story.what_is("new") is PairState.PROBING


@EVERY
def test_single_flight_while_a_pair_is_unverified(settings: GuardSettings) -> None:
    story = Story(settings)
    story.admit("new", "t1", pid=7)
    assert story.admit("new", "t2") is Admission.WAIT
    assert story.last.blockers == {owner(7)}
    assert story.last.retry_in == ORPHAN_TTL
    assert not story.last.changed
    assert story.state.grants == 1


@TWO_PLACES
def test_two_calls_of_a_verified_pair_go_together_and_no_third(settings: GuardSettings) -> None:
    story = Story(settings).verify("good")
    assert story.admit("good", "t1") is Admission.GRANT
    assert not story.last.durable
    assert story.admit("good", "t2") is Admission.GRANT
    assert story.admit("good", "t3") is Admission.WAIT
    assert story.state.grants == 3


@EVERY
def test_exclusion_between_pairs_no_other_pair_is_sent_while_a_call_is_open(settings: GuardSettings) -> None:
    story = Story(settings).verify("good")
    story.admit("new", "t1")
    assert story.admit("other", "t2") is Admission.WAIT
    if settings is not CONCURRENT:
        assert story.admit("good", "t2") is Admission.WAIT
        story.settle("new", Outcome.NOT_SENT, "t1")
        assert story.admit("good", "t2") is Admission.GRANT
        assert story.admit("new", "t3") is Admission.WAIT


def test_concurrent_lets_a_verified_pair_go_free_and_remembers_for_how_long() -> None:
    story = Story(CONCURRENT).verify("good")
    assert story.admit("good") is Admission.FREE
    assert story.last.durable
    assert story.state.free_ttl == ORPHAN_TTL
    assert story.admit("good") is Admission.FREE
    assert not story.last.changed
    assert not story.last.durable
    assert story.admit("good", orphan_ttl=2 * ORPHAN_TTL) is Admission.FREE
    assert story.state.free_ttl == 2 * ORPHAN_TTL
    assert not story.state.tickets


@EVERY
def test_single_flight_again_when_the_verification_is_too_old(settings: GuardSettings) -> None:
    story = Story(settings).verify("good").later(settings.verification_ttl)
    assert story.what_is("good") is PairState.STALE
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.last.durable
    assert story.what_is("good") is PairState.PROBING
    assert story.admit("good", "t2") is Admission.WAIT


def test_a_reboot_makes_a_verification_stale() -> None:
    assert Story(CONCURRENT).verify("good").reboot().admit("good") is Admission.GRANT


def test_a_clock_that_goes_backwards_makes_a_verification_stale() -> None:
    assert Story(CONCURRENT).verify("good").later(-1.0).admit("good") is Admission.GRANT


def test_verification_is_per_origin_and_strikes_are_per_key() -> None:
    story = Story(CONCURRENT).verify("good")
    assert story.what_is("good", OTHER_PORTAL) is PairState.UNVERIFIED
    assert story.admit("good", "t1", origin=OTHER_PORTAL) is Admission.GRANT
    story.settle("good", Outcome.VERIFICATION, "t1", origin=OTHER_PORTAL)
    assert story.admit("good", "t2", origin=OTHER_PORTAL) is Admission.FREE
    assert story.admit("good", "t3", origin=PORTAL) is Admission.FREE
    story.strike("typo")
    story.strike("other typo", "t4", origin=LOOPBACK)
    assert story.admit("third typo", "t5") is Admission.EXHAUSTED


def test_places_are_per_key_over_all_origins() -> None:
    story = Story(GUARDED).verify("good").verify("good", origin=OTHER_PORTAL)
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2", origin=OTHER_PORTAL) is Admission.GRANT
    assert story.admit("good", "t3") is Admission.WAIT
    assert story.admit("good", "t3", origin=LOOPBACK) is Admission.WAIT


@EVERY
def test_the_budget_is_per_key_over_all_pairs(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo").strike("second typo")
    assert story.admit("third pair") is Admission.EXHAUSTED
    assert story.state.strikes == 2


@EVERY
def test_strikes_older_than_the_verification_do_not_narrow_it(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo").verify("good").later(settings.verification_ttl)
    assert story.admit("good", "t1") is Admission.GRANT
    story.settle("good", Outcome.VERIFICATION, "t1")
    if settings is not CONCURRENT:
        assert story.admit("good", "t2") is Admission.GRANT
        assert story.admit("good", "t3") is Admission.GRANT


@TWO_PLACES
def test_a_strike_after_the_verification_takes_one_place(settings: GuardSettings) -> None:
    story = Story(settings).verify("good").strike("typo")
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2") is Admission.WAIT


def test_a_budget_of_one() -> None:
    story = Story(GuardSettings(budget=1)).verify("good")
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2") is Admission.WAIT
    story.settle("good", Outcome.STRIKE, "t1")
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


@ALONE
@pytest.mark.parametrize("lapsed", [False, True], ids=["fresh", "lapsed"])
def test_losses_never_stop_a_verified_pair_but_it_goes_alone(
    settings: GuardSettings,
    lapsed: bool,  # noqa: FBT001  # a table
) -> None:
    story = Story(settings).verify("good").later(settings.verification_ttl)
    for number in range(5):
        story.lose("good", f"lost {number}")
    if lapsed:
        story.later(settings.verification_ttl)
    assert len(story.state.tickets) == 5
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2") is Admission.WAIT


def test_after_a_loss_one_call_goes_at_a_time_until_a_success_that_was_reserved_orphan_ttl_later() -> None:
    story = Story(GUARDED).verify("good").lose("good", "lost")
    story.verify("good").later(ORPHAN_TTL - 1.0)
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2") is Admission.WAIT
    story.settle("good", Outcome.VERIFICATION, "t1")
    story.later(1.0).verify("good")
    assert not story.state.tickets
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.admit("good", "t2") is Admission.GRANT


def test_a_verified_pair_is_charged_for_what_other_pairs_lose() -> None:
    story = Story(GUARDED).verify("good").strike("typo").lose("second typo", "lost")
    assert story.admit("good", "t1") is Admission.EXHAUSTED


def test_a_pair_that_is_verified_elsewhere_only_is_charged_for_its_losses() -> None:
    story = Story(GUARDED).verify("good", origin=OTHER_PORTAL).lose("good", "l1").lose("good", "l2")
    assert story.admit("good", "t1") is Admission.EXHAUSTED
    assert story.admit("good", "t1", origin=OTHER_PORTAL) is Admission.GRANT


@EVERY
def test_a_dead_owner_leaves_an_unknown_that_stays_charged(settings: GuardSettings) -> None:
    story = Story(settings)
    story.admit("new", "t1", pid=7)
    assert story.admit("new", "t2", dead=frozenset({owner(7)})) is Admission.GRANT
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN, TicketStatus.OPEN]
    story.settle("new", Outcome.UNKNOWN, "t2")
    assert story.admit("new", "t3") is Admission.EXHAUSTED


@TWO_PLACES
def test_a_killed_keeper_of_a_place_is_an_unknown(settings: GuardSettings) -> None:
    story = Story(settings).verify("good")
    story.admit("good", "t1", pid=7)
    story.settle("good", Outcome.VERIFICATION, "t1", keep=True)
    assert story.admit("good", "t2", dead=frozenset({owner(7)})) is Admission.GRANT
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN, TicketStatus.OPEN]


def test_an_owner_that_cannot_be_judged_counts_as_alive_until_orphan_ttl() -> None:
    story = Story()
    story.admit("new", "t1", pid=7)
    story.later(ORPHAN_TTL - 1.0)
    assert story.admit("new", "t2") is Admission.WAIT
    assert story.last.retry_in == 1.0
    story.later(1.0)
    assert story.admit("new", "t2") is Admission.GRANT


@EVERY
def test_time_alone_never_gives_budget_back(settings: GuardSettings) -> None:
    story = Story(settings).lose("new", "t1").lose("new", "t2")
    story.later(10 * 365 * 86400.0)
    assert story.admit("new", "t3") is Admission.EXHAUSTED


def test_a_verification_refunds_the_unknowns_that_were_old_when_it_was_reserved() -> None:
    story = Story().lose("new", "old")
    story.later(ORPHAN_TTL).verify("new")
    assert not story.state.tickets


def test_a_verification_does_not_refund_an_unknown_that_grew_old_while_it_was_on_its_way() -> None:
    story = Story().lose("new", "young")
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


def test_a_rejected_pair_is_refused_whatever_the_budget_where_it_was_rejected() -> None:
    story = Story().strike("stale")
    assert story.admit("stale") is Admission.REJECTED
    assert story.last.pair is not None
    assert story.last.pair.at(PORTAL).incident is not None
    assert story.admit("stale", confirm=True) is Admission.REJECTED
    assert story.admit("stale", "t1", origin=OTHER_PORTAL) is Admission.GRANT


def test_a_superseded_pair_is_refused_while_another_is_fresh_and_then_goes_as_a_new_one() -> None:
    story = Story(GUARDED).verify("first").verify("second")
    assert story.admit("first") is Admission.SUPERSEDED
    assert story.what_is("first") is PairState.SUPERSEDED
    story.later(GUARDED.verification_ttl)
    assert story.admit("first", "t1") is Admission.GRANT
    assert story.admit("first", "t2") is Admission.WAIT
    story.settle("first", Outcome.UNKNOWN, "t1")
    story.lose("first", "t2")
    assert story.admit("first", "t3") is Admission.EXHAUSTED


def test_a_superseded_pair_comes_back_by_a_success_of_its_own() -> None:
    story = Story(GUARDED).verify("first").verify("second").later(GUARDED.verification_ttl).verify("first")
    assert story.what_is("first") is PairState.VERIFIED
    assert story.what_is("second") is PairState.SUPERSEDED


def test_a_fresh_success_on_loopback_keeps_nobody_out_elsewhere() -> None:
    story = Story(GUARDED).verify("first").verify("second").verify("third", origin=LOOPBACK)
    assert story.what_is("second") is PairState.VERIFIED
    story.later(GUARDED.verification_ttl).verify("third", origin=LOOPBACK)
    assert story.admit("first", "t1") is Admission.GRANT


def test_a_suspect_pair_needs_somebody_who_takes_the_risk() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.AMBIGUOUS)
    assert story.what_is("new") is PairState.SUSPECT
    assert story.admit("new", "t2") is Admission.SUSPECT
    assert story.admit("new", "t2", confirm=True) is Admission.GRANT
    assert story.last.ticket is not None
    assert story.last.ticket.confirms
    story.settle("new", Outcome.VERIFICATION, "t2")
    assert story.what_is("new") is PairState.VERIFIED


def test_a_suspect_pair_without_budget_is_not_confirmed() -> None:
    story = Story().strike("typo")
    story.admit("new")
    story.settle("new", Outcome.AMBIGUOUS)
    assert story.admit("new", "t2", confirm=True) is Admission.EXHAUSTED


def test_an_unseen_pair_is_unverified() -> None:
    assert Story().what_is("never seen") is PairState.UNVERIFIED
    assert GuardSettings().policy is GuardPolicy.GUARDED


def test_a_pair_that_has_only_been_admitted_is_unverified() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.NOT_SENT)
    assert story.state.pair("new") is not None
    assert story.what_is("new") is PairState.UNVERIFIED


@EVERY
def test_the_tickets_of_dead_owners_are_given_up_even_if_the_answer_is_no(settings: GuardSettings) -> None:
    story = Story(settings).strike("typo")
    story.admit("new", "t1", pid=7)
    assert story.admit("new", "t2", dead=frozenset({owner(7)})) is Admission.EXHAUSTED
    assert story.last.changed
    assert story.state.tickets[0].status is TicketStatus.UNKNOWN


def test_probes_back_off_from_an_overloaded_portal_and_are_charged_once() -> None:
    story = Story()
    waits: list[float] = []
    for number in range(8):
        assert story.admit("new", f"t{number}") is Admission.GRANT
        story.settle("new", Outcome.BUSY, f"t{number}")
        assert [t.id for t in story.state.tickets] == ["t0"]
        assert story.admit("new", "early") is Admission.WAIT
        assert story.last.retry_in is not None
        assert not story.last.blockers
        waits.append(story.last.retry_in)
        story.later(story.last.retry_in)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    story.verify("new")
    assert story.state.pause is None


def test_the_portals_own_pause_is_honoured_up_to_the_longest() -> None:
    story = Story()
    for asked, expected in ((7.0, 7.0), (3600.0, 30.0)):
        story.admit("new")
        story.settle("new", Outcome.BUSY, retry_after=asked)
        assert story.admit("new", "t2") is Admission.WAIT
        assert story.last.retry_in == expected
        story.later(expected)
        story.state = attrs.evolve(story.state, tickets=())


def test_a_pause_of_another_clock_domain_is_over() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.BUSY)
    assert story.reboot().admit("new", "t2") is Admission.GRANT


def test_a_verified_pair_does_not_back_off() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good")
    story.settle("good", Outcome.BUSY)
    assert story.state.pause is None
    assert story.admit("good") is Admission.GRANT


def test_who_finds_no_place_says_so_once_in_half_the_life_of_the_mark() -> None:
    story = Story(GUARDED).verify("good")
    story.admit("good", "t1")
    story.admit("good", "t2")
    assert story.admit("good", "t3", waiting_life=2.0) is Admission.WAIT
    assert story.last.changed
    marked = story.now
    assert story.state.waiting_at == marked
    story.later(1.0)
    assert story.admit("good", "t3", waiting_life=2.0) is Admission.WAIT
    assert not story.last.changed
    story.later(0.5)
    assert story.admit("good", "t3") is Admission.WAIT
    assert story.state.waiting_at == marked
    assert story.admit("good", "t3", waiting_life=2.0) is Admission.WAIT
    assert story.state.waiting_at == story.now


def test_a_waiting_mark_of_another_clock_domain_is_written_anew() -> None:
    story = Story(GUARDED)
    story.admit("new", "t1")
    story.admit("new", "t2", waiting_life=2.0)
    story.reboot().admit("new", "t2", waiting_life=2.0)
    assert story.state.waiting_at == story.now


def test_the_operators_look_is_good_for_one_call_alone() -> None:
    story = Story(STRICT).verify("good").lose("good", "l1").lose("good", "l2")
    assert story.apply(StillValid()).durable
    assert len(story.state.tickets) == 2
    assert story.admit("good", "t1") is Admission.GRANT
    assert not story.state.one_more
    assert story.admit("good", "t2") is Admission.WAIT
    story.settle("good", Outcome.UNKNOWN, "t1")
    assert story.admit("good", "t2") is Admission.EXHAUSTED


def test_the_operators_look_is_not_used_up_by_a_call_that_may_go_anyway() -> None:
    story = Story(STRICT).verify("good")
    story.apply(StillValid())
    assert story.admit("good", "t1") is Admission.GRANT
    assert story.state.one_more
    assert not story.apply(StillValid()).changed


def test_the_operators_look_lets_a_suspect_pair_go_and_a_success_brings_it_back() -> None:
    story = Story()
    story.admit("new")
    story.settle("new", Outcome.AMBIGUOUS)
    story.apply(StillValid())
    assert story.admit("new", "t2") is Admission.GRANT
    assert not story.state.one_more
    story.settle("new", Outcome.VERIFICATION, "t2")
    assert story.what_is("new") is PairState.VERIFIED


def test_the_operators_look_ends_with_the_next_verdict() -> None:
    story = Story(STRICT).verify("good")
    story.apply(StillValid())
    story.verify("good")
    assert not story.state.one_more
    story.apply(StillValid())
    story.strike("typo")
    assert not story.state.one_more


def test_the_operators_look_brings_no_rejected_pair_back() -> None:
    story = Story().strike("stale")
    story.apply(StillValid())
    assert story.admit("stale") is Admission.REJECTED

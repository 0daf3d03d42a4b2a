import attrs
import pytest

from cyara_auth.strikes.events import Reset, RotateBegin, RotateCommit
from cyara_auth.strikes.state import Admission, Outcome, TicketStatus

from .story import GUARDED, ORPHAN_TTL, OTHER_PORTAL, STRICT, Story, incident, owner


def keeping(ticket: str = "t1") -> Story:
    story = Story(GUARDED).verify("good")
    story.admit("good", ticket)
    story.settle("good", Outcome.VERIFICATION, ticket, keep=True)
    return story


def test_a_kept_place_stays_with_its_process_after_a_success() -> None:
    story = keeping()
    assert [(t.id, t.status, t.refundable) for t in story.state.tickets] == [("t1", TicketStatus.OPEN, ())]
    assert story.admit("good", "t2") is Admission.GRANT
    assert story.admit("good", "t3") is Admission.WAIT


def test_only_a_success_or_nothing_keeps_a_place() -> None:
    for outcome, kept in ((Outcome.INCONCLUSIVE, True), (Outcome.STRIKE, False), (Outcome.NOT_SENT, False)):
        story = keeping()
        story.settle("good", outcome, "t1", keep=True)
        assert bool(story.state.tickets) is kept


def test_what_a_kept_places_first_call_refunded_is_not_refunded_again() -> None:
    story = Story(GUARDED).verify("good").lose("good", "lost").later(ORPHAN_TTL)
    story.admit("good", "t1")
    story.settle("good", Outcome.INCONCLUSIVE, "t1", keep=True)
    story.settle("good", Outcome.VERIFICATION, "t1", keep=True)
    assert [t.id for t in story.state.tickets] == ["lost", "t1"]


def test_a_place_that_is_gone_cannot_be_kept() -> None:
    story = Story(GUARDED).verify("good")
    story.settle("good", Outcome.VERIFICATION, "gone", keep=True)
    assert not story.state.tickets


def test_a_renewal_dates_the_place_as_if_it_were_reserved_now() -> None:
    story = Story(GUARDED).verify("good").lose("good", "lost")
    story.later(60.0).admit("good", "t1")
    story.settle("good", Outcome.VERIFICATION, "t1", keep=True)
    story.settle("typo", Outcome.AMBIGUOUS, "late")
    story.later(ORPHAN_TTL - 60.0)
    assert story.renew()
    assert not story.last.durable
    ticket = story.state.ticket("t1")
    assert ticket == story.last.ticket
    assert ticket is not None
    assert (ticket.reserved_at, ticket.refundable, ticket.watermark) == (story.now, ("lost",), 1)
    story.settle("good", Outcome.VERIFICATION, "t1")
    assert not story.state.tickets
    assert (story.state.strikes, story.state.watermark) == (1, 1)


def test_a_renewal_while_a_call_is_sending_changes_its_age_only() -> None:
    story = Story(GUARDED).lose("new", "lost").later(ORPHAN_TTL)
    story.admit("new", "t1")
    before = story.last.ticket
    assert before is not None
    story.settle("typo", Outcome.AMBIGUOUS, "late")
    story.apply(RotateBegin(now=story.now, incident=incident()))
    story.later(60.0)
    assert story.renew(sending=True)
    assert story.state.ticket("t1") == attrs.evolve(before, reserved_at=story.now)


def test_a_renewal_tells_of_a_success_that_the_store_does_not_know() -> None:
    story = keeping().later(600.0)
    assert story.renew(verified_at=story.now)
    assert story.later(600.0).admit("good", "t2") is Admission.GRANT


def test_a_renewal_verifies_nothing() -> None:
    story = Story(GUARDED)
    story.admit("new", "t1")
    assert not story.renew(verified_at=story.now)
    assert not story.last.changed
    assert story.state.pair("new") is not None
    assert not story.state.pairs[0].standings


def test_a_place_that_is_gone_is_not_renewed() -> None:
    story = keeping()
    story.settle("good", Outcome.NOT_SENT, "t1")
    assert not story.renew()
    assert not story.last.changed
    assert not story.renew(sending=True)


@pytest.mark.parametrize("sending", [False, True])
def test_a_place_that_was_given_up_is_not_renewed(sending: bool) -> None:  # noqa: FBT001  # a table
    story = keeping().later(ORPHAN_TTL)
    story.admit("good", "t2", dead=frozenset({owner(7)}))
    assert [t.status for t in story.state.tickets] == [TicketStatus.UNKNOWN, TicketStatus.OPEN]
    assert not story.renew(sending=sending)
    assert not story.last.changed


def test_a_place_of_a_forgotten_pair_is_not_renewed() -> None:
    story = keeping()
    story.apply(Reset(now=story.now, forgive=frozenset({"good"})))
    assert story.state.tickets
    assert not story.renew()


def test_a_place_is_not_renewed_while_the_token_is_rotated_nor_afterwards() -> None:
    story = keeping()
    story.apply(RotateBegin(now=story.now, incident=incident()))
    assert not story.renew()
    story.apply(RotateCommit(now=story.now, incident=incident(), pair="new"))
    assert not story.renew()


@pytest.mark.parametrize("outcome", [Outcome.STRIKE, Outcome.AMBIGUOUS])
def test_a_place_of_a_pair_that_is_out_is_not_renewed(outcome: Outcome) -> None:
    story = keeping()
    story.admit("good", "t2")
    story.settle("good", outcome, "t2")
    assert not story.renew()


def test_without_a_fresh_verification_only_the_one_place_is_renewed() -> None:
    story = keeping()
    story.admit("good", "t2")
    story.settle("good", Outcome.REVERIFY, None)
    assert not story.renew()
    story.settle("good", Outcome.INCONCLUSIVE, "t2")
    assert story.renew()


def test_a_verification_elsewhere_renews_no_place() -> None:
    story = Story(STRICT).verify("good")
    story.admit("good", "t1", origin=OTHER_PORTAL)
    assert not story.renew()


def test_a_renewal_in_a_later_generation_belongs_to_it() -> None:
    story = keeping()
    story.apply(Reset(now=story.now))
    assert not story.renew()
    story.settle("good", Outcome.NOT_SENT, "t1")
    story.verify("good")
    story.admit("good", "t1")
    assert story.renew()
    assert story.state.tickets[0].generation == 1

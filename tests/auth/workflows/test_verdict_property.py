"""Whatever a portal does with a run, it passes if and only if every call of it was listed and good."""

import os
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cyara_auth import Pace, connect
from cyara_auth.client.cyara import Cyara

from ..wire.loopback import PAIR
from .scripted import CAMPAIGN, NAMING, TICKETS, Call, ScriptedPortal, World

QUICK = Pace(interval=0.001, longest_interval=0.001, deadline=2)
GOOD = ("Success", "Satisfactory")
NOT_CALLED = ("Aborted", "InternalError", "Internal Error", "Connection Error", "ConnectionError", None, "")
FAILED = (
    "Failed",
    "Other Failure",
    "No answer within 10 seconds",
    "Passed",
    1,
    True,
    ["Success"],
    {"value": "Success"},
)


@pytest.fixture(scope="module")
def portal_and_client() -> Iterator[tuple[ScriptedPortal, Cyara]]:
    # One for all examples: a client takes longer to make than a run takes to follow.
    with pytest.MonkeyPatch.context() as patch, ScriptedPortal() as portal, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("CYARA_ALLOW_INFERRED", "1")
        with connect(portal.base_url, PAIR, account_id=1, store="memory:", retries=0) as cyara:
            yield portal, cyara


@st.composite
def calls(draw: st.DrawFn) -> list[Call]:
    """Draw the calls of a run: repeated or not, one after the other or at once, the bad ones early or late."""
    good = st.sampled_from(GOOD)
    # Most runs are good or have one bad call: where many are bad, no fault of the verdict would be seen.
    bad = st.sampled_from((*FAILED, *NOT_CALLED))
    cases = draw(st.lists(st.integers(1, 4), min_size=1, max_size=7))
    spoilt = draw(st.sets(st.sampled_from(range(len(cases))), max_size=draw(st.sampled_from((0, 0, 1, 2)))))
    made, begins = [], 1
    for index, case in enumerate(cases):
        begins += draw(st.integers(0, 3))
        ends = begins + draw(st.integers(0, 4))
        made.append(Call(case=case, result=draw(bad if index in spoilt else good), begins=begins, ends=ends))
    return made


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a run and a portal that shows it, in any reading, and loses parts of it; what is lost can be noticed."""
    made = draw(calls())
    ticket = draw(st.sampled_from(sorted(TICKETS)))
    as_calls = draw(st.booleans())
    order = draw(st.sampled_from(("newest", "oldest", "shuffled")))
    # Without a total, the campaign's test cases show only that a whole one is missing.
    total = draw(st.sampled_from(("honest", "honest", None)))
    lost = st.sampled_from((None, None, 1, 2, 3)) if total else st.sampled_from((None, 1))
    return World(
        calls=made,
        ticket=ticket,
        as_calls=as_calls,
        number_each=as_calls and draw(st.booleans()),
        order=order,
        earlier=draw(st.integers(0, 4)),
        # A run of somebody else's can be told only by a number.
        others=draw(st.integers(0, 2)) if ticket in NAMING else 0,
        # Pages in no order at all may look as if the newest came first.
        runs_page=50 if order == "shuffled" else draw(st.integers(1, 6)),
        # A page that is all of the one before, in a list without a total, is an error and no verdict.
        results_page=draw(st.integers(1 if total else 2, 4)),
        lost_page=draw(lost),
        overlap=draw(st.sampled_from((False, False, True))),
        total=total,
        test_cases=draw(st.sampled_from(("honest", None, 404, 500))),
        lost_answers=frozenset(draw(st.sets(st.integers(1, 12), max_size=3))),
    )


def listed(world: World) -> list[Call]:
    """Return the calls whose results are listed, each once."""
    size, found = world.results_page, []
    for start in range(0, len(world.calls), size):
        if start // size + 1 == world.lost_page:
            break
        page = world.calls[start : start + size]
        found += page[1:] if world.overlap and start else page
    return found


def expected(world: World) -> str:
    """Return the verdict that the portal's listing allows."""
    found = listed(world)
    if any(call.result not in (*GOOD, *NOT_CALLED) for call in found):
        return "failed"
    if any(call.result in NOT_CALLED for call in found):
        return "not_called"
    return "passed" if found and len(found) == len(world.calls) else "incomplete"


EXAMPLES = 1500 if os.environ.get("CYARA_TESTS_SEARCH") else 250


@pytest.mark.timeout(400)
@settings(max_examples=EXAMPLES)
@example(world=World(calls=[Call(case=1), Call(case=2, begins=4, ends=5, result="Failed")], as_calls=True))
@example(world=World(calls=[Call(case=1), Call(case=2)], results_page=1, lost_page=2))
@example(world=World(calls=[Call(case=1)], ticket="no content", order="oldest", earlier=4, runs_page=2))
@given(world=worlds())
def test_a_run_passes_if_and_only_if_every_call_of_it_was_listed_and_good(
    portal_and_client: tuple[ScriptedPortal, Cyara], world: World
) -> None:
    portal, cyara = portal_and_client
    # A drawn world may be shown more than once, and time in it has passed then.
    world.asked, world.seen = -1, []
    portal.show(world)
    outcome = cyara.run_campaign(CAMPAIGN, pace=QUICK)
    good = all(call.result in GOOD for call in world.calls)
    assert outcome.passed is (good and len(listed(world)) == len(world.calls))
    assert outcome.verdict == expected(world)
    assert len(outcome.results) == len(listed(world))
    if world.total:
        assert sum(outcome.tally.values()) == len(world.calls)
    assert [line.split()[0] for line in world.seen].count("POST") == 1

"""Longer stories than the exhaustive model can afford, over the real guard: random, and shrunk by hypothesis.

The world is the worst reading of the vendor's rule: every invalid call on the key counts against the token that is
current when it is evaluated. Calls may be evaluated long after their caller has given up.
"""

from typing import Final

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cyara_auth.errors import AdmissionRefusedError
from cyara_auth.guard.guard import GuardSettings, StrikeGuard, Ticket
from cyara_auth.strikes.state import GuardPolicy, Outcome

from .parts import PORTAL, Clock, Pair, make

TYPO: Final = Pair("typo")
ORPHAN_TTL: Final = 150.0


@attrs.define
class Call:
    """A call in the air: `valid` once it is evaluated, `abandoned` once nobody waits for its answer."""

    ticket: Ticket
    pair: Pair
    age: float = 0.0
    valid: bool | None = None
    abandoned: bool = False

    @property
    def is_over(self) -> bool:
        """Nothing more can come of it."""
        return self.abandoned and (self.valid is not None or self.age >= ORPHAN_TTL)

    def end(self, outcome: Outcome) -> None:
        self.ticket.settle(outcome)
        self.abandoned = True


class Portal(RuleBasedStateMachine):
    """Two processes (guards) over one store, and the portal."""

    policy = GuardPolicy.STRICT
    regenerates = True

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        options = GuardSettings(policy=self.policy, sync_interval=0.0)
        first = make(options, clock=self.clock)
        self.guards: list[StrikeGuard] = [first, make(options, store=first.store, clock=self.clock)]
        self.tokens = [Pair("token 0")]
        self.invalid = 0
        self.lost = 0
        self.typos = 0
        self.calls: list[Call] = []

    @property
    def current(self) -> Pair:
        return self.tokens[-1]

    def one_of(self, index: int, *, evaluated: bool) -> Call | None:
        calls = [call for call in self.calls if (call.valid is not None) == evaluated]
        return calls[index % len(calls)] if calls else None

    @rule(guard=st.integers(0, 1), age=st.integers(0, 2), typo=st.booleans())
    def admit(self, guard: int, age: int, typo: bool) -> None:  # noqa: FBT001  # hypothesis draws it
        pair = TYPO if typo else self.tokens[max(0, len(self.tokens) - 1 - age)]
        try:
            ticket = self.guards[guard].admit(pair, PORTAL, timeout=0.0)
        except AdmissionRefusedError:
            return
        ticket.sent()
        self.typos += typo
        self.calls.append(Call(ticket, pair))

    @rule(index=st.integers(0, 9))
    def evaluate(self, index: int) -> None:
        call = self.one_of(index, evaluated=False)
        if call is not None:
            call.valid = call.pair == self.current
            self.invalid += not call.valid

    @rule(index=st.integers(0, 9), lost=st.booleans())
    def answer(self, index: int, lost: bool) -> None:  # noqa: FBT001  # hypothesis draws it
        call = self.one_of(index, evaluated=True)
        if call is not None:
            self.lost += lost
            call.end(Outcome.UNKNOWN if lost else Outcome.VERIFICATION if call.valid else Outcome.STRIKE)

    @rule(index=st.integers(0, 9))
    def give_up(self, index: int) -> None:
        call = self.one_of(index, evaluated=False)
        if call is not None:
            self.lost += 1
            call.end(Outcome.UNKNOWN)

    @precondition(lambda self: self.regenerates and len(self.tokens) < 3)
    @rule()
    def regenerate(self) -> None:
        self.tokens.append(Pair(f"token {len(self.tokens)}"))
        self.invalid = 0

    @rule(seconds=st.sampled_from([1.0, 100.0, 1000.0]))
    def later(self, seconds: float) -> None:
        # A call is evaluated within `orphan_ttl` of its reservation or never: the one thing assumed of time.
        self.clock.later(seconds)
        for call in self.calls:
            call.age += seconds
            if call.age >= ORPHAN_TTL and not call.abandoned:
                self.lost += 1
                call.end(Outcome.UNKNOWN)

    @invariant()
    def what_is_over_is_forgotten(self) -> None:
        self.calls = [call for call in self.calls if not call.is_over]

    @invariant()
    def no_third_invalid_call(self) -> None:
        assert self.invalid <= 2, "a third invalid call"


class Strict(Portal):
    """STRICT, whatever happens."""


class Guarded(Portal):
    """GUARDED: each lost answer beyond the first may cost one more."""

    policy = GuardPolicy.GUARDED

    @invariant()
    def no_third_invalid_call(self) -> None:
        assert self.invalid <= 2 + max(0, self.lost - (0 if self.typos else 1)), "one invalid call too many"


class Concurrent(Portal):
    """CONCURRENT, as long as nobody regenerates the token unannounced."""

    policy = GuardPolicy.CONCURRENT
    regenerates = False


class Unguarded(Portal):
    """CONCURRENT with regenerations: the documented exception, in which a third call can happen."""

    policy = GuardPolicy.CONCURRENT


Strict.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None, derandomize=True)
Guarded.TestCase.settings = Concurrent.TestCase.settings = Strict.TestCase.settings

TestStrict = Strict.TestCase
TestGuarded = Guarded.TestCase
TestConcurrent = Concurrent.TestCase


def test_a_third_call_would_be_noticed() -> None:
    world = Unguarded()
    world.admit(guard=0, age=0, typo=False)
    world.evaluate(0)
    world.answer(0, lost=False)
    world.what_is_over_is_forgotten()
    for _ in range(3):
        world.admit(guard=0, age=0, typo=False)
    world.regenerate()
    for _ in range(3):
        world.no_third_invalid_call()
        world.evaluate(0)
    with pytest.raises(AssertionError, match="third"):
        world.no_third_invalid_call()

"""A key to which things happen: short forms of events, so that a test reads as a story."""

from typing import Self

import attrs

from cyara_auth.machine import Instant, Owner
from cyara_auth.strikes.decide import decide, pair_state
from cyara_auth.strikes.events import Admit, Decision, Event, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import EMPTY, Admission, GuardPolicy, Incident, KeyState, Outcome, PairState

PORTAL = "https://portal:443"
GUARDED = GuardSettings(policy=GuardPolicy.GUARDED)
STRICT = GuardSettings(policy=GuardPolicy.STRICT)
ORPHAN_TTL = 150.0


def owner(pid: int = 1) -> Owner:
    return Owner(host="host", pid_namespace="namespace", boot="boot", pid=pid, started="then")


def incident(pid: int = 1) -> Incident:
    return Incident(wall=1000.0, host="host", pid=pid, source="a test", operation="GetCampaigns")


@attrs.define
class Story:
    """The state so far, the clock, and the last decision."""

    settings: GuardSettings = GUARDED
    state: KeyState = EMPTY
    now: Instant = attrs.field(factory=lambda: Instant(domain="boot", seconds=100.0))
    last: Decision = attrs.field(factory=lambda: Decision(state=EMPTY, changed=False))

    def apply(self, event: Event) -> Decision:
        self.last = decide(self.state, event)
        assert self.last.changed == (self.last.state != self.state)
        assert self.last.changed or self.last.state is self.state
        self.state = self.last.state
        return self.last

    def admit(
        self,
        pair: str,
        ticket: str = "t1",
        *,
        origin: str = PORTAL,
        pid: int = 1,
        dead: frozenset[Owner] = frozenset(),
        confirm: bool = False,
    ) -> Admission | None:
        event = Admit(
            now=self.now,
            settings=self.settings,
            pair=pair,
            origin=origin,
            owner=owner(pid),
            ticket=ticket,
            orphan_ttl=ORPHAN_TTL,
            dead=dead,
            confirm=confirm,
            incident=incident(pid),
        )
        return self.apply(event).admission

    def settle(
        self,
        pair: str,
        outcome: Outcome,
        ticket: str | None = "t1",
        *,
        origin: str = PORTAL,
        retry_after: float | None = None,
    ) -> Decision:
        event = Settle(
            now=self.now,
            settings=self.settings,
            pair=pair,
            origin=origin,
            outcome=outcome,
            ticket=ticket,
            incident=incident(),
            retry_after=retry_after,
        )
        return self.apply(event)

    def verify(self, pair: str, ticket: str = "verification", *, origin: str = PORTAL) -> Self:
        assert self.admit(pair, ticket, origin=origin) is Admission.GRANT
        self.settle(pair, Outcome.VERIFICATION, ticket, origin=origin)
        return self

    def strike(self, pair: str, ticket: str = "strike") -> Self:
        assert self.admit(pair, ticket) is Admission.GRANT
        self.settle(pair, Outcome.STRIKE, ticket)
        return self

    def later(self, seconds: float) -> Self:
        self.now = attrs.evolve(self.now, seconds=self.now.seconds + seconds)
        return self

    def reboot(self) -> Self:
        self.now = Instant(domain=self.now.domain + "'", seconds=1.0)
        return self

    def what_is(self, pair: str, origin: str = PORTAL) -> PairState:
        return pair_state(self.state, pair, origin, now=self.now, settings=self.settings)

"""A key to which things happen: short forms of events, so that a test reads as a story."""

from typing import Self

import attrs

from cyara_auth.machine import Instant, Owner
from cyara_auth.strikes.decide import decide, pair_state
from cyara_auth.strikes.events import Admit, Decision, Event, Renew, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import EMPTY, Admission, GuardPolicy, Incident, KeyState, Outcome, PairState

PORTAL = "https://portal:443"
OTHER_PORTAL = "https://other-portal:443"
LOOPBACK = "http://localhost:8080"
GUARDED = GuardSettings(policy=GuardPolicy.GUARDED)
STRICT = GuardSettings(policy=GuardPolicy.STRICT)
CONCURRENT = GuardSettings(policy=GuardPolicy.CONCURRENT)
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
        orphan_ttl: float = ORPHAN_TTL,
        waiting_life: float | None = None,
    ) -> Admission | None:
        event = Admit(
            now=self.now,
            settings=self.settings,
            pair=pair,
            origin=origin,
            owner=owner(pid),
            ticket=ticket,
            orphan_ttl=orphan_ttl,
            dead=dead,
            confirm=confirm,
            incident=incident(pid),
            waiting_life=waiting_life,
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
        keep: bool = False,
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
            keep=keep,
        )
        return self.apply(event)

    def renew(self, ticket: str = "t1", *, sending: bool = False, verified_at: Instant | None = None) -> bool:
        event = Renew(now=self.now, settings=self.settings, ticket=ticket, sending=sending, verified_at=verified_at)
        return self.apply(event).admission is Admission.GRANT

    def lose(self, pair: str, ticket: str = "t1", *, origin: str = PORTAL) -> Self:
        assert self.admit(pair, ticket, origin=origin) is Admission.GRANT
        self.settle(pair, Outcome.UNKNOWN, ticket, origin=origin)
        return self

    def verify(self, pair: str, ticket: str = "verification", *, origin: str = PORTAL) -> Self:
        assert self.admit(pair, ticket, origin=origin) is Admission.GRANT
        self.settle(pair, Outcome.VERIFICATION, ticket, origin=origin)
        return self

    def strike(self, pair: str, ticket: str = "strike", *, origin: str = PORTAL) -> Self:
        assert self.admit(pair, ticket, origin=origin) is Admission.GRANT
        self.settle(pair, Outcome.STRIKE, ticket, origin=origin)
        return self

    def later(self, seconds: float) -> Self:
        self.now = attrs.evolve(self.now, seconds=self.now.seconds + seconds)
        return self

    def reboot(self) -> Self:
        self.now = Instant(domain=self.now.domain + "'", seconds=1.0)
        return self

    def what_is(self, pair: str, origin: str = PORTAL) -> PairState:
        return pair_state(self.state, pair, origin, now=self.now, settings=self.settings)

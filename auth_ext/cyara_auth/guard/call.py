"""What a caller wants to send, as the guard sees it, and the moment until which its admission is good."""

from typing import Final

import attrs

from cyara_auth.machine import Instant

FENCE: Final = 60.0
"""Seconds after the clocks were read, before the store was asked, within which a call has to leave."""


@attrs.frozen
class Moment:
    """One reading of both clocks: `steady` counts a laptop's sleep, and only `wall` shows that a machine was paused."""

    steady: float
    wall: float

    def since(self, earlier: "Moment") -> float:
        """Return the seconds from `earlier` to this reading, by whichever clock saw more of them."""
        return max(self.steady - earlier.steady, self.wall - earlier.wall)


def ago(now: Instant, seconds: float) -> Instant:
    """Return the moment so many seconds before another."""
    return attrs.evolve(now, seconds=now.seconds - max(0.0, seconds))


@attrs.frozen(kw_only=True)
class Call:
    """What a caller wants to send, as the guard sees it.

    Attributes:
        key_id: Fingerprint of the key.
        pair: Fingerprint of the pair.
        origin: Where to, canonical.
        source: Where the pair came from, in words.
        operation: Operation id, if known.
        orphan_ttl: Seconds after which a lost call can no longer be evaluated.
        confirm: The caller accepts to spend budget on a SUSPECT pair.
    """

    key_id: str
    pair: str
    origin: str
    source: str | None
    operation: str | None
    orphan_ttl: float
    confirm: bool

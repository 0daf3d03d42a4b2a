"""Every number and switch of the strike protocol, in one frozen value with the reason of each."""

import attrs

from cyara_auth.errors import ConfigurationError
from cyara_auth.strikes.state import GuardPolicy

LARGEST_BUDGET = 2
"""The vendor voids a token at the third invalid call (developer.cyara.com, Authentication), so two may happen."""


def check_budget(_: object, __: object, value: object) -> None:
    """Refuse a budget that would let a key be voided.

    Raises:
        ConfigurationError: it is no whole number from 1 to `LARGEST_BUDGET`.
    """
    if value not in range(1, LARGEST_BUDGET + 1):
        raise ConfigurationError(
            f"The budget is a whole number from 1 to {LARGEST_BUDGET}, not {value!r}: the portal voids a token at "
            f"invalid call {LARGEST_BUDGET + 1}."
        )


@attrs.frozen(kw_only=True)
class GuardSettings:
    """Policy and numbers of a guard; all times in seconds.

    Attributes:
        policy: GUARDED, STRICT or CONCURRENT.
        budget: Possibly invalid calls per key: 2, or 1 to leave room for a person or an uncoordinated job.
        verification_ttl: How long a success lets further calls go without a probe.
        probe_wait: How long a caller waits for another caller's probe.
        rotation_wait: How long after its begin callers wait for the end of a rotation; 0 refuses at once.
        sync_interval: How long a process trusts what it last read from the store (CONCURRENT).
        read_timeout: The client's read timeout, when a call does not say its own.
        orphan_margin: Added to the read timeout for the `orphan_ttl` of a call.
        require_shared_store: Refuse to send when the store is private to this process.
    """

    policy: GuardPolicy = GuardPolicy.GUARDED
    budget: int = attrs.field(default=LARGEST_BUDGET, validator=check_budget)
    verification_ttl: float = 900.0
    probe_wait: float = 30.0
    rotation_wait: float = 600.0
    sync_interval: float = 0.25
    read_timeout: float = 30.0
    # After the read timeout and this, the portal has evaluated a lost call or never will. Assumed, not documented. It
    # holds the fence of 60 s between admission and sending, too.
    orphan_margin: float = 120.0
    require_shared_store: bool = False

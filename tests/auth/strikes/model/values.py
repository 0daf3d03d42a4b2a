"""What a world of the model is made of, and within which bounds it is explored."""

from typing import NamedTuple

import attrs

from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy

_STRICT = GuardSettings(policy=GuardPolicy.STRICT)

UNVERIFIED, VERIFIED, FINAL, SUSPECT, SUSPECT_ONCE_VERIFIED, STALE = range(6)
"""States of a pair, as far as the model distinguishes them."""


class Ticket(NamedTuple):
    """A reservation, as far as the model distinguishes it.

    `open` tickets may have lost their owner; `earlier` ones were reserved before the operator's last word.
    """

    id: int
    pair: int
    open: bool
    refundable: tuple[int, ...]
    watermark: int
    confirms: bool
    earlier: bool = False


class Key(NamedTuple):
    """The store's state, as far as the model distinguishes it: equal here means equal for every later decision."""

    strikes: int
    watermark: int
    pairs: tuple[int, ...]
    tickets: tuple[Ticket, ...]


class Client(NamedTuple):
    """`step` is idle, reserved, sent, answered well or answered badly; `ticket` is 0 if it has none."""

    step: str
    ticket: int
    pair: int
    calls_left: int


class World(NamedTuple):
    """Everything: the portal's current token and its count, the store, the clients, the calls that still travel."""

    current: int
    invalid: int
    key: Key
    clients: tuple[Client, ...]
    travelling: tuple[tuple[int, int], ...]


@attrs.frozen(kw_only=True)
class Bounds:
    """What is explored.

    `stale_start` begins after the last rotation, with every client on the oldest token. `lapses` lets verifications
    become too old at any moment. `gateways` lets something between client and portal answer 401 or with a login page by
    itself, or turn the portal's 401 into a login page. `refusals` lets calls fail before anything is sent, and lets
    unknown calls be young as well as old. `announced` makes the operator say of each regeneration that it happened, in
    the moment when it does.
    """

    clients: int
    calls: int
    rotations: int
    typo: bool = True
    faults: bool = True
    stale_start: bool = False
    lapses: bool = False
    gateways: bool = False
    refusals: bool = False
    announced: bool = False
    settings: GuardSettings = _STRICT

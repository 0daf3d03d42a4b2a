"""Calls that were lost and may still reach the portal: a token that is generated before they have may have to pay."""

import math
from typing import Annotated

import attrs
import typer

from cyara_auth._platform import is_dead
from cyara_auth.errors import UnsettledCallsError
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.admit import seconds_left
from cyara_auth.strikes.events import DateTickets
from cyara_auth.strikes.state import TicketRecord, TicketStatus
from cyara_tools.cli.command_output import CommandOutput, Json

NowOption = Annotated[
    bool, typer.Option("--now", help="Do not wait for calls that were lost; they stay charged to the new token.")
]


@attrs.frozen(kw_only=True)
class UnsettledCalls:
    """How many calls of unknown outcome may still reach the portal, and for how many whole seconds."""

    count: int
    seconds: int

    def __str__(self) -> str:
        calls = "1 call that was lost on its way" if self.count == 1 else f"{self.count} calls that were lost"
        return f"{calls} may still reach the portal within {self.seconds} seconds"

    def facts(self) -> dict[str, Json]:
        """Return it for programs."""
        return {"late_calls": self.count, "late_seconds": self.seconds}


def is_lost(ticket: TicketRecord, store: StrikeStore) -> bool:
    """Return whether nobody will tell how a call ended, as far as this machine can see."""
    return ticket.status is TicketStatus.UNKNOWN or is_dead(ticket.owner, one_machine=store.one_machine)


def unsettled_calls(store: StrikeStore, key_id: str) -> UnsettledCalls:
    """Look which calls of a key were given up and are not old enough yet to be over for certain."""
    # `DateTickets` and not a plain read: it dates the calls of an earlier boot by now, or they would never be over.
    now = store.clock()
    tickets = store.apply(key_id, DateTickets(now=now)).state.tickets
    left = [seconds for ticket in tickets if is_lost(ticket, store) and (seconds := seconds_left(ticket, now)) > 0]
    return UnsettledCalls(count=len(left), seconds=math.ceil(max(left, default=0.0)))


def check_unsettled_calls(
    store: StrikeStore, key_id: str, output: CommandOutput, *, go_on: bool, budget: int | None = None
) -> None:
    """Tell of unsettled calls, after the token was generated and before anything is changed (`begin` waits instead).

    Args:
        store: Where they are.
        key_id: The key's fingerprint.
        output: Told what was gone past.
        go_on: Whether the operator said `--now`.
        budget: So many of them leave nothing that `--now` could free.

    Raises:
        UnsettledCallsError: there are some, and nobody said that the command shall go on; or too many to go on.
    """
    unsettled = unsettled_calls(store, key_id)
    output.put(**unsettled.facts())
    if not unsettled.count:
        return
    # Waiting alone does not help any more: nobody can tell which of the two tokens these calls will count against.
    once_more = f"wait {unsettled.seconds} seconds, generate the token once more, and run this again"
    if go_on and budget is not None and unsettled.count >= budget:
        raise UnsettledCallsError(
            fingerprint=key_id,
            detail=f"{unsettled} and use up the budget of {budget}, so nothing was changed and --now frees nothing",
            command=f"{once_more}; or, if this token is active: cyara auth reset --still-valid, which lets one call go",
        )
    if not go_on:
        raise UnsettledCallsError(
            fingerprint=key_id,
            detail=f"{unsettled}, so nothing was changed",
            command=f"{once_more}; or go on with this token by --now, which leaves them charged to it",
        )
    output.note(f"{unsettled}; this went on by --now and leaves them charged to the new token")

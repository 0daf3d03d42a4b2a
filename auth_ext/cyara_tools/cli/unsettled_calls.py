"""Calls that were lost and may still reach the portal: a token that is generated before they have may have to pay."""

import math
from typing import Annotated

import attrs
import typer

from cyara_auth.errors import UnsettledCallsError
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.admit import seconds_left
from cyara_auth.strikes.events import DateTickets
from cyara_auth.strikes.state import TicketStatus
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


def unsettled_calls(store: StrikeStore, key_id: str) -> UnsettledCalls:
    """Look which calls of a key were given up and are not old enough yet to be over for certain."""
    # `DateTickets` and not a plain read: it dates the calls of an earlier boot by now, or they would never be over.
    now = store.clock()
    tickets = store.apply(key_id, DateTickets(now=now)).state.tickets
    unknown = (ticket for ticket in tickets if ticket.status is TicketStatus.UNKNOWN)
    left = [seconds for ticket in unknown if (seconds := seconds_left(ticket, now)) > 0]
    return UnsettledCalls(count=len(left), seconds=math.ceil(max(left, default=0.0)))


def check_unsettled_calls(store: StrikeStore, key_id: str, output: CommandOutput, *, go_on: bool) -> None:
    """Tell of unsettled calls, after the token was generated and before anything is changed (`begin` waits instead).

    Raises:
        UnsettledCallsError: there are some, and nobody said that the command shall go on.
    """
    unsettled = unsettled_calls(store, key_id)
    output.put(**unsettled.facts())
    if not unsettled.count:
        return
    if not go_on:
        # Waiting does not help any more: nobody can tell which of the two tokens these calls will count against.
        raise UnsettledCallsError(
            fingerprint=key_id,
            detail=f"{unsettled}, so nothing was changed",
            command=(
                f"wait {unsettled.seconds} seconds, generate the token once more, and run this again; or go on with "
                "this token by --now, which leaves them charged to it"
            ),
        )
    output.note(f"{unsettled}; this went on by --now and leaves them charged to the new token")

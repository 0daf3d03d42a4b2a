"""`cyara auth reset --regenerated`: the operator's word that the token is new, so that its count starts at zero.

It forgets what protects the token, so it is right only when a token was generated after the last strike.
"""

from typing import Annotated

import typer

from cyara_auth.errors import SHOWN_HEX_DIGITS, ConfigurationError
from cyara_auth.strikes.events import Reset
from cyara_auth.strikes.state import KeyState, PairState
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import KeyContext
from cyara_tools.cli.key_report import incident_text
from cyara_tools.cli.short_fingerprints import resolve_prefix
from cyara_tools.cli.unsettled_calls import NowOption, check_unsettled_calls

RegeneratedOption = Annotated[bool, typer.Option("--regenerated", help="Yes, the token was generated anew.")]
ForgiveOption = Annotated[
    list[str] | None,
    typer.Option("--forgive", help="First digits of a rejected pair's fingerprint that is valid after all."),
]


@command
def reset(
    context: KeyContext,
    output: CommandOutput,
    *,
    regenerated: RegeneratedOption = False,
    forgive: ForgiveOption = None,
    now: NowOption = False,
) -> None:
    """Count strikes from zero, because the token was regenerated."""
    if not regenerated:
        raise ConfigurationError(
            "A reset forgets the strikes that protect the token, so it is right only if the token was generated "
            "anew in the portal after the last of them. Nothing was changed. Next, if it was: cyara auth reset "
            "--regenerated"
        )
    key_id, store = context.key_id(), context.store()
    before = store.read(key_id)
    # Rejected pairs stay rejected, since no token becomes valid again. Forgiving is for the one exception: a portal
    # that answers 401 where it means a missing permission.
    known = [pair.fingerprint for pair in before.pairs]
    forgiven = frozenset(resolve_prefix(prefix, known, what="pair") for prefix in forgive or [])
    # While a lost call may still arrive, nobody can say that the token was generated after the last strike.
    check_unsettled_calls(store, key_id, output, go_on=now)
    state = store.apply(key_id, Reset(now=store.clock(), forgive=forgiven)).state
    output.put(key=key_id, generation=state.generation, forgiven=sorted(forgiven), strikes_before=before.strikes)
    # Forgiven strikes were no strikes, so it does not matter when they came.
    if before.strikes and not forgiven:
        output.note(_order_of_events(before))
    output.say(f"Strikes of key {key_id[:SHOWN_HEX_DIGITS]} are counted from zero. Next: cyara auth verify")


def _order_of_events(before: KeyState) -> str:
    """Return a note that asks which came first, the new token or the last strike."""
    # Strikes that came after the token was generated are on the new one, and only the operator knows when that was.
    blamed = [pair.incident for pair in before.pairs if pair.verdict in (PairState.REJECTED, PairState.SUSPECT)]
    last = max((incident for incident in blamed if incident is not None), key=lambda known: known.wall, default=None)
    when = "" if last is None else f", the last one on {incident_text(last)}"
    return (
        f"strikes forgotten: {before.strikes}{when}; if the token was generated before that, they count against it, so "
        "generate it once more"
    )

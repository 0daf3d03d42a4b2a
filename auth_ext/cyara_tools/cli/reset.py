"""`cyara auth reset`: what an operator knows of the token, and no program can.

`--still-valid`: somebody looked, and the token is active; one call may go, alone, and nothing is forgotten.
`--regenerated`: the token is new, so its count starts at zero. That forgets what protects it, so it is right only when
it was generated after the last strike.
"""

from typing import Annotated

import attrs
import typer

from cyara_auth.errors import SHOWN_HEX_DIGITS, AdmissionRefusedError, ConfigurationError
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Reset, StillValid
from cyara_auth.strikes.settings import LARGEST_BUDGET
from cyara_auth.strikes.state import KeyState, verdict_against
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import KeyContext
from cyara_tools.cli.key_report import incident_text
from cyara_tools.cli.short_fingerprints import resolve_prefix
from cyara_tools.cli.unsettled_calls import NowOption, check_unsettled_calls

RegeneratedOption = Annotated[bool, typer.Option("--regenerated", help="Yes, the token was generated anew.")]
StillValidOption = Annotated[
    bool, typer.Option("--still-valid", help="Yes, the token is active in the portal: let one call go, alone.")
]
ForgiveOption = Annotated[
    list[str] | None,
    typer.Option("--forgive", help="First digits of a rejected pair's fingerprint that is valid after all."),
]


@command
def reset(  # noqa: PLR0913  # one option for each word of the operator
    context: KeyContext,
    output: CommandOutput,
    *,
    regenerated: RegeneratedOption = False,
    still_valid: StillValidOption = False,
    forgive: ForgiveOption = None,
    now: NowOption = False,
) -> None:
    """Let one call go because the token is still valid, or count from zero because it was regenerated."""
    if regenerated is still_valid:
        raise ConfigurationError(_both_words(given=regenerated))
    key_id = context.key_id()
    before = context.store().read(key_id)
    # Rejected pairs stay rejected, since no token becomes valid again. Forgiving is for the one exception: a portal
    # that answers 401 where it means a missing permission.
    known = [pair.fingerprint for pair in before.pairs]
    forgiven = frozenset(resolve_prefix(prefix, known, what="pair") for prefix in forgive or [])
    tell = _still_valid if still_valid else _regenerated
    state = tell(context, output, key_id, before, forgiven, now=now)
    output.put(key=key_id, generation=state.generation, forgiven=sorted(forgiven), strikes_before=before.strikes)
    refused = _refusal(context, key_id, state)
    output.say(f"Next: {'cyara auth verify' if refused is None else refused.command}")


def _both_words(*, given: bool) -> str:
    text = "--regenerated and --still-valid exclude each other" if given else "A reset needs what you know of the token"
    return (
        f"{text}. Nothing was changed. Next: look at the token in the portal (Settings > API); if it is active: "
        "cyara auth reset --still-valid, which lets one call go, alone; if it was generated after the last strike: "
        "cyara auth reset --regenerated, which forgets the strikes"
    )


def _still_valid(  # noqa: PLR0913  # what both words need
    context: KeyContext,
    output: CommandOutput,
    key_id: str,
    before: KeyState,
    forgiven: frozenset[str],
    *,
    now: bool,
) -> KeyState:
    if now:
        output.note("--now changed nothing: lost calls stay charged, and one call may go all the same")
    event, store = StillValid(forgive=forgiven), context.store()
    # A word that lets nothing go would lie in wait for some later call.
    refused = _refusal(context, key_id, decide(before, event).state)
    if refused is not None:
        raise refused
    state = store.apply(key_id, event).state
    output.say(f"One call of key {key_id[:SHOWN_HEX_DIGITS]} may go, alone; if it succeeds, calls go on.")
    return state


def _regenerated(  # noqa: PLR0913  # what both words need
    context: KeyContext,
    output: CommandOutput,
    key_id: str,
    before: KeyState,
    forgiven: frozenset[str],
    *,
    now: bool,
) -> KeyState:
    store = context.store()
    # While a lost call may still arrive, nobody can say that the token was generated after the last strike.
    check_unsettled_calls(store, key_id, output, go_on=now, budget=LARGEST_BUDGET)
    state = store.apply(key_id, Reset(now=store.clock(), forgive=forgiven)).state
    # Forgiven strikes were no strikes, so it does not matter when they came.
    if before.strikes and not forgiven:
        output.note(_order_of_events(before))
    output.say(f"Strikes of key {key_id[:SHOWN_HEX_DIGITS]} are counted from zero.")
    return state


def _refusal(context: KeyContext, key_id: str, state: KeyState) -> AdmissionRefusedError | None:
    """Return what a call with the pair at hand would be refused with in this state; `None` if no pair is at hand."""
    credential = context.credential()
    if credential is None:
        return None
    return attrs.evolve(context.key_report(key_id, context.base()), state=state).refusal(credential)


def _order_of_events(before: KeyState) -> str:
    """Return a note that asks which came first, the new token or the last strike."""
    # Strikes that came after the token was generated are on the new one, and only the operator knows when that was.
    against = (verdict_against(pair, standing.origin) for pair in before.pairs for standing in pair.standings)
    blamed = [known[1] for known in against if known is not None and known[1] is not None and known[1].by is None]
    last = max(blamed, key=lambda known: known.wall, default=None)
    when = "" if last is None else f", the last one on {incident_text(last)}"
    return (
        f"strikes forgotten: {before.strikes}{when}; if the token was generated before that, they count against it, so "
        "generate it once more"
    )

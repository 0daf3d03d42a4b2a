"""`cyara auth reset --regenerated`: the operator's word that the token is new, so that its count starts at zero.

It forgets what protects the token, so it is right only when a token was generated after the last strike. Rejected pairs
stay rejected: tokens never become valid again. `--forgive` is for the one exception, a portal that answers 401 where it
means a missing permission. While calls that were lost may still reach the portal, nobody can say that, and the reset is
refused (exit code 5) or, with `--now`, leaves them charged.
"""

from typing import Annotated

import typer

from cyara_auth.errors import SHOWN_HEX_DIGITS, ConfigurationError
from cyara_auth.strikes.events import Reset
from cyara_auth.strikes.state import KeyState, PairState
from cyara_tools.cli.context import Setting
from cyara_tools.cli.key_report import choose, incident_text
from cyara_tools.cli.unsettled_calls import NowOption, check_unsettled_calls
from cyara_tools.cli.options import BaseUrlOption, JsonOption, ProfileOption, StoreOption
from cyara_tools.cli.report import reporting
from cyara_tools.cli.rotate import KeyOption, selected_key

RegeneratedOption = Annotated[bool, typer.Option("--regenerated", help="Yes, the token was generated anew.")]
ForgiveOption = Annotated[
    list[str] | None,
    typer.Option("--forgive", help="First digits of a rejected pair's fingerprint that is valid after all."),
]


def reset(  # noqa: PLR0913  # options of a command
    *,
    regenerated: RegeneratedOption = False,
    forgive: ForgiveOption = None,
    now: NowOption = False,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    store: StoreOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count strikes from zero, because the token was regenerated."""
    with reporting(as_json=as_json) as report:
        if not regenerated:
            raise ConfigurationError(
                "A reset forgets the strikes that protect the token, so it is right only if the token was generated "
                "anew in the portal after the last of them. Nothing was changed. Next, if it was: cyara auth reset "
                "--regenerated"
            )
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        key_id = selected_key(setting, key)
        the_store = setting.store()
        before = the_store.read(key_id)
        known = [pair.fingerprint for pair in before.pairs]
        forgiven = frozenset(choose(known, prefix, what="pair") for prefix in forgive or [])
        check_unsettled_calls(the_store, key_id, report, go_on=now)
        state = the_store.apply(key_id, Reset(now=the_store.clock(), forgive=forgiven)).state
        report.put(key=key_id, epoch=state.epoch, forgiven=sorted(forgiven), strikes_before=before.strikes)
        if before.strikes and not forgiven:
            report.note(_order_of_events(before))
        report.say(f"Strikes of key {key_id[:SHOWN_HEX_DIGITS]} are counted from zero. Next: cyara auth verify")


def _order_of_events(before: KeyState) -> str:
    """Ask for the order of token and strikes: those that came after the token was generated are on the new one."""
    blamed = [pair.incident for pair in before.pairs if pair.verdict in (PairState.REJECTED, PairState.SUSPECT)]
    last = max((incident for incident in blamed if incident is not None), key=lambda known: known.wall, default=None)
    when = "" if last is None else f", the last one on {incident_text(last)}"
    return (
        f"strikes forgotten: {before.strikes}{when}; if the token was generated before that, they count against it, so "
        "generate it once more"
    )

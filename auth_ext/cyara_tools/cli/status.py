"""`cyara auth status`: what is known of the credential and its key, without sending anything."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import SHOWN_HEX_DIGITS, CredentialError
from cyara_auth.strikes.state import TicketStatus
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import StoreContext
from cyara_tools.cli.key_report import LONG_ROTATION, KeyReport
from cyara_tools.cli.rollback_memory import high_water_path, was_rolled_back

AllOption = Annotated[bool, typer.Option("--all", help="Show every key that the store knows.")]


@command
def status(context: StoreContext, output: CommandOutput, *, show_all: AllOption = False) -> None:
    """Show what is known of the credential, its strikes and its store. Nothing is sent."""
    base, store = context.base(), context.store()
    output.put(store=store.describe(), store_shared=store.shared)
    credential = _credential(context, output)
    key_ids = [] if credential is None else [str(credential.key_fingerprint)]
    if show_all or credential is None:
        key_ids += [key_id for key_id in store.key_ids() if key_id not in key_ids]
    key_reports = [context.key_report(key_id, base) for key_id in key_ids]
    output.say(f"Store: {store.describe()}")
    for key_report in key_reports:
        _show(key_report, output)
    if credential is not None:
        # The credential's own key stands first.
        output.exit_code, text = key_reports[0].verdict(credential)
        output.put(usable=not output.exit_code, verdict=text)
        output.say(f"With {credential.fingerprint.short}: {text}")
    output.put(keys=[key_report.facts() for key_report in key_reports])


def _credential(context: StoreContext, output: CommandOutput) -> ApiCredential | None:
    """Find the credential."""
    try:
        credential = context.source().current()
    except CredentialError as error:
        # Taken as the outcome and not raised, because the store can be shown without a credential.
        output.fail(error)
        return None
    expires = credential.expires_at
    output.put(
        fingerprint=credential.fingerprint,
        source=credential.source,
        expires_at=None if expires is None else expires.isoformat(),
    )
    output.say(f"Credential: {credential.fingerprint.short} from {credential.source}")
    return credential


def _show(key_report: KeyReport, output: CommandOutput) -> None:
    state, key = key_report.state, key_report.key[:SHOWN_HEX_DIGITS]
    waiting = ", others wait" if key_report.somebody_waits else ""
    output.say(
        f"Key {key}: {state.mode}; policy: {key_report.settings.policy}, strikes: {state.strikes}, "
        f"calls of unknown outcome: {key_report.count(TicketStatus.UNKNOWN)}, "
        f"places held: {key_report.count(TicketStatus.OPEN)}{waiting}, budget: {key_report.settings.budget}"
    )
    output.table(("Pair", "State", "Portal", "Since"), key_report.pair_rows())
    output.table(("Charged call with", "Answer", "Whose"), key_report.call_rows())
    age = key_report.rotation_age(datetime.now(UTC))
    if age is not None and age > LONG_ROTATION:
        # Reported, never ended here: only the operator knows whether the new token exists already.
        output.note(
            f"a rotation of key {key} began {age.total_seconds() / 60:.0f} minutes ago and holds every call back; "
            "end it, with the new token: cyara auth rotate commit; if none was generated: cyara auth rotate abort"
        )
    if was_rolled_back(key_report.store.describe(), key_report.key, state, path=high_water_path()):
        output.note(
            f"the store knows less of key {key} than it did before: it was cleared or has "
            "lost writes, and strikes with them. Check its persistence before anything else"
        )

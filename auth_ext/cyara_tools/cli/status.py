"""`cyara auth status`: what is known of the credential and its key, without sending anything."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import SHOWN_HEX_DIGITS, CredentialError
from cyara_auth.strikes.state import TicketStatus
from cyara_tools.cli.context import Setting
from cyara_tools.cli.key_report import LONG_ROTATION, KeyReport
from cyara_tools.cli.options import BaseUrlOption, JsonOption, ProfileOption, StoreOption
from cyara_tools.cli.report import Report, reporting
from cyara_tools.cli.rollback_memory import has_forgotten, seen_path

AllOption = Annotated[bool, typer.Option("--all", help="Show every key that the store knows.")]


def status(
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    store: StoreOption = None,
    show_all: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is known of the credential, its strikes and its store. Nothing is sent."""
    with reporting(as_json=as_json) as report:
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        base, the_store = setting.base(), setting.store()
        report.put(store=the_store.describe(), store_shared=the_store.shared)
        credential = _credential(setting, report)
        keys = [] if credential is None else [str(credential.key_fingerprint)]
        if show_all or credential is None:
            keys += [key for key in the_store.key_ids() if key not in keys]
        known_keys = [
            KeyReport(
                key=key,
                state=the_store.read(key),
                origin=None if base is None else str(base.origin),
                settings=setting.guard_settings(),
                store=the_store,
            )
            for key in keys
        ]
        report.say(f"Store: {the_store.describe()}")
        for known_key in known_keys:
            _show(known_key, report)
        if credential is not None:
            report.exit_code, text = known_keys[0].verdict(credential.fingerprint)
            report.put(usable=not report.exit_code, verdict=text)
            report.say(f"With {credential.fingerprint.short}: {text}")
        report.put(keys=[known_key.facts() for known_key in known_keys])


def _credential(setting: Setting, report: Report) -> ApiCredential | None:
    """Find the credential; without one, `status` still shows the store."""
    try:
        credential = setting.source().current()
    except CredentialError as error:
        report.fail(error)
        return None
    expires = credential.expires_at
    report.put(
        fingerprint=credential.fingerprint,
        source=credential.source,
        expires_at=None if expires is None else expires.isoformat(),
    )
    report.say(f"Credential: {credential.fingerprint.short} from {credential.source}")
    return credential


def _show(known_key: KeyReport, report: Report) -> None:
    state = known_key.state
    report.say(
        f"Key {known_key.key[:SHOWN_HEX_DIGITS]}: {state.mode}; strikes: {state.strikes}, "
        f"calls of unknown outcome: {known_key.count(TicketStatus.UNKNOWN)}, "
        f"in the air: {known_key.count(TicketStatus.OPEN)}, budget: {known_key.settings.budget}"
    )
    report.table(("Pair", "State", "Since"), known_key.rows())
    age = known_key.rotation_age(datetime.now(UTC))
    if age is not None and age > LONG_ROTATION:
        report.note(
            f"a rotation of key {known_key.key[:SHOWN_HEX_DIGITS]} began {age.total_seconds() / 60:.0f} minutes ago "
            "and refuses every call; end it with: cyara auth rotate commit, or: cyara auth rotate abort"
        )
    if has_forgotten(known_key.store.describe(), known_key.key, state, path=seen_path()):
        report.note(
            f"the store knows less of key {known_key.key[:SHOWN_HEX_DIGITS]} than it did before: it was cleared or has "
            "lost writes, and strikes with them. Check its persistence before anything else"
        )

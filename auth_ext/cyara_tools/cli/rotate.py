"""`cyara auth rotate`: replace the token under load without one invalid call.

`begin` stops every client that shares the store and waits until what is in the air, or was lost there, is over; the
operator generates the new token in the portal; `commit` reads it, stores it, and lets one call prove it. `abort` goes
back when nothing was generated.
"""

import os
import socket
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    SHOWN_HEX_DIGITS,
    ConfigurationError,
    CredentialConflictError,
    CredentialError,
    RotationInProgressError,
)
from cyara_auth.providers import KeyringProvider, ProfileProvider
from cyara_auth.providers.save import Place, save_credential
from cyara_auth.strikes.events import RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Incident, KeyMode, PairState, TicketStatus
from cyara_tools.cli.context import Setting
from cyara_tools.cli.key_report import choose
from cyara_tools.cli.unsettled_calls import NowOption, check_unsettled_calls, unsettled_calls
from cyara_tools.cli.options import (
    AccountOption,
    BaseUrlOption,
    CaOption,
    JsonOption,
    OperationOption,
    ProfileOption,
    StoreOption,
    UnusualShapeOption,
)
from cyara_tools.cli.prompt import read_credential
from cyara_tools.cli.report import Report, reporting
from cyara_tools.cli.verify import connector, probe

KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="First digits of the key's fingerprint, when the credential is not at hand."),
]
LongestOption = Annotated[
    float, typer.Option("--longest", min=0, help="Seconds that a running call may take: the clients' read timeout.")
]
ProbeOption = Annotated[bool, typer.Option("--probe/--no-probe", help="Prove the new pair by one call.")]

PROMPT = "Paste the new text of the portal's Usage field (it stays hidden): "
_STEPS = 100
_LONGEST_WAIT = 86_400.0

app = typer.Typer(no_args_is_help=True, help="Replace the token without one invalid call: begin, then commit or abort.")


def selected_key(setting: Setting, key: str | None) -> str:
    """Return the fingerprint of the key that a command is about: the named one, else the credential's."""
    if key is None:
        return setting.source().current().key_fingerprint
    return choose(setting.store().key_ids(), key, what="key")


@app.command()
def begin(  # noqa: PLR0913  # options of a command
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    store: StoreOption = None,
    key: KeyOption = None,
    longest: LongestOption = GuardSettings().read_timeout,
    now: NowOption = False,
    as_json: JsonOption = False,
) -> None:
    """Stop all calls of the key and wait until those in the air have landed."""
    with reporting(as_json=as_json) as report:
        if not longest <= _LONGEST_WAIT:  # which nan is not, either
            raise ConfigurationError(f"--longest is at most {_LONGEST_WAIT:.0f} seconds. Nothing was changed.")
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        key_id = selected_key(setting, key)
        the_store = setting.store()
        if not the_store.apply(key_id, RotateBegin(incident=_here())).changed:
            report.note("a rotation was already in progress; it goes on")
        report.put(key=key_id, mode=KeyMode.DRAINING.value)
        if not the_store.shared:
            report.note(f"the store ({the_store.describe()}) is private to this process: no other client was stopped")
        _wait(GuardSettings().sync_interval + longest, report)
        unsettled = unsettled_calls(the_store, key_id)
        if unsettled.count and not now:
            report.note(
                f"{unsettled}; the token must not be generated before, so this waits for them too (--now does not)"
            )
            _wait(unsettled.seconds, report)
            unsettled = unsettled_calls(the_store, key_id)
        if unsettled.count:
            report.note(f"{unsettled}; wait for them before you generate the token, or it may have to pay for them")
        report.put(late_calls=unsettled.count, late_seconds=unsettled.seconds)
        left = sum(1 for ticket in the_store.read(key_id).tickets if ticket.status is TicketStatus.OPEN)
        report.put(open=left)
        if left:
            report.note(f"{left} calls are still in the air; wait for them before you generate the token")
        report.say(
            f"All calls of key {key_id[:SHOWN_HEX_DIGITS]} are stopped. Generate the token in the portal now "
            "(Settings > API > Manage Your API Authentication).\n"
            "Next: cyara auth rotate commit, or without a new token: cyara auth rotate abort"
        )


@app.command()
def commit(  # noqa: PLR0913  # options of a command
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    store: StoreOption = None,
    account: AccountOption = None,
    operation: OperationOption = None,
    ca: CaOption = None,
    with_probe: ProbeOption = True,
    now: NowOption = False,
    allow_unusual_shape: UnusualShapeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take the new token, from the terminal (hidden) or a pipe, and admit calls again."""
    with reporting(as_json=as_json) as report:
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        new = read_credential(PROMPT, allow_unusual_shape=allow_unusual_shape)
        _check_new(new, setting)
        the_store = setting.store()
        check_unsettled_calls(the_store, new.key_fingerprint, report, go_on=now)
        _keep(new, setting, report, unusual_shape=allow_unusual_shape)
        event = RotateCommit(now=the_store.clock(), incident=_here(), pair=new.fingerprint)
        the_store.apply(new.key_fingerprint, event)
        report.put(key=new.key_fingerprint, mode=KeyMode.NORMAL.value, fingerprint=new.fingerprint)
        report.say(f"{new.fingerprint.short} is the pair of key {new.key_fingerprint.short} now.")
        base = setting.base()
        if with_probe and base is not None:
            make = connector(base.url, profile=profile, account=account, store=store, ca=ca)
            try:
                probe(report, make, operation=operation, credential=new)
            except ConfigurationError as error:
                report.note(f"not proven yet: {error}")


@app.command()
def abort(
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    store: StoreOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Admit calls again with the old token; only right when no new one was generated."""
    with reporting(as_json=as_json) as report:
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        key_id = selected_key(setting, key)
        changed = setting.store().apply(key_id, RotateAbort()).changed
        report.put(key=key_id, mode=KeyMode.NORMAL.value, aborted=changed)
        report.say(
            "The rotation is aborted; calls go on." if changed else "There was no rotation; nothing was changed."
        )


def _check_new(new: ApiCredential, setting: Setting) -> None:
    """Refuse what is not the new token of a key that is being rotated, before anything is changed."""
    state = setting.store().read(new.key_fingerprint)
    if state.mode is not KeyMode.DRAINING:
        raise RotationInProgressError(
            fingerprint=new.key_fingerprint,
            detail="not this one, though: no rotation of this key has begun; nothing was changed",
            command="cyara auth rotate begin, or, if the token is regenerated already: cyara auth reset --regenerated",
        )
    record = state.pair(new.fingerprint)
    if record is not None and (record.verdict.is_final or record.verdict is PairState.PROVEN):
        raise CredentialConflictError(
            f"The pair {new.fingerprint.short} is an old one ({record.verdict}), not a new one. Nothing was changed. "
            "Next: generate a token in the portal, then: cyara auth rotate commit"
        )


def _keep(new: ApiCredential, setting: Setting, report: Report, *, unusual_shape: bool) -> None:
    """Store the new pair where the old one came from, if this command can write there."""
    try:
        source = setting.source()
    except CredentialError as error:
        report.note(f"the new pair was not stored ({error}); store it with: cyara auth login")
        return
    if source.current() == new:
        return
    match source.provider:
        case KeyringProvider(entry=name):
            place = Place.KEYRING
        case ProfileProvider(path=path):
            name, place = path.stem, Place.FILE
        case _:
            report.note(f"put the new pair into the {source.describe()} yourself; this command cannot write there")
            return
    base = setting.base()
    where = save_credential(
        new,
        name,
        base_url=None if base is None else base.url,
        place=place,
        unusual_shape=unusual_shape,
        variables=setting.variables,
    )
    report.put(stored_in=where)


def _wait(seconds: float, report: Report) -> None:
    console = Console(stderr=True)
    if report.as_json or not console.is_terminal:
        time.sleep(seconds)
        return
    for _ in track(range(_STEPS), "Waiting for calls in the air", console=console, transient=True):
        time.sleep(seconds / _STEPS)


def _here() -> Incident:
    return Incident(wall=time.time(), host=socket.gethostname(), pid=os.getpid())

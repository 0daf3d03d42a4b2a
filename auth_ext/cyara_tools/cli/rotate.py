"""`cyara auth rotate`: replace the token under load without one invalid call.

`begin` stops every client that shares the store and waits until what is in flight, or was lost there, is over; the
operator generates the new token in the portal; `commit` reads it, stores it, and lets one call verify it. `abort` goes
back when nothing was generated.
"""

import math
import os
import socket
import time
from typing import Annotated

import attrs
import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    SHOWN_HEX_DIGITS,
    ConfigurationError,
    CredentialConflictError,
    CredentialError,
    NoRotationError,
    RotationInProgressError,
)
from cyara_auth.providers import KeyringProvider, ProfileProvider
from cyara_auth.providers.save import Place, save_credential
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.events import DateTickets, RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.rotation import drained_in
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Incident, KeyMode, PairState
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CallContext, KeyContext, StoreContext
from cyara_tools.cli.prompt import UnusualShapeOption, read_credential
from cyara_tools.cli.unsettled_calls import NowOption, check_unsettled_calls, is_lost, unsettled_calls
from cyara_tools.cli.verify import probe

LongestOption = Annotated[
    float | None,
    typer.Option(
        "--longest",
        min=0,
        help="Seconds that a running call may take at most; by default, until the portal can no longer judge it.",
        show_default=False,
    ),
]
ProbeOption = Annotated[bool, typer.Option("--probe/--no-probe", help="Verify the new pair by one call.")]

PROMPT = "Paste the new text of the portal's Usage field (it stays hidden): "
_LONGEST_WAIT = 86_400.0
_POLL = 0.25
"""Seconds between two looks at the store."""

_FROM_BEFORE = frozenset({PairState.VERIFIED, PairState.REJECTED, PairState.SUPERSEDED})


@command
def begin(
    context: KeyContext,
    output: CommandOutput,
    *,
    longest: LongestOption = None,
    now: NowOption = False,
) -> None:
    """Stop all calls of the key and wait until nothing that was sent can still reach the portal."""
    # Not `>`, which is false for nan.
    if longest is not None and not longest <= _LONGEST_WAIT:
        raise ConfigurationError(f"--longest is at most {_LONGEST_WAIT:.0f} seconds. Nothing was changed.")
    key_id, store = context.key_id(), context.store()
    try:
        if not store.apply(key_id, RotateBegin(now=store.clock(), incident=_incident_here())).changed:
            output.note("a rotation was already in progress; it goes on")
        output.put(key=key_id, mode=KeyMode.DRAINING.value)
        if not store.shared:
            output.note(f"the store ({store.describe()}) is private to this process: no other client was stopped")
        _drain(store, key_id, output, longest=math.inf if longest is None else longest, lost=not now)
    except KeyboardInterrupt:
        output.note(
            "the rotation has begun and goes on: calls wait for its end. To wait for those in flight once more: cyara "
            "auth rotate begin; to go back, as no token was generated: cyara auth rotate abort"
        )
        raise
    unsettled = unsettled_calls(store, key_id)
    if unsettled.count:
        output.note(f"{unsettled}; wait for them before you generate the token, or it may have to pay for them")
    # What still runs takes longer than --longest said, so it is told of and not waited for.
    in_flight = sum(not is_lost(ticket, store) for ticket in store.read(key_id).tickets)
    output.put(**unsettled.facts(), open=in_flight)
    if in_flight:
        output.note(f"calls in flight: {in_flight}; wait for them before you generate the token")
    output.say(
        f"All calls of key {key_id[:SHOWN_HEX_DIGITS]} are stopped and wait for the new token, as long as their "
        "rotation_wait says (10 minutes). Generate it in the portal now (Settings > API > Manage Your API "
        "Authentication).\n"
        "Next: cyara auth rotate commit, or without a new token: cyara auth rotate abort"
    )


@command
def commit(
    context: CallContext,
    output: CommandOutput,
    *,
    with_probe: ProbeOption = True,
    now: NowOption = False,
    allow_unusual_shape: UnusualShapeOption = False,
) -> None:
    """Take the new token, from the terminal (hidden) or a pipe, and admit calls again."""
    new = read_credential(PROMPT, context.base(), allow_unusual_shape=allow_unusual_shape)
    # Everything that may refuse comes before the first change, so that a refusal leaves the rotation as it was.
    _check_new(new, context)
    store = context.store()
    check_unsettled_calls(store, new.key_fingerprint, output, go_on=now)
    if not now:
        _check_in_flight(store, new.key_fingerprint)
    # Stored before calls are admitted again: a client that goes on at once must find the new pair already.
    _store_new_pair(new, context, output, unusual_shape=allow_unusual_shape)
    event = RotateCommit(now=store.clock(), incident=_incident_here(), pair=new.fingerprint)
    store.apply(new.key_fingerprint, event)
    output.put(key=new.key_fingerprint, mode=KeyMode.NORMAL.value, fingerprint=new.fingerprint)
    output.say(
        f"{new.fingerprint.short} is the pair of key {new.key_fingerprint.short} now; whatever was valid before is out "
        "for good."
    )
    if with_probe and context.base() is not None:
        try:
            probe(context, output, new)
        except ConfigurationError as error:
            # The rotation is done all the same, and the first call of any client verifies the pair, too.
            output.note(f"not verified yet: {error}")


@command
def abort(context: KeyContext, output: CommandOutput) -> None:
    """Admit calls again with the old token; only right when no new one was generated."""
    key_id = context.key_id()
    changed = context.store().apply(key_id, RotateAbort()).changed
    output.put(key=key_id, mode=KeyMode.NORMAL.value, aborted=changed)
    output.say("The rotation is aborted; calls go on." if changed else "There was no rotation; nothing was changed.")


def _check_new(new: ApiCredential, context: StoreContext) -> None:
    """Refuse what is not the new token of a key that is being rotated."""
    state = context.store().read(new.key_fingerprint)
    if state.mode is not KeyMode.DRAINING:
        raise NoRotationError(fingerprint=new.key_fingerprint, detail="nothing was changed")
    record = state.pair(new.fingerprint)
    if record is None:
        return
    # A pair that is merely known may be the new token, tried too early; one with a verdict is from before.
    said = {standing.verdict for standing in record.standings} & _FROM_BEFORE
    if record.retired is not None or said:
        verdict = PairState.SUPERSEDED if record.retired is not None else min(said)
        raise CredentialConflictError(
            f"The pair {new.fingerprint.short} is an old one ({verdict}), not a new one. Nothing was changed. "
            "Next: generate a token in the portal, then: cyara auth rotate commit; or, if none shall be generated: "
            "cyara auth rotate abort"
        )


def _check_in_flight(store: StrikeStore, key_id: str) -> None:
    """Refuse to end a rotation whose begin was cut short."""
    in_flight = sum(not is_lost(ticket, store) for ticket in store.read(key_id).tickets)
    if in_flight:
        raise RotationInProgressError(
            fingerprint=key_id,
            detail=f"calls with the old token that are still in flight: {in_flight}, so nothing was changed",
            command=(
                "cyara auth rotate begin, which waits for them, then generate the token once more and run this again; "
                "or go on with this token by --now, if they cannot have counted against it"
            ),
        )


def _store_new_pair(new: ApiCredential, context: StoreContext, output: CommandOutput, *, unusual_shape: bool) -> None:
    """Store the new pair where the old one came from, if this command can write there."""
    try:
        source = context.source()
    except CredentialError as error:
        output.note(f"the new pair was not stored ({error}); store it with: cyara auth login")
        return
    # Put there by the operator already, or by a commit that was interrupted.
    if source.current() == new:
        return
    match source.provider:
        case KeyringProvider(entry=name):
            place = Place.KEYRING
        case ProfileProvider(path=path):
            name, place = path.stem, Place.FILE
        case _:
            # A variable, a command or a program of the operator's.
            output.note(f"put the new pair into the {source.describe()} yourself; this command cannot write there")
            return
    base = context.base()
    where = save_credential(
        new,
        name,
        base_url=None if base is None else base.url,
        place=place,
        unusual_shape=unusual_shape,
        variables=context.variables,
    )
    output.put(stored_in=where)


def _drain(store: StrikeStore, key_id: str, output: CommandOutput, *, longest: float, lost: bool) -> None:
    """Wait until nothing that was sent before the rotation can still reach the portal.

    Args:
        store: Where the calls are.
        key_id: The key's fingerprint.
        output: Shown people how long it takes.
        longest: Seconds after which the operator takes calls that run, or went free, for over.
        lost: Wait for lost calls, too.
    """
    # Late: only this command shows that it waits.
    from rich.console import Console

    console, told = Console(stderr=True, quiet=output.as_json), False
    began = time.monotonic()
    with console.status("Waiting for calls in flight") as shown:
        while True:
            now = store.clock()
            # Calls of an earlier boot have no age until somebody dates them.
            state = store.apply(key_id, DateTickets(now=now)).state
            gone = tuple(ticket for ticket in state.tickets if is_lost(ticket, store))
            running = tuple(ticket for ticket in state.tickets if ticket not in gone)
            until_over = drained_in(attrs.evolve(state, tickets=running), now)
            # Calls that go free notice the rotation at their next look at the store only.
            notice = GuardSettings().sync_interval if state.free_ttl else 0.0
            left = min(until_over, began + notice + longest - time.monotonic())
            if lost and gone:
                left = max(left, drained_in(attrs.evolve(state, tickets=gone, free_ttl=0.0), now))
                if not told and left > 0:
                    told = True
                    output.note(
                        f"{unsettled_calls(store, key_id)}; the token must not be generated before, so this waits for "
                        "them too (--now does not)"
                    )
            if left <= 0:
                return
            shown.update(f"Waiting for calls in flight, at most {left:.0f} seconds")
            # They may end earlier, so it looks again and again.
            time.sleep(min(left, _POLL))


def _incident_here() -> Incident:
    return Incident(wall=time.time(), host=socket.gethostname(), pid=os.getpid())

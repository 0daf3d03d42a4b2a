"""`cyara auth login`: store a credential, after every check that costs nothing. Nothing is sent."""

from typing import Annotated

import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    AdmissionRefusedError,
    CredentialError,
    CredentialRejectedError,
    CredentialSupersededError,
    CredentialSuspectError,
    StrikeStoreUnavailableError,
)
from cyara_auth.providers.chain import PROFILE
from cyara_auth.providers.profile import default_profile
from cyara_auth.providers.save import Place, check_place, save_credential
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import StoreContext
from cyara_tools.cli.prompt import UnusualShapeOption, read_credential

PROMPT = "Paste the text of the portal's Usage field (Settings > API; it stays hidden): "

PlaceOption = Annotated[
    Place | None, typer.Option("--place", help="Where to store it; the keyring where there is one.", show_default=False)
]


@command
def login(
    context: StoreContext,
    output: CommandOutput,
    *,
    place: PlaceOption = None,
    allow_unusual_shape: UnusualShapeOption = False,
) -> None:
    """Store a credential: paste it on the terminal, where it stays hidden, or pipe it in.

    The text of the portal's Usage field (Settings > API), or JSON with "credential" and "expires_at".

    Users who sign in by SSO have no API menu in the portal: take the credential of one who does not.
    """
    # The address comes first, so that nobody pastes a secret into a command that cannot store it.
    base = context.known_base()
    check_place(place, context.variables)
    credential = read_credential(PROMPT, base, allow_unusual_shape=allow_unusual_shape)
    refused = _refuse_rejected(credential, context, output)
    name = context.profile or context.variables.get(PROFILE) or default_profile(base.origin)
    where = save_credential(
        credential,
        name,
        base_url=base.url,
        place=place,
        unusual_shape=allow_unusual_shape,
        variables=context.variables,
    )
    output.put(fingerprint=credential.fingerprint, base_url=base.url, profile=name, stored_in=where)
    output.say(f"Stored {credential.fingerprint.short} for {base.origin} in the {where}. Nothing was sent.")
    _note_what_outranks(credential, context, output)
    output.say(f"Next: {'cyara auth verify' if refused is None else refused.command}")


def _refuse_rejected(
    credential: ApiCredential, context: StoreContext, output: CommandOutput
) -> AdmissionRefusedError | None:
    """Refuse a pair that is out; return what else a call with it would be refused with now, if anything."""
    try:
        key_report = context.key_report(credential.key_fingerprint, context.base())
        refused = key_report.refusal(credential)
    except StrikeStoreUnavailableError as error:
        # Storing sends nothing, so it may go on; the guard asks the store again before it sends the pair.
        output.note(f"whether this pair was rejected before is not known: {error}")
        return None
    if isinstance(refused, CredentialSuspectError):
        return refused
    if isinstance(refused, CredentialRejectedError | CredentialSupersededError):
        # Somebody pasted the old token. A call with it would be refused anyway, but much later.
        state = key_report.state_of(credential.fingerprint)
        raise type(refused)(
            fingerprint=credential.fingerprint,
            detail=f"this very pair is known to be {state}; nothing was stored",
            command=(
                "paste the Usage text of the token that is active in the portal (Settings > API); if it is this one: "
                f"cyara auth reset --still-valid --forgive {credential.fingerprint.short} --key "
                f"{credential.key_fingerprint.short}"
            ),
        )
    return refused


def _note_what_outranks(credential: ApiCredential, context: StoreContext, output: CommandOutput) -> None:
    try:
        used = context.source()
    except CredentialError as error:
        output.note(f"a source that outranks it is unusable: {error}")
        return
    if used.current() != credential:
        output.note(
            f"the {used.describe()} outranks it and holds another pair ({used.current().fingerprint.short}); "
            "calls use that one until it is removed"
        )

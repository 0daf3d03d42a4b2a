"""`cyara auth verify`: one cheap GET through the guard verifies the pair, for everybody who shares the store."""

import os

from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError, CredentialSupersededError
from cyara_auth.providers.renewal import renewal
from cyara_auth.stores.ci import WAYS, is_thrown_away
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CallContext, StoreContext
from cyara_tools.cli.exit_codes import ExitCode

_UNAUTHORIZED = 401
_FORBIDDEN = 403


@command
def verify(context: CallContext, output: CommandOutput) -> None:
    """Verify the credential by one cheap call; none for a pair that the store knows to be rejected."""
    try:
        probe(context, output)
    except (CredentialRejectedError, CredentialSupersededError):
        # Known from before, so that nothing was sent.
        _note_other_sources(context, output)
        raise
    if output.exit_code is ExitCode.REJECTED:
        _note_other_sources(context, output)


def probe(context: CallContext, output: CommandOutput, credential: ApiCredential | None = None) -> None:
    """Make the call, with the configured credential or the one given, and say what its answer says about the pair."""
    with context.connect(credential) as cyara:
        used = cyara.credential
        output.put(fingerprint=used.fingerprint, source=used.source, base_url=cyara.base_url)
        # `confirm`: an operator asks for it, so a suspect pair may spend budget on it.
        answer = cyara.verify(context.operation, confirm=True)
    output.put(status_code=answer.status_code)
    output.exit_code, text = explain_answer(answer, used, context)
    output.put(verified=output.exit_code is ExitCode.OK)
    output.say(text)


def _note_other_sources(context: CallContext, output: CommandOutput) -> None:
    """Name sources that hold another pair."""
    for other in context.source().other_sources():
        if other.differs:
            # Not tried: whether that one is the current token is for the operator to know, and a guess costs a strike.
            output.note(f"the {other.name} holds another pair ({other.fingerprint}), which was not tried")


def explain_answer(answer: httpx.Response, credential: ApiCredential, context: StoreContext) -> tuple[ExitCode, str]:
    """Say what an answer means for the pair."""
    name = f"{credential.fingerprint.short} from {credential.source}"
    if answer.is_success:
        return ExitCode.OK, f"The portal accepts {name}."
    if answer.status_code == _UNAUTHORIZED:
        store = context.store()
        way = f". To keep that, {WAYS}" if is_thrown_away(store, os.environ) else ""
        return ExitCode.REJECTED, (
            # Nobody remembers longer than the store: memory ends with the process, a file with its machine.
            f"The portal rejects {name} (401); it will not be sent again as long as the strike store "
            f"({store.describe()}) is kept{way}. Next: {renewal(credential.source)}"
        )
    # A 403 is what the portal may answer to a bad pair as well as to a good one that lacks a permission.
    hint = ""
    if answer.status_code == _FORBIDDEN:
        hint = " The user may lack a permission: try another call with --operation."
    return ExitCode.INCONCLUSIVE, f"The portal answers {answer.status_code}, which says nothing about {name}.{hint}"

"""`cyara auth verify`: one cheap GET through the guard verifies the pair, for everybody who shares the store."""

from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError, CredentialSupersededError, CredentialSuspectError
from cyara_auth.providers.renewal import renewal
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CallContext
from cyara_tools.cli.exit_codes import ExitCode, exit_code_of

_UNAUTHORIZED = 401
_NEXT = {
    # What the portal may answer to a bad pair as well as to a good one that lacks a permission.
    403: "the user may lack a permission: try another call with cyara auth verify --operation",
    404: "check base URL, account and operation with: cyara auth doctor",
    429: "wait until the portal is less busy, then: cyara auth verify",
}
_OTHER_NEXT = "look whether the portal is up (cyara auth doctor), then: cyara auth verify"


@command
def verify(context: CallContext, output: CommandOutput) -> None:
    """Verify the credential by one cheap call. A rejected pair is never sent again."""
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
    output.exit_code, text = explain_answer(answer, used)
    if output.exit_code is ExitCode.REJECTED:
        # Who said it, the store knows better: it may have been a gateway, and then the pair may be fine.
        refused = context.key_report(used.key_fingerprint, context.base()).refusal(used)
        if isinstance(refused, CredentialSuspectError):
            output.exit_code, text = exit_code_of(refused), str(refused)
    output.put(verified=output.exit_code is ExitCode.OK)
    output.say(text)


def _note_other_sources(context: CallContext, output: CommandOutput) -> None:
    """Name sources that hold another pair."""
    for other in context.source().other_sources():
        if other.differs:
            # Not tried: whether that one is the current token is for the operator to know, and a guess costs a strike.
            output.note(f"the {other.name} holds another pair ({other.fingerprint}), which was not tried")


def explain_answer(answer: httpx.Response, credential: ApiCredential) -> tuple[ExitCode, str]:
    """Say what an answer means for the pair."""
    name = f"{credential.fingerprint.short} from {credential.source}"
    if answer.is_success:
        return ExitCode.OK, f"The portal accepts {name}."
    if answer.status_code == _UNAUTHORIZED:
        return ExitCode.REJECTED, (
            f"The portal rejects {name} (401); it will not be sent again. Next: {renewal(credential.source)}"
        )
    step = _NEXT.get(answer.status_code, _OTHER_NEXT)
    return ExitCode.INCONCLUSIVE, (
        f"The portal answers {answer.status_code}, which says nothing about {name}. Next: {step}"
    )

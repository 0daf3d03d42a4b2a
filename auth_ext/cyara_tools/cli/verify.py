"""`cyara auth verify`: one cheap GET through the guard verifies the pair, for everybody who shares the store."""

import os
from datetime import UTC, datetime
from typing import Final

from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError, CredentialSupersededError
from cyara_auth.extensions import seconds_of_retry_after
from cyara_auth.providers.renewal import renewal
from cyara_auth.stores.ci import WAYS, is_thrown_away
from cyara_auth.strikes.state import PairState, TicketStatus
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CallContext, StoreContext
from cyara_tools.cli.exit_codes import ExitCode

SIGN_IN: Final = "sign in to the network or VPN if one asks for it"

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_LATER = frozenset({408, 429})
_LOWEST_SERVER_ERROR = 500


@command
def verify(context: CallContext, output: CommandOutput) -> None:
    """Verify the credential by one cheap call; nothing is sent where the guard refuses the pair."""
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
    report = context.key_report(credential.key_fingerprint, context.base())
    if answer.is_success:
        # A success without the API's own answer in it, as a public page has, shows nothing: the guard has judged it.
        if report.state_of(credential.fingerprint) is PairState.VERIFIED:
            return ExitCode.OK, f"The portal accepts {name}."
        return ExitCode.INCONCLUSIVE, (
            f"The portal answers {answer.status_code}, but not as the API does for a pair that it accepts, so nothing "
            f"is known of {name}. Next: check the base URL (cyara auth doctor), or try another call: cyara auth verify "
            "--operation ID"
        )
    if answer.status_code == _UNAUTHORIZED:
        # The guard has judged it: what a gateway may have made is counted, but is no word of the portal's.
        if report.state_of(credential.fingerprint) is PairState.SUSPECT:
            page = "html" in answer.headers.get("content-type", "")
            what = f"a web page (status {_UNAUTHORIZED})" if page else f"a {_UNAUTHORIZED} that may not be the portal's"
            return ExitCode.INCONCLUSIVE, (
                f"Where the API should have answered came {what}, so {name} is under suspicion, not rejected. "
                f"Next: {SIGN_IN}, check base URL and proxy (cyara auth doctor), then: cyara auth verify"
            )
        store = context.store()
        way = f". To keep that, {WAYS}" if is_thrown_away(store, os.environ) else ""
        return ExitCode.REJECTED, (
            # Nobody remembers longer than the store: memory ends with the process, a file with its machine.
            f"The portal rejects {name} (401); it will not be sent again as long as the strike store "
            f"({store.describe()}) is kept{way}. Next: {renewal(credential.source)}"
        )
    unknown = report.count(TicketStatus.UNKNOWN)
    charged = f" Calls that may count as invalid: {unknown} (cyara auth status)." if unknown else ""
    return ExitCode.INCONCLUSIVE, (
        f"The portal answers {answer.status_code}, which says nothing about {name}.{charged} "
        f"Next: {_next_step(answer, context.known_base().url)}"
    )


def _next_step(answer: httpx.Response, base_url: str) -> str:
    """Return what to do about an answer that is neither a success nor a 401, as a clause."""
    another_call = "try another call: cyara auth verify --operation ID"
    if target := redirect_target(answer):
        return f"check the base URL, since {base_url} redirects to {target}; {SIGN_IN}"
    # A 403 is what the portal may answer to a bad pair as well as to a good one that lacks a permission.
    if answer.status_code == _FORBIDDEN:
        return f"let the portal's administrator give this user the permission for the call, or {another_call}"
    if answer.status_code in _LATER or answer.status_code >= _LOWEST_SERVER_ERROR:
        seconds = seconds_of_retry_after(answer.headers, datetime.now(UTC))
        wait = "a minute" if seconds is None else f"{seconds:.0f} s"
        return f"wait {wait}, look whether the portal itself works, then: cyara auth verify"
    return (
        f"check that the API is at {base_url} and that the account exists there (CYARA_ACCOUNT_ID, --account), or "
        f"{another_call}"
    )


def redirect_target(answer: httpx.Response) -> str | None:
    """Return where an answer redirects, without what a login service puts behind the path; `None` if it does not."""
    following = answer.next_request
    return None if following is None else str(following.url.copy_with(userinfo=b"", query=None, fragment=None))

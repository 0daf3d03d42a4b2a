"""`cyara auth verify`: one cheap GET through the guard verifies the pair, for everybody who shares the store."""

from collections.abc import Callable
from pathlib import Path

from cyara_auth._http import httpx
from cyara_auth.client.cyara import Cyara, connect
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError, CredentialSupersededError
from cyara_auth.providers.renewal import renewal
from cyara_tools.cli.context import Setting
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.cli.options import (
    AccountOption,
    BaseUrlOption,
    CaOption,
    JsonOption,
    OperationOption,
    ProfileOption,
    StoreOption,
)
from cyara_tools.cli.report import Report, reporting

_UNAUTHORIZED = 401
_FORBIDDEN = 403


def verify(  # noqa: PLR0913  # options of a command
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    account: AccountOption = None,
    operation: OperationOption = None,
    store: StoreOption = None,
    ca: CaOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify the credential by one cheap call. A rejected pair is never sent again."""
    with reporting(as_json=as_json) as report:
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        base = setting.known_base()
        make = connector(base.url, profile=profile, account=account, store=store, ca=ca)
        try:
            probe(report, make, operation=operation)
        except (CredentialRejectedError, CredentialSupersededError):
            _note_other_sources(setting, report)
            raise
        if report.exit_code is ExitCode.REJECTED:
            _note_other_sources(setting, report)


Connector = Callable[[ApiCredential | None], Cyara]
"""Connects with a command's options: with the configured credential, or with the one that it is given."""


def connector(
    base_url: str,
    *,
    profile: str | None = None,
    account: str | None = None,
    store: str | None = None,
    ca: Path | None = None,
) -> Connector:
    """Return a function that connects with these options."""

    def make(credential: ApiCredential | None) -> Cyara:
        return connect(
            base_url,
            credential,
            profile=profile,
            account_id=account,
            store=store,
            verify=True if ca is None else ca,
            retries=0,
        )

    return make


def probe(
    report: Report,
    make: Connector,
    *,
    operation: str | None = None,
    credential: ApiCredential | None = None,
) -> None:
    """Make the call and report what its answer says about the pair."""
    with make(credential) as cyara:
        used = cyara.credential
        report.put(fingerprint=used.fingerprint, source=used.source, base_url=cyara.base_url)
        answer = cyara.verify(operation, confirm=True)
    report.put(status_code=answer.status_code)
    report.exit_code, text = meaning(answer, used)
    report.put(verified=report.exit_code is ExitCode.OK)
    report.say(text)


def _note_other_sources(setting: Setting, report: Report) -> None:
    """Name sources that hold another pair; whether that one is the current token is for the operator to know."""
    for other in setting.source().other_sources():
        if other.differs:
            report.note(f"the {other.name} holds another pair ({other.fingerprint}), which was not tried")


def meaning(answer: httpx.Response, credential: ApiCredential) -> tuple[ExitCode, str]:
    """Say what an answer means for the pair."""
    name = f"{credential.fingerprint.short} from {credential.source}"
    if answer.is_success:
        return ExitCode.OK, f"The portal accepts {name}."
    if answer.status_code == _UNAUTHORIZED:
        return ExitCode.REJECTED, (
            f"The portal rejects {name} (401); it will not be sent again. Next: {renewal(credential.source)}"
        )
    hint = ""
    if answer.status_code == _FORBIDDEN:
        hint = " The user may lack a permission: try another call with --operation."
    return ExitCode.INCONCLUSIVE, f"The portal answers {answer.status_code}, which says nothing about {name}.{hint}"

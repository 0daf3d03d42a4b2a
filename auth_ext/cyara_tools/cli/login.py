"""`cyara auth login`: store a credential, after every check that costs nothing. Nothing is sent."""

from typing import Annotated

import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialError, CredentialRejectedError, StrikeStoreUnavailableError
from cyara_auth.providers.chain import PROFILE
from cyara_auth.providers.profile import default_profile
from cyara_auth.providers.save import Place, save_credential
from cyara_tools.cli.context import Setting
from cyara_tools.cli.options import BaseUrlOption, JsonOption, ProfileOption, StoreOption, UnusualShapeOption
from cyara_tools.cli.prompt import read_credential
from cyara_tools.cli.report import Report, reporting

PROMPT = "Paste the text of the portal's Usage field (Settings > API; it stays hidden): "

PlaceOption = Annotated[
    Place | None, typer.Option("--place", help="Where to store it; the keyring where there is one.", show_default=False)
]


def login(  # noqa: PLR0913  # options of a command
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    place: PlaceOption = None,
    store: StoreOption = None,
    allow_unusual_shape: UnusualShapeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Store a credential: paste it on the terminal, where it stays hidden, or pipe it in."""
    with reporting(as_json=as_json) as report:
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        base = setting.known_base()
        credential = read_credential(PROMPT, allow_unusual_shape=allow_unusual_shape)
        _refuse_known_dead(credential, setting, report)
        name = profile or setting.variables.get(PROFILE) or default_profile(base.origin)
        where = save_credential(
            credential,
            name,
            base_url=base.url,
            place=place,
            unusual_shape=allow_unusual_shape,
            variables=setting.variables,
        )
        report.put(fingerprint=credential.fingerprint, base_url=base.url, profile=name, stored_in=where)
        report.say(f"Stored {credential.fingerprint.short} for {base.origin} in the {where}. Nothing was sent.")
        _note_what_outranks(credential, setting, report)
        report.say("Next: cyara auth verify")


def _refuse_known_dead(credential: ApiCredential, setting: Setting, report: Report) -> None:
    """Refuse a pair that the portal rejected before: somebody pasted the old token."""
    try:
        record = setting.store().read(credential.key_fingerprint).pair(credential.fingerprint)
    except StrikeStoreUnavailableError as error:
        report.note(f"whether this pair was rejected before is not known: {error}")
        return
    if record is not None and record.verdict.is_final:
        raise CredentialRejectedError(
            fingerprint=credential.fingerprint,
            detail=f"this very pair is known to be {record.verdict}; nothing was stored",
            command="generate a token in the portal (Settings > API) and paste its Usage text",
        )


def _note_what_outranks(credential: ApiCredential, setting: Setting, report: Report) -> None:
    try:
        used = setting.source()
    except CredentialError as error:
        report.note(f"a source that outranks it is unusable: {error}")
        return
    if used.current() != credential:
        report.note(
            f"the {used.describe()} outranks it and holds another pair ({used.current().fingerprint.short}); "
            "calls use that one until it is removed"
        )

"""What `doctor` looks at, and its offline checks of what was configured: address, credential, account, strike store."""

import shlex
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import attrs

from cyara_auth.client.account import ACCOUNT_ID, account_of
from cyara_auth.client.cyara import account_takes_text
from cyara_auth.credential_text import FormatReason
from cyara_auth.errors import (
    SHOWN_HEX_DIGITS,
    ConfigurationError,
    CredentialFormatError,
    CyaraAuthError,
    StrikeStoreDamagedError,
    StrikeStoreUnavailableError,
)
from cyara_auth.origin import PLAIN_HTTP, BaseUrl
from cyara_auth.providers import CredentialSource
from cyara_auth.providers.environment import KEY, TOKEN, WHOLE
from cyara_auth.stores.base import StrikeStore
from cyara_tools.cli.command_output import Json
from cyara_tools.cli.context import CommandContext, StoreContext
from cyara_tools.cli.key_report import LONG_ROTATION

_NO_KEY: Final = "0" * 32


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but probably not as intended."""
    FAILURE = "failure"
    """It will not work."""


@attrs.frozen(kw_only=True)
class Finding:
    """A finding.

    Attributes:
        check: What was looked at, a stable name for programs.
        level: How it is.
        text: The same in a sentence, with the remedy; never a secret.
    """

    check: str
    level: Level
    text: str

    def facts(self) -> dict[str, Json]:
        """Return it for programs."""
        return {"check": self.check, "level": self.level.value, "text": self.text}


def ok(check: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check=check, level=Level.OK, text=text)


def warning(check: str, text: str) -> Finding:
    """Return a finding that something is odd."""
    return Finding(check=check, level=Level.WARNING, text=text)


def failure(check: str, text: str) -> Finding:
    """Return a finding that something will not work."""
    return Finding(check=check, level=Level.FAILURE, text=text)


def check_base_url(context: CommandContext) -> tuple[BaseUrl | None, Finding]:
    """Look at the portal's address."""
    try:
        base = context.known_base()
    except CyaraAuthError as error:
        return None, failure("base_url", str(error))
    if base.origin.is_readable_on_the_way:
        return base, warning(
            "base_url",
            f"The API is at {base.url}, without encryption ({PLAIN_HTTP}): anyone on the way can read the credential, "
            "use it, and change calls and answers. Next: ask whoever runs the portal for https, or lead an encrypted "
            "tunnel there (ssh -L, stunnel)",
        )
    return base, ok("base_url", f"The API is at {base.url}.")


def check_credential(context: CommandContext) -> tuple[CredentialSource | None, list[Finding]]:
    """Look at the credential: whether there is one, its shape, its expiry, and what other sources hold."""
    try:
        source = context.source()
        credential = source.current()
    except CredentialFormatError as error:
        # CI sets the variable to an empty text when the secret does not exist, or not for this branch.
        hint = " (a variable that CI did not fill in?)" if error.reason == FormatReason.EMPTY else ""
        return None, [failure("credential", f"{error}{hint}")]
    except CyaraAuthError as error:
        return None, [failure("credential", str(error))]
    findings = [ok("credential", f"{credential.fingerprint.short} from {credential.source}.")]
    if credential.expires_at is not None:
        findings.append(ok("expiry", f"It is valid until {credential.expires_at:%Y-%m-%d %H:%M:%S %Z}."))
    for other in source.other_sources():
        if other.problem is not None:
            findings.append(warning("other_source", f"A source that is not used is unusable: {other.problem}"))
        elif other.differs:
            findings.append(
                warning(
                    "other_source",
                    f"The {other.name} holds another pair ({other.fingerprint}); the {source.describe()} with "
                    f"{credential.fingerprint.short} is used. Remove the one that is old.",
                )
            )
    return source, findings


def check_whitespace(context: CommandContext) -> list[Finding]:
    """Look for blanks and line ends around the variables."""
    # They are taken off here, but not by other tools that read the same variables.
    return [
        warning("whitespace", f"{name} has blanks or line ends around its value; other tools would send them.")
        for name in (WHOLE, KEY, TOKEN)
        if context.variables.get(name) != context.variables.get(name).strip()
    ]


def check_account(given: str | None) -> Finding:
    """Look at the account by which `connect` fills nearly every call; `given` is `--account`."""
    name = ACCOUNT_ID if given is None else "--account"
    try:
        account = account_of(given, None, takes_text=account_takes_text)
    except ConfigurationError as error:
        return failure("account", str(error))
    if account is None:
        return warning(
            "account",
            f"{name} is not set, so each call has to name its account. Next: set {ACCOUNT_ID} to the number that "
            "follows /accounts/ in the portal's address",
        )
    # A text is not repeated: it may be the credential in the wrong variable.
    shown = f"{account}" if isinstance(account, int) else f"(a text of {len(account)} characters)"
    return ok("account", f"Calls are made for account {shown} by {name}, unless they name another.")


@runtime_checkable
class _KnowsRisks(Protocol):
    """A store that can tell how it may lose writes."""

    def risks(self) -> list[str]:
        """Return one sentence for each way."""
        ...


def _way_out(error: StrikeStoreDamagedError, store: StrikeStore) -> str:
    """Say what moving a damaged file away forgets, and how to do it."""
    try:
        keys = [key_id[:SHOWN_HEX_DIGITS] for key_id in store.key_ids()]
        forgotten = f"the strikes and verdicts of {len(keys)} keys ({', '.join(keys)})"
    except StrikeStoreUnavailableError:
        forgotten = "everything that it knew: which pairs were rejected, strikes, and calls without an answer"
    names = (error.path.with_name(f"{error.path.name}.damaged{number}") for number in ("", *range(2, 1000)))
    target = next(name for name in names if not name.exists())
    return (
        f"{error.detail}. Until it is moved away, every call is refused. Moving it away forgets {forgotten}; a pair "
        "that was rejected would be sent once more. Next: see in the portal that the token is current, end the "
        f"programs that use the file, then run: {_move(error.path, target)}"
    )


def _move(path: Path, target: Path) -> str:
    if sys.platform == "win32":
        return f'move "{path}" "{target}"'
    return shlex.join(["mv", str(path), str(target)])


def _look_closer(store: StrikeStore) -> list[Finding]:
    """Look at all keys, and at what may make the store forget; a right that no call needs may be missing for that.

    Raises:
        StrikeStoreUnavailableError: The state of a key cannot be read.
    """
    findings: list[Finding] = []
    key_ids: list[str] = []
    risks: list[str] = []
    try:
        key_ids = store.key_ids()
    except StrikeStoreDamagedError:
        raise
    except StrikeStoreUnavailableError as error:
        findings.append(
            warning("store", f"The keys that it knows cannot be listed, which no call needs: {error.detail}.")
        )
    for key_id in key_ids:
        store.read(key_id)
    try:
        risks = store.risks() if isinstance(store, _KnowsRisks) else []
    except StrikeStoreUnavailableError as error:
        findings.append(
            warning(
                "store", f"Whether its settings may make it forget cannot be seen, which no call needs: {error.detail}."
            )
        )
    return findings + [warning("store", risk) for risk in risks]


def check_store(context: StoreContext, source: CredentialSource | None, base: BaseUrl | None) -> list[Finding]:
    """Look whether the strike store works, who shares it, and what it knows of the credential."""
    try:
        return _look_at_store(context, source, base)
    except StrikeStoreDamagedError as error:
        return [failure("store", _way_out(error, context.store()))]
    except (ConfigurationError, StrikeStoreUnavailableError) as error:
        return [failure("store", str(error))]


def _look_at_store(context: StoreContext, source: CredentialSource | None, base: BaseUrl | None) -> list[Finding]:
    store = context.store()
    # What every call needs: the store's clock, and the state of its key; without a credential, of one that is none.
    store.clock()
    store.read(_NO_KEY if source is None else source.current().key_fingerprint)
    findings = [ok("store", f"Strikes are counted in {store.describe()}.")]
    if not store.shared:
        findings = [warning("store", f"Strikes are counted in {store.describe()}: no other process knows of them.")]
    findings += _look_closer(store)
    if source is None:
        return findings
    credential = source.current()
    key_report = context.key_report(credential.key_fingerprint, base)
    code, text = key_report.verdict(credential)
    findings.append(failure("pair", f"With this pair: {text}") if code else ok("pair", f"With this pair: {text}."))
    age = key_report.rotation_age(datetime.now(UTC))
    if age is not None and age > LONG_ROTATION:
        minutes = age.total_seconds() / 60
        findings.append(warning("rotation", f"The rotation began {minutes:.0f} minutes ago; commit or abort it."))
    return findings

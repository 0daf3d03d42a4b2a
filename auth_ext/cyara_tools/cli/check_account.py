"""The check of `doctor` for the account: none at all, or its name in place of its number, is the commonest mistake."""

from cyara_auth.client.account import ACCOUNT_ID, account_of
from cyara_auth.client.cyara import account_takes_text
from cyara_auth.errors import ConfigurationError
from cyara_tools.cli.finding import Finding, bad, good, warn


def check_account(given: str | None) -> Finding:
    """Look at the account by which `connect` fills nearly every call; `given` is `--account`."""
    name = ACCOUNT_ID if given is None else "--account"
    try:
        account = account_of(given, None, takes_text=account_takes_text)
    except ConfigurationError as error:
        return bad("account", str(error))
    if account is None:
        return warn(
            "account",
            f"{name} is not set, so each call has to name its account. Next: set {ACCOUNT_ID} to the number that "
            "follows /accounts/ in the portal's address",
        )
    # A text is not repeated: it may be the credential in the wrong variable.
    shown = f"{account}" if isinstance(account, int) else f"(a text of {len(account)} characters)"
    return good("account", f"Calls are made for account {shown} by {name}, unless they name another.")

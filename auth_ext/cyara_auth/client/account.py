"""The account that calls are made for where they leave it out: as given, but never of a kind that no call takes."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from cyara_auth.arguments import invalid_argument
from cyara_auth.errors import ConfigurationError

ACCOUNT_ID: Final = "CYARA_ACCOUNT_ID"

ACCOUNT: Final = re.compile(r"account_?id", re.IGNORECASE)
"""What documents call the account in a path."""

PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_LONGEST_NUMBER: Final = 18  # digits that fit into 64 bits


def account_of(
    given: int | str | None, environ: Mapping[str, str] | None, *, takes_text: Callable[[], bool]
) -> int | str | None:
    """Return the account that the argument or the environment names, as a number if it is one.

    Args:
        given: The argument; None asks the environment.
        environ: Environment variables instead of the process's own.
        takes_text: Says whether an account may be a text.

    Raises:
        ConfigurationError: it is no number, and the document's accounts are; or neither number nor text.
    """
    found = ((os.environ if environ is None else environ).get(ACCOUNT_ID) or "").strip() if given is None else given
    if not isinstance(found, str):
        if not _is_account(found):
            takes = "a number, or a text where the document says so"
            raise invalid_argument("account_id", found, takes=takes, example="17")
        return found
    if not found:
        return None
    # A number is taken for one only if it is written back the same: "017" may be the name of an account.
    number = int(found) if found.isascii() and found.isdecimal() and len(found) <= _LONGEST_NUMBER else None
    if number is not None and str(number) == found:
        return number
    # Asked last: finding out loads modules of the client, which takes longer than all else here.
    if takes_text():
        return found
    if number is None:
        # The value is not repeated: somebody may have put the credential into the wrong variable.
        raise ConfigurationError(
            f"The account (account_id=, --account or {ACCOUNT_ID}) is a number in this client's document, not a text "
            f"of {len(found)} characters. Nothing was sent. Next: take the number from the portal's address, where it "
            "follows /accounts/"
        )
    return number


def _is_account(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool)  # a truth value is an int
    # Late: who gives a UUID has loaded the module already.
    from uuid import UUID

    return isinstance(value, UUID)


def takes_text(operations: Mapping[str, Any], load: Callable[[str], Any]) -> bool:
    """Return whether some operation takes an account that is no whole number; so, too, if none has an account.

    Args:
        operations: Operations by id; of each, `path` and `module` are read.
        load: Returns the generated module of that name: `ENDPOINT` and the annotations of `sync_detailed` are read.
    """
    kinds = {
        module.sync_detailed.__annotations__[parameter.name]
        for operation in operations.values()
        if any(map(ACCOUNT.fullmatch, PLACEHOLDER.findall(operation.path)))
        for module in (load(operation.module),)
        for parameter in module.ENDPOINT.parameters
        if parameter.location == "path" and ACCOUNT.fullmatch(parameter.wire)
    }
    return kinds != {"int"}

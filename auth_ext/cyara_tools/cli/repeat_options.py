"""The options that the next command needs as well: a step that is copied must not look at another credential.

Whatever says "Next: cyara auth ..." knows nothing of the options of this command; much of it is said by the library,
which has none. So they are put in where a text reaches people.
"""

import re
import shlex
from typing import Final

from cyara_auth.client.binding import BASE_URL
from cyara_auth.providers import Variables
from cyara_auth.providers.chain import PROFILE
from cyara_auth.providers.renewal import IF_NAMED
from cyara_auth.stores.registry import VARIABLE as STORE

_COMMAND: Final = re.compile(
    r"(cyara auth (?:login|status|verify|reset|doctor|rotate (?:begin|commit|abort)))\b(?! --profile)"
    rf"(?:{re.escape(IF_NAMED)})?"
)


def options_again(*, base_url: str | None, profile: str | None, store: str | None, variables: Variables) -> str:
    """Return the options that were given and that the environment does not say, each with a blank before it.

    The address of a store with a password in it is left out: no text may hold a secret.
    """
    given = (("--base-url", base_url, BASE_URL), ("--profile", profile, PROFILE), ("--store", store, STORE))
    return "".join(
        f" {option} {shlex.quote(value)}"
        for option, value, name in given
        if value and value != variables.get(name) and not (option == "--store" and ("@" in value or "?" in value))
    )


def with_options(text: str, options: str) -> str:
    """Put the options behind every command of ours that a text names, unless it names a profile already."""
    return _COMMAND.sub(lambda found: f"{found[1]}{options}", text) if options else text

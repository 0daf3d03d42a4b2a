"""The next step with a pair that is dead: the current token has to go where the dead one came from.

A token stored by `cyara auth login` helps nobody whose pair comes from a variable, a command or an argument, since
those outrank what is stored.
"""

from typing import Final

_STORED: Final = ("keyring entry ", "profile file ")
"""How `KeyringProvider` and `ProfileProvider` describe themselves: what `cyara auth login` writes."""

IF_NAMED: Final = " (with --profile, if it is a named one)"
"""Said where nobody knows; the command line, which does, names the profile instead."""


def renewal(source: str | None) -> str:
    """Return the next step for a pair from `source` (in words, as providers describe themselves; None if unknown)."""
    if source is None or source.startswith(_STORED):
        return f"copy the current token from the portal (Settings > API), then: cyara auth login{IF_NAMED}"
    return f"copy the current token from the portal (Settings > API) to its source ({source}), then: cyara auth verify"

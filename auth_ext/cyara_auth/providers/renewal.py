"""The next step with a pair that is dead: the current token has to go where the dead one came from."""

from typing import Final, final


@final
class LoginSource(str):
    """The name of a source that `cyara auth login` writes; every other source is named by a plain `str`.

    It is a text, so it travels through credentials, incidents and errors as any other name does. Read back from a
    store it is a plain `str` again.
    """

    __slots__ = ()


IF_NAMED: Final = " (with --profile, if it is a named one)"
"""Said where nobody knows; the command line, which does, names the profile instead."""


def renewal(source: str | None) -> str:
    """Return the next step for a pair from `source` (in words, as providers describe themselves; None if unknown)."""
    if source is None or isinstance(source, LoginSource):
        return f"copy the current token from the portal (Settings > API), then: cyara auth login{IF_NAMED}"
    # Variables, commands and arguments outrank what is stored, so here a login would change nothing.
    return f"copy the current token from the portal (Settings > API) to its source ({source}), then: cyara auth verify"

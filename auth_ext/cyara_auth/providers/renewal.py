"""The next step with a pair that is dead: the current token has to go where the dead one came from."""

from typing import Final, final

_ARGUMENT: Final = "argument"
_COPY: Final = "copy the current token from the portal (Settings > API)"


@final
class LoginSource(str):
    """The name of a source that `cyara auth login` writes; every other source is named by a plain `str`.

    It is a text, so it travels through credentials, incidents and errors as any other name does. Read back from a
    store it is a plain `str` again.
    """

    __slots__ = ()


IF_NAMED: Final = " (with --profile, if it is a named one)"
"""Said where nobody knows; the command line, which does, names the profile instead."""


def renewal(source: str | None, *, then: str | None = None) -> str:
    """Return the next step for a pair from `source` (in words, as providers describe themselves; None if unknown).

    Args:
        source: Where the dead pair came from.
        then: The command that follows it, if it is not the usual one.
    """
    after = "" if then is None else f", then: {then}"
    if source is None or isinstance(source, LoginSource):
        return f"{_COPY}, then: cyara auth login{IF_NAMED}{after}"
    # Variables, commands and arguments outrank what is stored, so here a login would change nothing.
    if source == _ARGUMENT:
        return f"the pair was given as an argument, so it has to be changed there: {_COPY} to the program{after}"
    return f"{_COPY} to its source ({source}){after or ', then: cyara auth verify'}"

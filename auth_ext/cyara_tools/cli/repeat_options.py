"""The options that the next command needs as well: a step that is copied must not look at another credential."""

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import Final

from typer.core import TyperCommand

from cyara_auth.client.account import ACCOUNT_ID
from cyara_auth.client.binding import BASE_URL, POLICY
from cyara_auth.providers import Variables
from cyara_auth.providers.chain import PROFILE
from cyara_auth.providers.renewal import IF_NAMED
from cyara_auth.stores.registry import VARIABLE as STORE
from cyara_tools.cli.base import Group

_VARIABLES: Final = {
    "--base-url": BASE_URL,
    "--profile": PROFILE,
    "--store": STORE,
    "--account": ACCOUNT_ID,
    "--policy": POLICY,
}


def options_to_repeat(selection: Mapping[str, str | None], variables: Variables) -> dict[str, str]:
    """Return those of the options that were given and that the environment does not say."""
    return {
        option: value
        for option, value in selection.items()
        if value
        and (option not in _VARIABLES or value != variables.get(_VARIABLES[option]))
        # The address of a store may hold a password, and no text may hold a secret.
        and not (option == "--store" and ("@" in value or "?" in value))
    }


def options_by_command(command: object, text: str, name: str = "cyara") -> dict[str, frozenset[str]]:
    """Return the options that each command takes which a text names, by the command as people type it.

    Args:
        command: A command, or a group of commands.
        text: No command is loaded that it does not name.
        name: How the command is started.
    """
    if isinstance(command, Group):
        return {
            path: options
            for word in command.entries()
            if f"{name} {word}" in text
            for path, options in options_by_command(command.find(word), text, f"{name} {word}").items()
        }
    parameters = command.params if isinstance(command, TyperCommand) else []
    return {name: frozenset(option for parameter in parameters for option in parameter.opts)}


def with_options(
    text: str, options: Mapping[str, str], commands: Callable[[str], Mapping[str, Collection[str]]]
) -> str:
    """Put the options behind every command that a text names, as far as the command takes them.

    Args:
        text: For people. Much of it comes from the library, which knows nothing of a command's options.
        options: What to repeat.
        commands: Returns, for a text, the options that each command takes which it names.
    """
    if not options:
        return text
    known = commands(text)
    if not known:
        return text

    def repeated(found: re.Match[str]) -> str:
        command = found[1]
        taken = (f" {option} {shlex.quote(value)}" for option, value in options.items() if option in known[command])
        return command + "".join(taken)

    # The longest first, since one name may begin as another does.
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    # A command that names a profile of its own is about another credential than this command.
    return re.sub(rf"({names})(?![\w-])(?! --profile)(?:{re.escape(IF_NAMED)})?", repeated, text)

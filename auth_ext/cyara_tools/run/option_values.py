"""Values of options: what cannot be read is a mistake of the command line, told before anything is sent."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from cyara_auth.workflows.fields import identity
from cyara_tools.durations import seconds_of

T = TypeVar("T")


def runs_named(texts: Sequence[str]) -> list[tuple[int, str]]:
    """Read `CAMPAIGN/RUN`, once or several times.

    Raises:
        typer.BadParameter: one of them is none.
    """
    made: list[tuple[int, str]] = []
    for text in texts:
        campaign, _, run = text.strip().partition("/")
        if not (campaign.isascii() and campaign.isdecimal()) or identity(run) is None:
            raise typer.BadParameter(f"--resume takes CAMPAIGN/RUN, as in 812/55001, and not {text!r}")
        made.append((int(campaign), run))
    return made


def campaign_number(text: str) -> int:
    """Read the number of a campaign.

    Raises:
        typer.BadParameter: it is none.
    """
    if not (text.isascii() and text.isdecimal()):
        more = "; CAMPAIGN/RUN goes with --resume" if "/" in text else "; a name goes with --name"
        raise typer.BadParameter(f"{text!r} is no number of a campaign{more}")
    return int(text)


def read_if(reader: Callable[[str], T], text: str | None, option: str) -> T | None:
    """Read the value of an option; None where it was not given.

    Raises:
        typer.BadParameter: it cannot be read.
    """
    return None if text is None else read(reader, text, option)


def read(reader: Callable[[str], T], text: str, option: str) -> T:
    """Read the value of an option.

    Raises:
        typer.BadParameter: it cannot be read.
    """
    try:
        return reader(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}", param_hint=option) from None


def positive(text: str | None, option: str) -> float | None:
    """Read a length of time, in seconds.

    Raises:
        typer.BadParameter: it is none, or nothing.
    """
    seconds = read_if(seconds_of, text, option)
    if seconds is not None and seconds <= 0:
        raise typer.BadParameter(f"{text!r} is no time at all", param_hint=option)
    return seconds

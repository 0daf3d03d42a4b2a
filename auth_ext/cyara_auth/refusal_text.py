"""What a refusal says: what happened, to which pair, when and where, that nothing was sent, and the next command."""

from datetime import datetime

SHOWN_HEX_DIGITS = 8
"""How much of a fingerprint people see: enough to compare by eye, as git does with commits."""


def refusal_text(  # noqa: PLR0913  # each is a fact that a refusal has to name
    what: str,
    *,
    fingerprint: str | None,
    when: datetime | None,
    host: str | None,
    pid: int | None,
    source: str | None,
    command: str,
) -> str:
    """Return the text; what is not known is left out."""
    parts = [f"{what}."]
    if fingerprint is not None:
        origin = "" if source is None else f" from {source}"
        parts.append(f"Fingerprint {fingerprint[:SHOWN_HEX_DIGITS]}{origin}.")
    place = " ".join(
        clause
        for clause in (
            "" if when is None else f"on {when:%Y-%m-%d at %H:%M:%S %Z}".rstrip(),
            "" if pid is None else f"in process {pid}",
            "" if host is None else f"on {host}",
        )
        if clause
    )
    if place:
        parts.append(f"It happened {place}.")
    parts.append(f"Nothing was sent. Next: {command}")
    return " ".join(parts)

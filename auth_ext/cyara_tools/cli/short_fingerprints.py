"""Fingerprints by their first digits, as people type them."""

from collections.abc import Iterable

from cyara_auth.errors import SHOWN_HEX_DIGITS, ConfigurationError


def resolve_prefix(prefix: str, known: Iterable[str], *, what: str) -> str:
    """Return the one fingerprint that begins with what a person typed.

    Raises:
        ConfigurationError: None does, or several do.
    """
    # An empty text begins every fingerprint: a shell variable that is not set must not choose the only one there is.
    if not prefix:
        raise ConfigurationError(f"The first digits of the {what}'s fingerprint are missing. Nothing was changed.")
    names = list(known)
    found = [name for name in names if name.startswith(prefix.lower())]
    if len(found) != 1:
        shown = ", ".join(name[:SHOWN_HEX_DIGITS] for name in names) or "none"
        raise ConfigurationError(
            f"The store knows {len(found)} {what}s that begin with {prefix}. Nothing was changed. Known: {shown}"
        )
    return found[0]

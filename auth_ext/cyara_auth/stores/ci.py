"""Stores that a fresh CI machine has just made: as far as anybody can tell, they go when the machine goes."""

import warnings
from collections.abc import Mapping
from typing import Final

from cyara_auth.errors import SharedStoreRequiredError, ThrowAwayStoreWarning
from cyara_auth.stores.base import StrikeStore

VARIABLE: Final = "CI"

WAYS: Final = (
    "name a store that all jobs share, CYARA_STRIKE_STORE=redis://HOST or s3://BUCKET/PATH (also az://, gs://), "
    "or let the strike file travel in the cache of the CI (docs/ci.md)"
)
"""What to do about it, as a clause."""


def is_thrown_away(store: StrikeStore, environ: Mapping[str, str]) -> bool:
    """Return whether this is CI, and the store is memory or a file that knew nothing when it was opened."""
    if environ.get(VARIABLE, "").strip().lower() in {"", "0", "false"}:
        return False
    from cyara_auth.stores.sqlite import SqliteStrikeStore

    return not store.shared or (isinstance(store, SqliteStrikeStore) and store.was_new)


def warn_of_throw_away(store: StrikeStore) -> None:
    """Say once what is lost with the store, and how to keep it."""
    message = (
        f"The strike store ({store.describe()}) was made just now, and this is CI: if it goes with the machine, the "
        f"next machine sends a rejected pair again. To prevent that, {WAYS}."
    )
    warnings.warn(message, ThrowAwayStoreWarning, stacklevel=3)


def refuse_throw_away(store: StrikeStore) -> SharedStoreRequiredError:
    """Return the error for such a store where a shared one is required."""
    detail = f"{store.describe()} was made just now on a machine of the CI, so no other job can know of it"
    return SharedStoreRequiredError(detail=detail, command=WAYS)

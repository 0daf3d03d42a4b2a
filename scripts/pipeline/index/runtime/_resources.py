"""Base of the resources: the client they call with, and the account that it may carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from .errors import AccountRequiredError

if TYPE_CHECKING:
    from .client import ApiClient

A = TypeVar("A")


class Resource:
    """The operations of one tag, bound to a client."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def _account(self, given: A | None) -> A:
        """Return the account to call with: the one given, else the client's own (`connect(account_id=...)`).

        Raises:
            AccountRequiredError: there is neither.
        """
        account = getattr(self._client, "account_id", None) if given is None else given
        if account is None:
            raise AccountRequiredError(
                "No account: pass account_id=, connect with connect(account_id=...), or set CYARA_ACCOUNT_ID. "
                "Nothing was sent."
            )
        return cast("A", account)

"""Which call verifies the credential cheaply, and how that call looks."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import attrs

from cyara_auth.client.account import ACCOUNT, PLACEHOLDER
from cyara_auth.errors import ConfigurationError
from cyara_auth.extensions import CONFIRM, OPERATION

DEFAULT_OPERATION: Final = "GetTestCases"
"""Documented by the vendor, needs no more than the account (support.cyara.com, Working with Campaigns)."""


@attrs.frozen(kw_only=True)
class VerifyCall:
    """One GET: relative path, query, and the operation that it calls."""

    path: str
    query: Mapping[str, Any]
    operation: Any

    def options(self, *, confirm: bool) -> dict[str, Any]:
        """Return what httpx needs to know of it beside the path; `confirm` spends budget on a suspect pair."""
        return {"params": self.query, "extensions": {OPERATION: self.operation, CONFIRM: confirm}}


def choose_verify_call(
    operations: Mapping[str, Any], *, account_id: int | str | None, operation_id: str | None
) -> VerifyCall:
    """Choose the operation that was named, else the default, else the first GET that needs no more than the account.

    Raises:
        ConfigurationError: there is none, or the account is needed and not known.
    """
    if operation_id is not None and operation_id not in operations:
        raise ConfigurationError(f"This client has no operation {operation_id!r}. Nothing was sent.")
    wanted = operation_id or (DEFAULT_OPERATION if DEFAULT_OPERATION in operations else None)
    wanted = wanted or next((name for name, operation in operations.items() if _can_verify(operation)), None)
    if wanted is None:
        raise ConfigurationError(
            "No operation of this client can be called with the account alone. Name one that can verify the credential:"
            " cyara auth verify --operation ID"
        )
    operation = operations[wanted]
    if not _can_verify(operation):
        raise ConfigurationError(
            f"{wanted} cannot verify a credential: that takes a GET that needs the credential and, in its path, no "
            "more than the account. Nothing was sent."
        )
    path = PLACEHOLDER.sub(lambda _: _account(account_id), operation.path)
    # The answer is looked at for its status only, so one row is enough.
    query = {"pageSize": 1} if operation.page is not None else {}
    return VerifyCall(path=path, query=query, operation=operation)


def _can_verify(operation: Any) -> bool:
    needs_account_only = all(map(ACCOUNT.fullmatch, PLACEHOLDER.findall(operation.path)))
    return operation.method == "GET" and operation.requires_credential and needs_account_only


def _account(account_id: int | str | None) -> str:
    if account_id is not None:
        return quote(str(account_id), safe="")
    raise ConfigurationError("The account is not known. Set CYARA_ACCOUNT_ID or give account_id=. Nothing was sent.")

"""Which call verifies the credential, for any document."""

import attrs
import pytest

from cyara_auth.client.verify_call import choose_verify_call
from cyara_auth.errors import ConfigurationError


@attrs.frozen(kw_only=True)
class Listed:
    """As much of an operation as the choice looks at."""

    path: str
    method: str = "GET"
    requires_credential: bool = True
    page: object = None


def chosen(operations: dict[str, Listed], account_id: int | str | None = 7, operation_id: str | None = None) -> str:
    return choose_verify_call(operations, account_id=account_id, operation_id=operation_id).path


def test_usual_operation_comes_first_and_asks_for_one_item() -> None:
    operations = {
        "GetStatus": Listed(path="/status"),
        "GetTestCases": Listed(path="/v3.0/accounts/{accountId}/testcases", page=object()),
    }
    probe = choose_verify_call(operations, account_id=7, operation_id=None)
    assert (probe.path, probe.query) == ("/v3.0/accounts/7/testcases", {"pageSize": 1})


def test_else_the_first_get_that_needs_no_more_than_the_account() -> None:
    operations = {
        "Create": Listed(path="/things", method="POST"),
        "GetThing": Listed(path="/things/{thingId}"),
        "Health": Listed(path="/health", requires_credential=False),
        "List": Listed(path="/{AccountID}/things"),
        "Later": Listed(path="/later"),
    }
    assert chosen(operations) == "/7/things"
    assert chosen(operations, "a/b") == "/a%2Fb/things"
    assert chosen(operations, None, "Later") == "/later"


def test_without_such_an_operation_one_has_to_be_named() -> None:
    with pytest.raises(ConfigurationError, match="--operation"):
        chosen({"GetThing": Listed(path="/things/{thingId}")})


@pytest.mark.parametrize(
    "operation",
    [
        Listed(path="/things", method="POST"),
        Listed(path="/things/{thingId}"),
        Listed(path="/health", requires_credential=False),
    ],
)
def test_operation_that_cannot_prove_is_refused(operation: Listed) -> None:
    with pytest.raises(ConfigurationError, match="cannot verify"):
        chosen({"Named": operation}, operation_id="Named")
    with pytest.raises(ConfigurationError, match="no operation"):
        chosen({"Named": operation}, operation_id="Other")


def test_unknown_account_is_said() -> None:
    with pytest.raises(ConfigurationError, match="CYARA_ACCOUNT_ID"):
        chosen({"GetTestCases": Listed(path="/{accountId}/x")}, None)

"""Errors cross process pools, keep their facts, and every refusal says what a person needs to go on."""

import inspect
import pickle
from datetime import UTC, datetime

import pytest

from cyara_auth import errors
from cyara_auth._http import httpx
from cyara_auth.errors import AdmissionRefusedError, CredentialFormatError, CyaraAuthError
from cyara_client.errors import CyaraError

ALL = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, CyaraAuthError) and kind.__module__ == errors.__name__
]
REFUSALS = [kind for kind in ALL if issubclass(kind, AdmissionRefusedError)]


@pytest.mark.parametrize("kind", ALL)
def test_the_tree_in_the_docstring_is_complete(kind: type[CyaraAuthError]) -> None:
    assert issubclass(kind, CyaraError)
    assert not issubclass(kind, httpx.HTTPError)
    assert errors.__doc__ is not None
    drawn = [line.partition("+-- ")[2].split(" ")[0] for line in errors.__doc__.splitlines()]
    assert kind.__name__ in drawn
    parents = [parent.__name__ for parent in kind.__mro__[1:] if parent.__name__ in [*drawn, "CyaraError"]]
    assert parents, "a class must hang under one that is drawn"


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_names_everything_and_can_be_pickled(kind: type[AdmissionRefusedError]) -> None:
    error = kind(
        fingerprint="1f3a9c07" + "0" * 24,
        detail="seen twice",
        when=datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC),
        host="build-7",
        pid=4711,
        source="environment variable CYARA_API_CREDENTIAL",
    )
    text = str(error)
    for part in (
        "1f3a9c07 from environment variable CYARA_API_CREDENTIAL",
        "seen twice",
        "on 2026-01-31 at 12:00:05 UTC",
        "in process 4711 on build-7",
        "Nothing was sent",
        f"Next: {kind.usual_command}",
    ):
        assert part in text
    assert "1f3a9c070" not in text
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # made one line above
    assert type(again) is kind
    assert str(again) == text
    assert vars(again) == vars(error)


def test_a_refusal_leaves_out_what_is_not_known() -> None:
    text = str(AdmissionRefusedError(command="cyara auth doctor"))
    assert text == "The call was refused. Nothing was sent. Next: cyara auth doctor"


def test_a_format_error_can_be_pickled() -> None:
    error = CredentialFormatError("text", reason="empty", length=0, source="x")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # made one line above
    assert (again.reason, again.length, again.key_length, again.source) == ("empty", 0, None, "x")

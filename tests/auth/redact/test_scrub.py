"""Row 87: an exception that carries the secret is cleaned before it reaches the caller."""

import contextlib
import traceback
from collections.abc import Callable

import h11
import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.redact import scrub


def shown(error: BaseException) -> str:
    """Everything that a thorough crash reporter would print, without the frame of the test that catches."""
    texts = ["".join(traceback.format_exception(error)), repr(error), repr(error.args), repr(vars(error))]
    for frame, _ in list(traceback.walk_tb(error.__traceback__))[1:]:
        for value in frame.f_locals.values():
            with contextlib.suppress(AttributeError):  # an object whose constructor failed may have no repr
                texts.append(repr(value))
    return "\n".join(texts)


def caught(work: Callable[[], object]) -> BaseException:
    try:
        work()
    except BaseException as error:  # noqa: BLE001  # every kind of error is under test
        return error
    raise AssertionError("nothing was raised")


def holds(error: BaseException, credential: ApiCredential) -> bool:
    return any(half in shown(error) for half in credential.pair_text().split(":"))


def check(work: Callable[[], object], credential: ApiCredential) -> BaseException:
    error = caught(work)
    assert holds(error, credential), "the test would prove nothing"
    scrub(error, credential)
    assert not holds(error, credential)
    return error


def test_row_87_h11_quotes_the_header_it_refuses(credential: ApiCredential) -> None:
    def work() -> None:
        value = f"{credential.header_value()}\r\n".encode()
        h11.Request(method="GET", target="/", headers=[(b"Host", b"x"), (b"Authorization", value)])

    error = check(work, credential)
    assert isinstance(error, h11.LocalProtocolError)


def test_row_87_unicode_error_keeps_the_text(credential: ApiCredential) -> None:
    error = check(lambda: f"{credential.header_value()}\u00e9".encode("ascii"), credential)
    assert isinstance(error, UnicodeEncodeError)
    assert error.reason == "ordinal not in range(128)"


def test_row_87_unicode_error_of_bytes(credential: ApiCredential) -> None:
    error = check(lambda: (credential.header_value().encode() + b"\xff").decode("utf-8"), credential)
    assert isinstance(error, UnicodeDecodeError)
    assert error.object == b"ApiKey [redacted]"


def test_row_87_locals_of_frames_that_have_ended(credential: ApiCredential) -> None:
    def work() -> None:
        headers = [(b"authorization", credential.header_value().encode())]
        raise OSError(f"cannot write {len(headers)} headers")

    error = check(work, credential)
    assert "cannot write 1 headers" in str(error)
    assert error.__traceback__ is not None


def test_row_87_causes_contexts_groups_notes_and_attributes(credential: ApiCredential) -> None:
    secret = credential.header_value()

    def work() -> None:
        first = ValueError(secret)
        first.add_note(f"note {secret}")
        try:
            raise first
        except ValueError as cause:
            second = KeyError("group", secret.encode())
            second.details = [secret, 7]  # type: ignore[attr-defined]  # as libraries do
            group = ExceptionGroup("both", [first, second])
            raise group from cause

    error = check(work, credential)
    assert isinstance(error, ExceptionGroup)
    assert error.exceptions[0].__notes__ == ["note ApiKey [redacted]"]
    assert error.exceptions[1].args[0] == "group"


def test_row_87_a_circle_of_contexts_ends(credential: ApiCredential) -> None:
    one, other = ValueError(credential.pair_text()), ValueError("x")
    one.__context__, other.__context__ = other, one
    scrub(one, credential)
    assert one.args == ("[redacted]",)


def test_frames_that_still_run_keep_their_locals(credential: ApiCredential) -> None:
    kept = "value"
    with pytest.raises(ValueError, match="x") as info:
        raise ValueError("x")
    scrub(info.value, credential)
    assert kept == "value"

"""The pair can be used and compared, and that is all: no way of looking at the object shows it."""

import copy
import dataclasses
import gc
import inspect
import io
import json
import pickle
import pprint
import traceback
from datetime import UTC, datetime

import attrs
import pytest
import rich.console
import rich.pretty
import rich.traceback

from cyara_auth import credential as credential_module
from cyara_auth.credential import ApiCredential, CredentialFingerprint
from cyara_auth.errors import CredentialFormatError


@pytest.fixture
def credential(pair: tuple[str, str]) -> ApiCredential:
    return ApiCredential.parse(":".join(pair), source="environment variable X")


@attrs.frozen
class Settings:
    credential: ApiCredential


@dataclasses.dataclass
class OldSettings:
    credential: ApiCredential


def shows(text: str, pair: tuple[str, str]) -> bool:
    return any(half in text for half in pair)


def test_no_text_form_shows_the_secret(credential: ApiCredential, pair: tuple[str, str]) -> None:
    members = "\n".join(f"{name} {value!r}" for name, value in inspect.getmembers(credential) if name != "__doc__")
    console = rich.console.Console(file=io.StringIO(), width=200)
    rich.pretty.pprint(credential, console=console, expand_all=True)
    texts = [
        repr(credential),
        str(credential),
        f"{credential}",
        f"{credential:>40}",
        "%s %r" % (credential, credential),  # noqa: UP031  # this way of formatting is under test
        repr([credential]),
        repr(Settings(credential)),
        repr(attrs.asdict(Settings(credential))),
        repr(dataclasses.asdict(OldSettings(credential))),
        pprint.pformat({"credential": credential}),
        ascii(credential),
        members,
        str(dir(credential)),
    ]
    assert not any(shows(text, pair) for text in texts)
    assert repr(credential) == f"<ApiCredential {credential.fingerprint[:8]}>"
    assert f"{credential:>40}" == repr(credential).rjust(40)


def test_row_88_it_cannot_be_dumped(credential: ApiCredential) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(credential, protocol)
    with pytest.raises(TypeError, match="cannot be dumped"):
        credential.__getstate__()
    with pytest.raises(TypeError):
        json.dumps(credential)
    with pytest.raises(TypeError):
        vars(credential)
    with pytest.raises(attrs.exceptions.NotAnAttrsClassError):
        attrs.asdict(credential)  # type: ignore[arg-type]  # not an attrs class, which is the point
    with pytest.raises(TypeError):
        dataclasses.asdict(credential)  # type: ignore[call-overload]  # not a dataclass, which is the point


def test_copies_are_the_same_object(credential: ApiCredential) -> None:
    assert copy.copy(credential) is credential
    assert copy.deepcopy({"a": [credential]})["a"][0] is credential


def test_it_cannot_be_changed_or_made_by_hand(credential: ApiCredential) -> None:
    with pytest.raises(AttributeError):
        credential.source = "elsewhere"  # type: ignore[misc]  # the attempt is under test
    with pytest.raises(AttributeError):
        del credential.source
    with pytest.raises(TypeError, match=r"ApiCredential\.parse"):
        ApiCredential()


def test_slots_hold_no_text_of_it(credential: ApiCredential, pair: tuple[str, str]) -> None:
    held = [referent for referent in gc.get_referents(credential) if isinstance(referent, str)]
    assert held
    assert not any(shows(text, pair) for text in held)


def frames_of(error: BaseException, module_file: str) -> list[inspect.FrameInfo]:
    frames = inspect.getinnerframes(error.__traceback__)  # type: ignore[arg-type]  # the error was raised
    return [frame for frame in frames if frame.filename == module_file]


def test_traceback_with_locals_of_a_refused_text(pair: tuple[str, str]) -> None:
    texts = [f"{pair[0]}:{pair[1][:-1]}", f"{pair[0]}:{pair[1]}\u00a0", f"ApiKey ApiKey {pair[0]}:{pair[1]}"]
    for number in range(len(texts)):
        with pytest.raises(CredentialFormatError) as caught:
            ApiCredential.parse(texts[number])
        frames = frames_of(caught.value, credential_module.__file__)
        assert frames
        for frame in frames:
            assert not shows(repr(frame.frame.f_locals), pair)
        assert caught.value.__context__ is None


def test_traceback_with_locals_around_a_credential(credential: ApiCredential, pair: tuple[str, str]) -> None:
    def fail(given: ApiCredential) -> None:
        held = given
        raise RuntimeError(f"cannot use {held}")

    with pytest.raises(RuntimeError) as caught:
        fail(credential)
    inner = caught.value.__traceback__
    assert inner is not None
    inner = inner.tb_next  # this test's own frame holds the pair
    text = "".join(traceback.TracebackException(RuntimeError, caught.value, inner, capture_locals=True).format())
    assert "held = <ApiCredential" in text
    assert not shows(text, pair)
    console = rich.console.Console(file=io.StringIO(), width=200)
    console.print(rich.traceback.Traceback.from_exception(RuntimeError, caught.value, inner, show_locals=True))
    assert isinstance(console.file, io.StringIO)
    assert "held" in console.file.getvalue()
    assert not shows(console.file.getvalue(), pair)


def test_equality_is_that_of_the_pair_alone(pair: tuple[str, str]) -> None:
    text = ":".join(pair)
    one = ApiCredential.parse(text, source="a", expires_at=datetime.now(UTC))
    other = ApiCredential.parse(f"ApiKey {text}", source="b")
    assert one == other
    assert hash(one) == hash(other)
    assert one != ApiCredential.parse(f"{pair[0]}:{pair[1][::-1].strip('=')}=")
    assert one != text
    assert one.source == "a"
    assert other.expires_at is None


def test_fingerprints_are_fixed_for_all_machines_and_releases() -> None:
    credential = ApiCredential.parse("0123456789abcdef0123456789abcdef:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRW+/8=")
    assert credential.fingerprint == "aa95937b54bc97d94f76160a8eba0cbf"
    assert credential.key_fingerprint == "d5d66ad74f8ec59827b65aa9c7f63349"
    assert isinstance(credential.fingerprint, CredentialFingerprint)
    assert credential.fingerprint.short == credential.fingerprint[:8]


def test_key_fingerprint_is_shared_by_tokens_of_a_key(pair: tuple[str, str]) -> None:
    one, other = (ApiCredential.parse(f"{pair[0]}:{token}") for token in (pair[1], f"{'A' * 43}="))
    assert one.key_fingerprint == other.key_fingerprint
    assert one.fingerprint != other.fingerprint


def test_a_key_in_capitals_has_no_strikes_of_its_own(pair: tuple[str, str]) -> None:
    one, other = (
        ApiCredential.parse(f"{key}:{pair[1]}", allow_unusual_shape=True) for key in (pair[0], pair[0].upper())
    )
    assert one.key_fingerprint == other.key_fingerprint
    assert one.fingerprint != other.fingerprint


def test_expiry_needs_a_time_zone(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        ApiCredential.parse(":".join(pair), expires_at=datetime(2030, 1, 1))  # noqa: DTZ001  # under test

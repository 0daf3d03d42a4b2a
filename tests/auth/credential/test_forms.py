"""Rows 1 to 25 of the table of bad inputs: what is read as a credential, and what is refused at no cost.

Each text goes through `connect` too, and the portal counts: a refusal is no request at all, an accepted form is one
request with the one right header.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from cyara_auth import connect
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialFormatError, CredentialRejectedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.portal import LocalPortal

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRW+/8="
PAIR = f"{KEY}:{TOKEN}"
HEADER = f"ApiKey {PAIR}"


class Refused(Protocol):
    def __call__(
        self, text: str | bytes, reason: str, *, allow_unusual_shape: bool = False
    ) -> CredentialFormatError: ...


Accepted = Callable[[str | bytes], None]


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def refused(portal: LocalPortal) -> Refused:
    def check(text: str | bytes, reason: str, *, allow_unusual_shape: bool = False) -> CredentialFormatError:
        with pytest.raises(CredentialFormatError) as caught:
            ApiCredential.parse(text, allow_unusual_shape=allow_unusual_shape, source="test text")
        error = caught.value
        assert error.reason == reason
        assert error.length == len(text)
        assert "Nothing was sent" in str(error)
        for secret in (KEY, TOKEN, TOKEN[:20]):
            assert secret not in str(error)
            assert secret not in repr(vars(error))
        before = portal.arrivals
        environ = {
            "CYARA_API_CREDENTIAL": text if isinstance(text, str) else text.decode("latin-1"),
            "CYARA_ALLOW_UNUSUAL_SHAPE": str(allow_unusual_shape),
            "CYARA_BASE_URL": portal.base_url,
        }
        with pytest.raises(CredentialFormatError):
            connect(environ=environ, store="memory:").verify()
        assert portal.arrivals == before
        return error

    return check


@pytest.fixture
def accepted(portal: LocalPortal) -> Accepted:
    def check(text: str | bytes) -> None:
        credential = ApiCredential.parse(text)
        assert credential.header_value() == HEADER
        assert credential.pair_text() == PAIR
        before = portal.invalid_calls
        form = text if isinstance(text, str) else text.decode()
        environ = {"CYARA_API_CREDENTIAL": form.replace(PAIR, portal.credential), "CYARA_BASE_URL": portal.base_url}
        with connect(environ=environ, account_id=portal.account_id, store="memory:") as cyara:
            assert cyara.verify().status_code == 200
        assert portal.requests[-1].credential_correct
        assert portal.invalid_calls == before

    return check


@pytest.mark.parametrize("text", ["", " ", "\t\r\n ", '""', "''"])
def test_row_01_empty(text: str, refused: Refused) -> None:
    refused(text, "empty")


def test_row_02_no_colon(refused: Refused) -> None:
    refused(KEY, "no_colon")
    refused("ApiKey", "no_colon")
    refused(f"ApiKey {KEY}", "no_colon")


def test_row_03_one_half_is_empty(refused: Refused) -> None:
    assert refused(f":{TOKEN}", "empty_key").token_length == 44
    assert refused(f"{KEY}:", "empty_token").key_length == 32
    refused(":", "empty_key")


def test_row_04_header_value(accepted: Accepted) -> None:
    accepted(HEADER)
    accepted(f"ApiKey   {PAIR}")


def test_row_05_whole_header(accepted: Accepted) -> None:
    accepted(f"Authorization: {HEADER}")


def test_row_06_any_case_and_no_blank(accepted: Accepted) -> None:
    accepted(f"authorization:apikey {PAIR}")
    accepted(f"AUTHORIZATION:\tAPIKEY\t{PAIR}")


def test_row_07_scheme_twice(refused: Refused) -> None:
    refused(f"ApiKey {HEADER}", "repeated_scheme")
    refused(f"Authorization: ApiKey apikey {PAIR}", "repeated_scheme")


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Token", "digest", "Negotiate"])
def test_row_08_other_scheme_is_named(scheme: str, refused: Refused) -> None:
    error = refused(f"{scheme} {PAIR}", "other_scheme")
    assert scheme.capitalize() in str(error)
    refused(f"Authorization: {scheme} {TOKEN}", "other_scheme")


def test_row_08_header_without_scheme(refused: Refused) -> None:
    refused(f"Authorization: {PAIR}", "missing_scheme")


@pytest.mark.parametrize("text", [f"{KEY} : {TOKEN}", f"{KEY}:\t{TOKEN}", f"{KEY[:9]} {KEY[9:]}:{TOKEN}"])
def test_row_09_blanks_inside(text: str, refused: Refused) -> None:
    refused(text, "inner_space")
    refused(text, "inner_space", allow_unusual_shape=True)


def test_row_10_quotes(refused: Refused, accepted: Accepted) -> None:
    accepted(f'"{PAIR}"')
    accepted(f"'{HEADER}'")
    accepted(f' "Authorization: {HEADER}"\n')
    for text in (f'"{PAIR}', f"{PAIR}'", f"\"{PAIR}'", f'{KEY}:"{TOKEN}"', '"'):
        refused(text, "quotes")


def test_row_11_line_end_of_a_file(accepted: Accepted) -> None:
    accepted(f"{PAIR}\n")
    accepted(f"{PAIR}\r\n")
    accepted(f"{PAIR}\n".encode())


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r"])
def test_row_12_line_break_inside(bad: str, refused: Refused) -> None:
    refused(f"{KEY}:{TOKEN[:9]}{bad}{TOKEN[9:]}", "several_lines")


@pytest.mark.parametrize("bad", ["\x00", "\x7f", "\x1b", "\x0b"])
def test_row_12_control_character_inside(bad: str, refused: Refused) -> None:
    error = refused(f"{KEY}:{TOKEN[:9]}{bad}{TOKEN[9:]}", "forbidden_character", allow_unusual_shape=True)
    assert f"U+{ord(bad):04X} at position 43" in str(error)


@pytest.mark.parametrize("bad", ["\ufeff", "\u00a0", "\u200b", "\u201c", "\u0430", "\U0001f511"])
def test_row_13_foreign_character(bad: str, refused: Refused) -> None:
    error = refused(f" {bad}{PAIR}", "forbidden_character")
    assert f"U+{ord(bad):04X} at position 2" in str(error)
    refused(f"{KEY}:{TOKEN[:5]}{bad}{TOKEN[5:]}", "forbidden_character", allow_unusual_shape=True)


def test_row_14_high_bytes(refused: Refused) -> None:
    error = refused(f"{KEY}:".encode() + b"\xe9" + TOKEN.encode(), "forbidden_character", allow_unusual_shape=True)
    assert "U+00E9 at position 34" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "key:token",
        "<key>:<token>",
        "ApiKey <key>:<token>",
        "YOUR_KEY:YOUR_TOKEN",
        "your-api-key:your-api-token",
        "ApiKey key:token",
        "xxxx:xxxx",
        "changeme",
        "my_key:my_token",
        f"{KEY}:<your token here>",
        f"YOUR_KEY:{TOKEN}",
    ],
)
def test_row_15_placeholder(text: str, refused: Refused) -> None:
    refused(text, "placeholder")


def test_row_15_a_genuine_token_may_look_like_a_word() -> None:
    token = "My" + TOKEN[2:]
    assert ApiCredential.parse(f"{KEY}:{token}").pair_text() == f"{KEY}:{token}"


@pytest.mark.parametrize(
    "text",
    [
        "${API_KEY}",
        "$KEY:$TOKEN",
        "{{ secrets.X }}",
        "${{ secrets.X }}",
        "%KEY%",
        "%KEY%:%TOKEN%",
        "$(cyaraKey)",
        "#{X}#",
    ],
)
def test_row_16_variable_not_expanded(text: str, refused: Refused) -> None:
    refused(text, "unexpanded")
    refused(f"ApiKey {text}", "unexpanded")


@pytest.mark.parametrize("text", ["***", "****:****", f"{KEY}:***", "[REDACTED]", f"{KEY}:[masked]"])
def test_row_17_masked(text: str, refused: Refused) -> None:
    refused(text, "masked")


@pytest.mark.parametrize("text", ["None:None", "null", "undefined", "ApiKey None:None", f"{KEY}:null", "True"])
def test_row_18_name_of_nothing(text: str, refused: Refused) -> None:
    refused(text, "nothing")


def test_row_19_same_halves(refused: Refused) -> None:
    error = refused(f"{KEY}:{KEY}", "same_halves", allow_unusual_shape=True)
    assert (error.key_length, error.token_length) == (32, 32)


@pytest.mark.parametrize("text", [f"{PAIR}:", f"{KEY}::{TOKEN}", f"https://{PAIR}@portal", f"{KEY}:{PAIR}"])
def test_row_20_more_than_one_colon(text: str, refused: Refused) -> None:
    refused(text, "several_colons", allow_unusual_shape=True)


@pytest.mark.parametrize("size", [513, 70_000])
def test_row_21_too_long(size: int, refused: Refused) -> None:
    text = f"{KEY}:{'A' * (size - 33)}"
    refused(text, "too_long", allow_unusual_shape=True)


def test_row_21_longest_that_is_read() -> None:
    text = f"{KEY}:{'A' * (512 - 33)}"
    assert ApiCredential.parse(text, allow_unusual_shape=True).pair_text() == text


@pytest.mark.parametrize(
    "text",
    [
        f"curl -H 'Authorization: {HEADER}' https://portal/",
        f"/usr/bin/curl.exe https://portal \\\n  -H 'Authorization: {HEADER}'",
        f"-H 'Authorization: {HEADER}'",
        f'--header "Authorization: {HEADER}"',
    ],
)
def test_row_22_command_line(text: str, refused: Refused) -> None:
    assert "-H" in str(refused(text, "command"))


def test_row_23_two_pairs(refused: Refused) -> None:
    refused(f"{PAIR}\n{KEY}:{TOKEN}\n", "several_lines")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{TOKEN}:{KEY}", "swapped"),
        (f"{KEY}:{TOKEN[:-1]}", "truncated_token"),
        (f"{KEY}:{TOKEN[:-1]}%3D", "url_encoded"),
        (f"{KEY}:{TOKEN.replace('+', '%2B')}", "url_encoded"),
        (f"{KEY.upper()}:{TOKEN}", "unusual_shape"),
        (f"{KEY}:{TOKEN[4:]}", "unusual_shape"),
        (f"{KEY[:-1]}:{TOKEN}", "unusual_shape"),
    ],
)
def test_row_24_unusual_shape_names_its_override(text: str, reason: str, refused: Refused) -> None:
    error = refused(text, reason)
    assert "allow_unusual_shape" in str(error)
    assert error.key_length == text.index(":")
    assert ApiCredential.parse(text, allow_unusual_shape=True).pair_text() == text


def test_row_24_with_the_override_it_costs_one_call(portal: LocalPortal) -> None:
    wrong = ApiCredential.parse(portal.credential[:-1], allow_unusual_shape=True)
    with connect(portal.base_url, wrong, account_id=portal.account_id, store=MemoryStrikeStore()) as cyara:
        before = portal.invalid_calls
        assert cyara.verify().status_code == 401
        for _ in range(5):
            with pytest.raises(CredentialRejectedError):
                cyara.verify()
    assert portal.invalid_calls == before + 1


def test_row_24_plus_that_became_a_blank(refused: Refused) -> None:
    assert "a + may have become a blank" in str(refused(f"{KEY}:{TOKEN.replace('+', ' ')}", "inner_space"))


@pytest.mark.parametrize("token", ["short", "A1" * 7])
def test_row_24_short_tokens_are_refused_without_override(token: str, refused: Refused) -> None:
    refused(f"{KEY}:{token}", "short_token", allow_unusual_shape=True)


def test_row_25_both_forms_are_the_same_value(accepted: Accepted) -> None:
    forms = [PAIR, HEADER, f"Authorization: {HEADER}"]
    assert len({ApiCredential.parse(form) for form in forms}) == 1
    for form in forms:
        accepted(form)


@pytest.mark.parametrize("value", [None, 7, ["k", "t"], secrets])
def test_only_text_is_read(value: object) -> None:
    with pytest.raises(TypeError, match="given as text"):
        ApiCredential.parse(value)  # type: ignore[arg-type]  # what an untyped caller does

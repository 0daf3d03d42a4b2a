"""Whatever text comes in: a pair that can be sent as it is, or a refusal that shows nothing of it."""

import base64
import re

from hypothesis import example, given
from hypothesis import strategies as st

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialFormatError

KEYS = st.text("0123456789abcdef", min_size=32, max_size=32)
TOKENS = st.binary(min_size=32, max_size=32).map(lambda data: base64.b64encode(data).decode())
BLANKS = st.text(" \t\r\n", max_size=3)
SENDABLE = re.compile(r"ApiKey [!-9;-~]+:[!-9;-~]+")


@given(KEYS, TOKENS, BLANKS, BLANKS, st.sampled_from(["", "ApiKey ", "apikey\t", "Authorization: ApiKey "]))
def test_every_form_of_every_pair_is_read(key: str, token: str, before: str, after: str, prefix: str) -> None:
    credential = ApiCredential.parse(f"{before}{prefix}{key}:{token}{after}")
    assert credential.header_value() == f"ApiKey {key}:{token}"
    assert credential == ApiCredential.parse(credential.header_value())


@given(st.text(max_size=600) | st.text("aK:9=+/ \t\"'${}%*<>\n", max_size=90), st.booleans())
@example("ApiKey a:" + "b" * 16, True)  # noqa: FBT003  # hypothesis takes examples by position
def test_any_text_is_sendable_or_refused_without_being_shown(text: str, unusual: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    credential = None
    message = ""
    try:
        credential = ApiCredential.parse(text, allow_unusual_shape=unusual)
    except CredentialFormatError as error:
        message = str(error)
    if credential is None:
        words = [word for word in re.split(r"\s+", text) if len(word) > 12]
        assert not any(word in message for word in words)
    else:
        assert SENDABLE.fullmatch(credential.header_value())
        assert len(credential.header_value()) <= 512 + len("ApiKey ")


@given(KEYS, TOKENS, st.integers(0, 76), st.characters(codec=None, exclude_characters="\t "))
def test_one_wrong_character_never_makes_another_sendable_pair_of_the_usual_shape(
    key: str, token: str, position: int, wrong: str
) -> None:
    pair = f"{key}:{token}"
    changed = pair[:position] + wrong + pair[position + 1 :]
    try:
        credential = ApiCredential.parse(changed)
    except CredentialFormatError:
        return
    # Another hex digit or base64 character cannot be told from the right one; everything else is refused.
    assert credential.pair_text() == changed
    assert re.fullmatch(r"[0-9a-f]{32}:[A-Za-z0-9+/]{43}=", changed)

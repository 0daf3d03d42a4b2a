"""Whatever bytes a source holds: a credential, or an error of ours that shows nothing of them."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from cyara_auth.errors import CredentialError
from cyara_auth.providers.stored import read_stored

PAIR = "0123456789abcdef0123456789abcdef:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRW+/8="
VALUES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.just(PAIR) | st.just("2030-01-31T00:00:00Z")
)
FIELDS = st.dictionaries(
    st.sampled_from(["credential", "key", "token", "base_url", "expires_at", "allow_unusual_shape"]), VALUES
)


@given(st.binary(max_size=5000) | FIELDS.map(lambda fields: json.dumps(fields).encode()))
def test_any_bytes(data: bytes) -> None:
    message = ""
    try:
        stored = read_stored(data, source="test")
    except CredentialError as error:
        message = str(error)
    else:
        assert stored is not None
        assert re.fullmatch(r"[!-9;-~]+:[!-9;-~]+", stored.credential.pair_text())
    words = [word for word in re.split(r"[^!-~]+|[\"{}:,]", data.decode("latin-1")) if len(word) > 20]
    assert not any(word in message for word in words)

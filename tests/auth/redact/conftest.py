import base64
import secrets

import pytest

from cyara_auth.credential import ApiCredential


@pytest.fixture
def credential() -> ApiCredential:
    return ApiCredential.parse(f"{secrets.token_hex(16)}:{base64.b64encode(secrets.token_bytes(32)).decode()}")

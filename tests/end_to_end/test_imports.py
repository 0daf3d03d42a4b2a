"""What `from cyara_auth import connect` loads: not what only some callers need, as long as they do not ask for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

LATE = ("asyncio", "importlib.metadata", "obstore", "platformdirs", "redis", "sqlite3", "subprocess")
# The browser's driver of other tests brings trio, which httpcore then loads; whoever uses this client has none.
PROGRAM = """
import sys
sys.modules["trio"] = None
import attrs, httpx
before = set(sys.modules)
from cyara_auth import connect
loaded = [set(sys.modules) - before]
with connect() as cyara:
    cyara.raw("GET", "/v3.0/accounts/1/campaigns").raise_for_status()
loaded.append(set(sys.modules) - before)
for modules in loaded:
    print(*(name for name in sys.argv[1:] if name in modules))
"""


@pytest.mark.parametrize(
    ("store", "called"),
    [
        # The version in the User-Agent header comes from the metadata, which importlib reads by modules of its own.
        ("memory:", ["importlib.metadata", "platformdirs"]),
        ("", ["importlib.metadata", "platformdirs", "sqlite3"]),
    ],
)
def test_what_only_some_need_is_loaded_when_they_do(store: str, called: list[str], tmp_path: Path) -> None:
    with LocalPortal() as portal:
        environ = {
            **os.environ,
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": "1",
            "CYARA_API_CREDENTIAL": portal.credential,
            "CYARA_STRIKE_STORE": store,
            "XDG_STATE_HOME": str(tmp_path),
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *LATE], env=environ, capture_output=True, text=True, check=False, timeout=50
        )
    assert done.returncode == 0, done.stderr
    imported, after_a_call = done.stdout.split("\n")[:2]
    assert imported.split() == []
    assert after_a_call.split() == called

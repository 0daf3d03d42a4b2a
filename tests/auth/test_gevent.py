"""Row 77: a program that gevent has patched. Greenlets take the place of threads, and one of them verifies the pair."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

PATCHED = """
from gevent import monkey
monkey.patch_all()
import collections, json, sys
import gevent
from cyara_auth import connect
from cyara_auth.errors import AdmissionRefusedError

base_url, store = sys.argv[1:]
client = connect(base_url, sys.stdin.read(), account_id=1, store=store)
seen = collections.Counter()

def work():
    try:
        seen[str(client.verify().status_code)] += 1
    except AdmissionRefusedError as error:
        seen[type(error).__name__] += 1

gevent.joinall([gevent.spawn(work) for _ in range(50)], timeout=40, raise_error=True)
print(json.dumps(seen))
"""


def run(portal: LocalPortal, credential: str, store: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", PATCHED, portal.base_url, store],
        input=credential,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert isinstance(seen, dict)
    return seen


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is not installed")
@pytest.mark.parametrize("kind", ["memory:", "sqlite://"])
def test_row_77_fifty_greenlets_with_a_stale_pair(tmp_path: Path, kind: str) -> None:
    store = kind if kind == "memory:" else f"{kind}{tmp_path}/state/strikes.sqlite3"
    with LocalPortal() as portal:
        stale = portal.credential
        good = portal.regenerate_token()
        assert run(portal, stale, store) == {"401": 1, "CredentialRejectedError": 49}
        assert portal.invalid_calls == 1
        assert run(portal, good, store) == {"200": 50}
        assert portal.invalid_calls == 1

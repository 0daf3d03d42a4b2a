"""Run by `test_conformance.py`: use a store, fork, use it in the child and again in the parent, and say how each went.

Arguments: the store's URL; whose object the child uses; whether the parent has used it before.
"""

import gc
import json
import os
import signal
import sys

from events import admit, settle  # a script has its folder first on the path

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.stores.base import StrikeStore
from cyara_auth.stores.registry import open_store, reset_stores
from cyara_auth.strikes.state import Outcome

PARENTS, CHILDS = "b" * 32, "c" * 32


def use(store: StrikeStore, key_id: str) -> str:
    try:
        settle(store, admit(store, key_id=key_id), Outcome.STRIKE, key_id=key_id)
    except StrikeStoreUnavailableError as error:
        return str(error)
    return "worked"


def ended(child: int) -> int:
    """Return how a child ended, and do not wait for ever."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(20)
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    return os.waitstatus_to_exitcode(status)


def main(url: str, whose: str = "the parent's store", before: str = "used") -> int:
    store = open_store(url, environ={})
    if before == "used":
        assert use(store, "a" * 32) == "worked"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        if whose == "its own store":
            reset_stores()
            store = open_store(url, environ={})
        os.write(writer, use(store, CHILDS).encode())
        # To the very end, where an interpreter drops what it still holds.
        del store
        reset_stores()
        gc.collect()
        return 0
    assert ended(child) == 0
    said = {
        "child": os.read(reader, 1000).decode(),
        "parent": use(store, PARENTS),
        "strikes of the child": str(store.read(CHILDS).strikes),
    }
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

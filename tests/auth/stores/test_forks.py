"""Forks: one handler for everything that a process ever made, and nobody is told of a fork after its end."""

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable

import pytest

from cyara_auth._platform.fork import ForkAware, ModuleLock, watch_forks
from cyara_auth.errors import PrivateStoreWarning
from cyara_auth.stores.memory import MemoryStrikeStore

from .events import KEY_ID, admit, verify

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

THOUSAND_CLIENTS = """
import gc, os, ssl
registered = []
real = os.register_at_fork
os.register_at_fork = lambda **hooks: (registered.append(hooks), real(**hooks))
from cyara_auth import connect
from cyara_auth._platform import fork
pair = "0123456789abcdef0123456789abcdef:Zm9ydHktdHdvLWJ5dGVzLW9mLXRva2VuLWRhdGEtMDA="
tls = ssl.create_default_context()
def once():
    with connect("http://127.0.0.1:9/cyarawebapi", pair, account_id=1, store="memory:", verify=tls) as client:
        client.get_httpx_client()
def watched():
    gc.collect()
    return len(registered), len(fork._alive())
once()
before = watched()
for _ in range(1000):
    once()
print(before == watched(), before, watched())
"""


def test_a_thousand_clients_leave_no_fork_handler_behind() -> None:
    answer = subprocess.run([sys.executable, "-c", THOUSAND_CLIENTS], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("True"), answer.stdout


class Told(ForkAware):
    """Writes down what it is told."""

    def __init__(self, name: str, heard: list[str]) -> None:
        self.name, self.heard = name, heard
        watch_forks(self)

    def before_fork(self) -> None:
        self.heard.append(f"before {self.name}")

    def after_fork_in_parent(self) -> None:
        self.heard.append(f"parent {self.name}")

    def after_fork_in_child(self) -> None:
        self.heard.append(f"child {self.name}")


def test_everybody_alive_is_told_in_pythons_own_order(in_child: Callable[..., None]) -> None:
    heard: list[str] = []
    first, gone, last = Told("first", heard), Told("gone", heard), Told("last", heard)
    reference = weakref.ref(gone)
    del gone
    assert reference() is None

    def child() -> None:
        assert heard == ["before last", "before first", "child first", "child last"]

    in_child(child)
    assert heard == ["before last", "before first", "parent first", "parent last"]
    assert (first.name, last.name) == ("first", "last")


def test_whoever_comes_while_the_process_forks_is_not_told_to_go_on(in_child: Callable[..., None]) -> None:
    heard: list[str] = []
    made: list[Told] = []

    class Maker(Told):
        def before_fork(self) -> None:
            thread = threading.Thread(target=lambda: made.append(Told("late", heard)))
            thread.start()
            thread.join(10)

    maker = Maker("maker", heard)
    in_child(lambda: None)
    assert heard == ["parent maker"]
    assert (maker.name, made[0].name) == ("maker", "late")


def test_one_that_raises_keeps_nobody_else_stopped(in_child: Callable[..., None]) -> None:
    heard: list[str] = []

    class Interrupted(Told):
        def after_fork_in_parent(self) -> None:
            if armed:  # the traceback keeps it alive, and later tests fork, too
                raise KeyboardInterrupt

        after_fork_in_child = after_fork_in_parent

    armed = [True]
    everybody = Interrupted("first", heard), Told("last", heard)

    def child() -> None:
        assert heard == ["before last", "before first", "child last"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda _: None)  # Python prints what a handler raises, and goes on
        in_child(child)
    armed.clear()
    assert heard == ["before last", "before first", "parent last"]
    assert len(everybody) == 2


def test_a_child_with_a_copy_of_a_store_in_memory_says_so_once(in_child: Callable[..., None]) -> None:
    store = MemoryStrikeStore()
    verify(store)

    def child() -> None:
        assert store.read(KEY_ID).pairs  # reading spends nothing
        with pytest.warns(PrivateStoreWarning, match=r"each may spend the whole budget.*CYARA_STRIKE_STORE=sqlite"):
            admit(store)
        admit(store)  # and no second warning: pytest would make it an error

    in_child(child)
    admit(store)  # nor one in the parent


def test_a_child_takes_a_modules_lock_though_the_parent_holds_it(in_child: Callable[..., None]) -> None:
    lock = ModuleLock()

    def child() -> None:
        threading.Timer(20.0, os._exit, [3]).start()
        with lock:
            pass

    with lock:
        in_child(child)

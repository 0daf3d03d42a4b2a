"""A fork while another thread waits for the source of the credential, which may take ten seconds."""

import os
import threading
from collections.abc import Callable

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.providers import CredentialSource

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # which is what this is about
def test_row_76_a_child_reads_the_source_though_another_thread_was_reading_it(fresh: Callable[[], str]) -> None:
    credential = ApiCredential.parse(fresh())
    reading, go_on = threading.Event(), threading.Event()

    class Vault:
        """A source with a version, which answers when it is told to."""

        def __call__(self) -> ApiCredential | None:
            reading.set()
            assert go_on.wait(20)
            return credential

        def version(self) -> object:
            return os.getpid(), reading.is_set()

        def describe(self) -> str:
            return "vault"

    source = CredentialSource(Vault(), credential)
    reader = threading.Thread(target=source.refresh)
    reader.start()
    try:
        assert reading.wait(20)
        child = os.fork()
        if child == 0:
            threading.Timer(20.0, os._exit, [3]).start()
            go_on.set()
            os._exit(0 if source.refresh() == credential else 1)
        _, status = os.waitpid(child, 0)
    finally:
        go_on.set()
        reader.join(20)
    assert os.waitstatus_to_exitcode(status) == 0, "the child is stuck"

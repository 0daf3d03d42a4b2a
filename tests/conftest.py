"""No test reads or writes what belongs to the person who runs it: neither their credentials nor their strikes."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# What is green here is green everywhere: a merge must not hang on which documents and schedules chance draws. With
# CYARA_TESTS_SEARCH=1 they are drawn anew each time, to find what nobody has thought of.
#
# How long a draw or an example takes says how busy the machine is, and nothing about the code: on two shared cores,
# drawing five kilobytes was too slow once. pytest's own timeout ends what never comes back.
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("searching"), derandomize=True, print_blob=True)
settings.load_profile("searching" if os.environ.get("CYARA_TESTS_SEARCH") else "repeatable")

# A runner in the background ignores Ctrl-C, and its children inherit that; tests of Ctrl-C want it to arrive.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def nobodys_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point every per-user folder that we use to an empty one, and forget the caller's CYARA_ settings."""
    kept = dict(os.environ)
    folder = str(tmp_path_factory.mktemp("nobody"))
    for name in [name for name in os.environ if name.startswith("CYARA_") and not name.startswith("CYARA_TESTS_")]:
        del os.environ[name]
    os.environ.update(dict.fromkeys(("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), folder))
    yield
    os.environ.clear()
    os.environ.update(kept)

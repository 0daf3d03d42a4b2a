"""Half of fifty runs that are ended at random moments: reports are whole or absent, and the verdict is the same."""

import os
import sys
from pathlib import Path

import pytest

from .program import Program
from .random_ends import end_at_random

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor kill -9")

SEED = int.from_bytes(os.urandom(4)) if os.environ.get("CYARA_TESTS_SEARCH") else 2


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_a_run_that_fails_comes_to_the_same_verdict_however_it_is_ended(program: Program, tmp_path: Path):
    seen = end_at_random(program, tmp_path, failing=True, times=25, seed=SEED)
    # Moments are spread over the whole of it, or the above has shown little.
    assert seen.count("taken up") >= 8, seen

"""Failpoints: inert without the variable, deadly with it, and never misspelt in silence."""

import signal
import subprocess
import sys

import pytest

from cyara_auth.failpoints import FAILPOINTS, VARIABLE, armed, hit, is_armed


def test_without_the_variable_nothing_is_armed() -> None:
    assert armed({}) is None
    for point in FAILPOINTS:
        assert not is_armed(point)
        hit(point)


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="after_reserve"):
        armed({VARIABLE: "after_reserved"})


@pytest.mark.parametrize("point", FAILPOINTS)
def test_an_armed_point_ends_the_process_without_clean_up(point: str) -> None:
    text = (
        "import atexit, sys; from cyara_auth.failpoints import FAILPOINTS, hit; atexit.register(print, 'cleaned');\n"
        "[hit(point) for point in FAILPOINTS if point != sys.argv[1]]; print('alive', flush=True);"
        "hit(sys.argv[1]); print('survived', flush=True)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", text, point], env={VARIABLE: point}, capture_output=True, text=True, check=False
    )
    assert answer.stdout == "alive\n"
    assert answer.returncode == -getattr(signal, "SIGKILL", -signal.SIGTERM)

"""Ctrl-C at the one moment in which Python swallows it: while an object is finalised."""

import subprocess
import sys

PROGRAM = """
import signal, sys, time
from cyara_tools.cli.interrupts import keep_interrupts
if sys.argv[1] == "kept":
    keep_interrupts()
class Finalised:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
try:
    Finalised()
    time.sleep(1)
except KeyboardInterrupt:
    sys.exit(130)
"""


def ended(how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, how],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def test_a_ctrl_c_that_python_would_swallow_arrives_all_the_same():
    # Or there is nothing to do any more, and the hook can go.
    assert ended("lost").returncode == 0
    done = ended("kept")
    assert done.returncode == 130
    assert done.stderr == ""

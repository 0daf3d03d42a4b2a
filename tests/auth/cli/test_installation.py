"""Without the extra `cli` the program says in one sentence how to install it."""

import subprocess
import sys

import pytest

WITHOUT = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {name!r} else real(name, *rest)
sys.argv = ["cyara", "auth", "status"]
from cyara_auth.cli import main
main()
"""


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_one_clear_sentence(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(name=name)], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 7
    assert done.stdout == ""
    assert done.stderr == "The command line needs an extra. Run: pip install 'cyara-client[cli]'\n"

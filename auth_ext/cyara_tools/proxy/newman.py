"""What newman is given by `cyara exec`: the proxy's address, in a file, since newman reads no environment variables.

Not as an argument: those are in the list of processes, which other users of the machine can read.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from cyara_auth.client.account import ACCOUNT_ID
from cyara_auth.client.binding import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

_GLOBALS: Final = ("-g", "--globals")
_NAMES: Final = {"cyaraProxyUrl": BASE_URL, "cyaraAccountId": ACCOUNT_ID}
"""What the collection of `cyara export postman` looks for, by the variables of `cyara exec` that it is read from."""


@contextmanager
def with_globals(command: Sequence[str], environ: Mapping[str, str]) -> Generator[list[str]]:
    """Yield a command, with the option `--globals` if it is a run of newman that has none.

    Args:
        command: A program and its arguments; `npx newman run ...` is a run of newman, too.
        environ: The environment that the program gets.
    """
    if not _is_run(command) or any(each.partition("=")[0] in _GLOBALS for each in command):
        yield list(command)
        return
    values = [{"key": key, "value": environ[name], "enabled": True} for key, name in _NAMES.items() if name in environ]
    text = json.dumps({"name": "cyara exec", "values": values, "_postman_variable_scope": "globals"})
    # The folder is its owner's alone, and goes with the run.
    with tempfile.TemporaryDirectory(prefix="cyara-") as folder:
        file = Path(folder, "globals.json")
        file.write_text(text, encoding="utf-8")
        yield [*command, "--globals", str(file)]


def _is_run(command: Sequence[str]) -> bool:
    names = [PurePath(each.replace("\\", "/")).name.lower().removesuffix(".cmd") for each in command[:4]]
    return any(pair == ("newman", "run") for pair in pairwise(names))

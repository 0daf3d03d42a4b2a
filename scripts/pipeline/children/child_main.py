"""Start of every child process: import one module, wait until the arguments are there, run it, write its answer."""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path

PARENT_GONE = 3


def read_parent() -> bytes:
    """Return the next byte from the parent, or nothing when it is gone."""
    # Not through the buffer of `sys.stdin`: the watching thread would still hold its lock at exit.
    return os.read(sys.stdin.fileno(), 1)


def watch_parent() -> None:
    """End this process as soon as the parent, which holds the other end of stdin, is gone."""
    # The parent may be killed at any time, and nobody else would stop its children.
    read_parent()
    # `sys.exit` would end this thread only.
    os._exit(PARENT_GONE)


def main() -> None:
    """Run ``module.run(arguments)`` as the three arguments say: module, request file, answer file."""
    module, request, answer = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    # Imported before the arguments are there: the parent prepares the document meanwhile.
    imported = importlib.import_module(module)
    if not read_parent():
        return
    threading.Thread(target=watch_parent, daemon=True).start()
    result = imported.run(json.loads(Path(request).read_bytes()))
    Path(answer).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()

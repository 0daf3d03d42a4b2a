"""Start of every child process: watch the parent, run one module, write its answer."""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path

PARENT_GONE = 3


def watch_parent() -> None:
    """End this process as soon as the parent, which holds the other end of stdin, is gone."""
    os.read(sys.stdin.fileno(), 1)  # not through the buffer, whose lock would be held at exit
    os._exit(PARENT_GONE)


def main() -> None:
    """Run ``module.run(arguments)`` as the three arguments say: module, request file, answer file."""
    module, request, answer = sys.argv[1:]
    threading.Thread(target=watch_parent, daemon=True).start()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    result = importlib.import_module(module).run(json.loads(Path(request).read_bytes()))
    Path(answer).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()

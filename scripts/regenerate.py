#!/usr/bin/env python3
"""Rebuild the client from an OpenAPI document: `build`, `check`, `fetch`, `diff`, `release`. See `--help`."""

import os
import subprocess
import sys
from pathlib import Path

INTERRUPTED = 130
ENVIRONMENT = Path(__file__).resolve().parent.parent / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
HANDED_OVER = "CYARA_REGENERATE_HANDED_OVER"
"""Set for the Python that this one hands over to, so that two without tools do not go on for ever."""


def run() -> int:
    """Run the command line; Ctrl-C while it is imported, and tools that this Python lacks, are met here."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    # The pipeline has an httpx client of its own, since there may be no generated package yet.
    os.environ["CYARA_HTTP_LIBRARY"] = "httpx"
    try:
        # Here and not at the top: importing takes long enough for Ctrl-C, and for a tool to be missing.
        from pipeline.cli import main

        return main()
    except KeyboardInterrupt:
        # Nothing has begun, so there is nothing to say.
        return INTERRUPTED
    except ModuleNotFoundError as error:
        # A file of ours is gone: no other Python has it either.
        if str(error.name).startswith("pipeline"):
            raise
        if PYTHON.exists() and HANDED_OVER not in os.environ:
            return hand_over()
        sys.stderr.write(
            f"This Python lacks {error.name}, one of the project's tools. Nothing was changed. "
            "Run `python3 scripts/dev.py regenerate ...`, which installs them into .venv first.\n"
        )
        return 1


def hand_over() -> int:
    """Run the same command by the project's own Python, which has the tools since `dev.py` set it up."""
    command = [str(PYTHON), str(Path(__file__).resolve()), *sys.argv[1:]]
    try:
        return subprocess.run(command, env={**os.environ, HANDED_OVER: "1"}, check=False).returncode  # noqa: S603 - our own
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())

#!/usr/bin/env python3
"""Rebuild the client from an OpenAPI document: `build`, `check`, `fetch`, `diff`, `release`. See `--help`."""

import sys
from pathlib import Path

INTERRUPTED = 130


def run() -> int:
    """Run the command line; Ctrl-C while it is imported, and tools that this Python lacks, are met here."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    try:
        from pipeline.cli import main  # noqa: PLC0415 - here, because importing takes as long as a person needs for Ctrl-C

        return main()
    except KeyboardInterrupt:
        return INTERRUPTED  # nothing has begun, so there is nothing to say
    except ModuleNotFoundError as error:
        if str(error.name).startswith("pipeline"):
            raise
        sys.stderr.write(
            f"This Python lacks {error.name}, one of the project's tools. Nothing was changed. "
            "Run `python3 scripts/dev.py regenerate ...`, which installs them into .venv first.\n"
        )
        return 1


if __name__ == "__main__":
    sys.exit(run())

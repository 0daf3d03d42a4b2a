#!/usr/bin/env python3
"""Rebuild the client from an OpenAPI document: `build`, `check`, `fetch`, `diff`, `release`. See `--help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())

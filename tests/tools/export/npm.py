"""Tools from npm that judge or run what is exported: nothing of them is ours."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
"""Nothing but this machine is called by a test."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        told = pytest.fail if os.environ.get("CYARA_TESTS_REQUIRE_NPM") else pytest.skip
        told(f"{name} is not installed (npm), and only what others wrote can judge what is made for it")
    return str(found)


def run(name: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end."""
    done = subprocess.run(
        [tool(name), *arguments],
        env={**os.environ, **_QUIET},
        capture_output=True,
        encoding="utf-8",
        timeout=55,
        check=False,
        **options,
    )
    done.stdout, done.stderr = _COLOURS.sub("", done.stdout), _COLOURS.sub("", done.stderr)
    return done


def node(script: str, *arguments: str) -> Any:
    """Run JavaScript that may require packages beside newman, and return the JSON that it prints."""
    # .../node_modules/.bin/newman
    modules = Path(tool("newman")).parent.parent
    done = subprocess.run(
        [tool("node"), "-e", script, "--", *arguments],
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        encoding="utf-8",
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""Naming what verifies a package must not import a package of that name that is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize("module", ["cyara_tools.portal.json_types", "pipeline.verify", "pipeline.verify.child"])
def test_the_package_under_test_is_not_imported_beforehand(module: str) -> None:
    code = f"import sys, {module}; sys.exit('cyara_client' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, env={"PYTHONPATH": str(SCRIPTS)}
    )
    # `cyara_auth` itself resolves its names on first use.
    assert done.returncode == 0, done.stderr.decode()

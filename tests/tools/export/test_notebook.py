"""The notebook in `examples/`, executed from its first cell to its last against the local portal."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from cyara_tools.portal import LocalPortal

NOTEBOOK = Path(__file__).resolve().parents[3] / "examples" / "results.ipynb"
# In a process of its own: a kernel, its sockets and event loop leave behind what is no warning of ours.
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=40, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.mark.slow
def test_it_goes_from_results_to_a_plot(portal: LocalPortal, tmp_path: Path):
    environ = {
        **os.environ,
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_STRIKE_STORE": "memory:",
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
    }
    done = tmp_path / "done.ipynb"
    command = [sys.executable, "-c", EXECUTE, str(NOTEBOOK), str(done)]
    run = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=55, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    outputs = [output for cell in nbformat.read(done, as_version=4).cells for output in cell.get("outputs", [])]
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1
    assert base64.b64decode(pictures[0]).startswith(b"\x89PNG")
    assert any("duration_s" in output.get("data", {}).get("text/html", "") for output in outputs)
    # Twenty runs and their results, and no more.
    assert sum(request.path.endswith("/results") for request in portal.requests) == 20
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert not any(secret in done.read_text("utf-8") for secret in portal.credential.split(":"))


def test_it_is_committed_without_what_a_run_leaves():
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)

"""Every command of several documents: its help, a call at a local portal that serves the document, and each form.

The bundled document, and real ones of other servers where they lie beside the repository.
"""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipeline.build import build
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport

from cyara_tools.portal import LocalPortal

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "specs"
DOCUMENTS = ("eshop_catalog_v31", "lectureviewer", "hrm_v31")


def every_run(portal: LocalPortal, home: Path, source: Path | None) -> list[dict[str, Any]]:
    """Return what `every_command.py` tells, with the client of a document; with the bundled one where that is None."""
    file = home / "upload.xml"
    file.write_text("<?xml version='1.0'?><TestSpecification/>", encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CYARA_", "PYTHON"))}
    environ |= {} if source is None else {"PYTHONPATH": str(source)}
    environ |= {
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": "1",
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_STRIKE_STORE": (home / "strikes" / "strikes.sqlite3").as_uri().replace("file:", "sqlite:", 1),
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("every_command.py")), str(file)],
        capture_output=True,
        env=environ,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def check(run: dict[str, Any]) -> None:
    """Read one output back by somebody else's reader."""
    text, form = run["out"], run["form"]
    is_file = run["answer"] in {"bytes", "str"} or "File" in run["answer"]
    if form == "help":
        assert run["operation"] in text
        assert "Examples:" in text
    elif is_file or not text:
        assert text or run["answer"] not in {"bytes", "str"}
    elif form == "json" or (form is None and text.startswith(("{", "["))):
        json.loads(text)
    elif form == "jsonl":
        assert all(json.loads(line) is not ... for line in text.splitlines())
    elif form == "yaml":
        yaml.safe_load(text)
    elif form == "csv":
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len({len(row) for row in rows}) <= 1
    else:
        assert "\x1b" not in text
    if run["paged"] and form == "json":
        assert len(json.loads(text)) <= 1


def check_all(runs: list[dict[str, Any]], portal: LocalPortal) -> None:
    odd = [(run["words"], run["code"], run["err"]) for run in runs if run["code"] != 0 or "Traceback" in run["err"]]
    assert odd == []
    for run in runs:
        check(run)
    calls = [run for run in runs if run["form"] != "help"]
    assert len(portal.requests) >= len(calls) > 0
    assert all(request.reasons == () and request.operation for request in portal.requests)
    assert portal.invalid_calls == 0


def test_every_command_of_the_bundled_document_in_every_form(tmp_path: Path) -> None:
    with LocalPortal(stateful=False) as portal:
        check_all(every_run(portal, tmp_path, None), portal)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_of_a_real_document_in_every_form(name: str, tmp_path: Path) -> None:
    document = FOLDER / f"{name}.json"
    if not document.exists():
        pytest.skip(f"there is no {name}.json in ../shared/specs")
    target = Layout(root=tmp_path / "client")
    target.root.mkdir()
    request = BuildRequest(repository=Layout(root=ROOT), target=target, source=document, verify=False)
    build(request, StageProgress(display=Silent()), BuildReport())
    with LocalPortal(document, stateful=False) as portal:
        check_all(every_run(portal, tmp_path, target.package.parent), portal)

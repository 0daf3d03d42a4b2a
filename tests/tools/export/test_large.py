"""Exports of many results: memory stays flat, and what a sheet cannot hold is refused before it is fetched."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cyara_auth.client.cyara import Cyara
from cyara_tools.export import results
from cyara_tools.export.errors import TooLargeError
from cyara_tools.export.part_file import PartFile
from cyara_tools.export.progress import Progress
from cyara_tools.export.runs import Window
from cyara_tools.portal import LocalPortal, faults

from .conftest import campaign_with
from .program import Exporting

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark of exports, which has a server of ready-made pages."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("benchmark_of_exports", BENCHMARKS / "export.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform == "win32", reason="memory as POSIX counts it")
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_ten_times_the_results_take_no_more_memory(benchmark: ModuleType, tmp_path: Path, form: str):
    grown: list[float] = []
    for pages in (40, 400):
        with benchmark.serving(benchmark.SERVER, "1", str(pages), "50", "0") as origin:
            command = [sys.executable, "-c", benchmark.CODE, origin, benchmark.PAIR, str(tmp_path / f"r.{form}"), form]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=50)
        count, _, units = json.loads(done.stdout.splitlines()[-1])
        assert count == pages * 50
        grown.append(units / (1024 * 1024 if sys.platform == "darwin" else 1024))
    # 18,000 rows more would be tens of megabytes.
    assert grown[1] - grown[0] < 4, grown


def page_with(total: int | None) -> faults.Fault:
    page = {"results": [{"testResultId": 1}], "totalResults": total, "nextPage": None}
    return faults.Fault(status=200, body=json.dumps(page), media_type="application/json", path="/results", times=None)


def test_too_many_rows_for_a_sheet_are_refused_by_the_totals(portal: LocalPortal, export: Exporting):
    portal.inject(page_with(600_000))
    done = export("--campaign", "803", "--to", "results.xlsx")
    assert done.code == 7
    assert "A sheet holds 1,048,575 rows, and there are at least 1,200,000; no file was written" in done.err
    # Two runs, asked once each for their totals: no result was fetched.
    assert [request.query.partition("pageSize=")[2] for request in portal.requests if "/results" in request.path] == [
        "1",
        "1",
    ]
    assert [path.name for path in export.folder.iterdir()] == ["state"]
    # The ways out that it names.
    assert "Next: export to .csv or .parquet, or fewer runs by --since and --until" in done.err
    portal.clear_faults()
    assert export("--campaign", "803", "--to", "results.parquet").code == 0


def test_a_sheet_that_is_just_full_is_not_refused(portal: LocalPortal, cyara: Cyara):
    portal.inject(page_with(1_048_575))
    plan, table = results.plan_export(cyara, [802], Window())
    assert len(plan.runs) == 1
    results.check_sheet(cyara, table, plan.runs)
    portal.clear_faults()
    portal.inject(page_with(1_048_576))
    with pytest.raises(TooLargeError, match="at least 1,048,576"):
        results.check_sheet(cyara, table, plan.runs)


def test_where_the_portal_names_no_total_rows_are_counted(portal: LocalPortal, cyara: Cyara, tmp_path: Path):
    campaign = campaign_with(portal, cyara, 120)
    plan, table = results.plan_export(cyara, [campaign], Window())
    with PartFile(tmp_path / "results.xlsx", {}, restart=False) as part, Progress() as progress:
        part.begin(plan)
        with pytest.raises(TooLargeError, match="A sheet holds"):
            results.write_results(cyara, table, part, as_json=True, watching=progress, most=119)


def test_progress_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]):
    now = iter(range(0, 1000, 4))
    with Progress(lambda: float(next(now))) as progress:
        progress.begin(60, 0, 0)
        for _ in range(6):
            progress.add_rows(500)
            progress.run_is_whole()
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 8
    assert lines[-1].endswith("results")
    assert "of 60 runs" in lines[0]

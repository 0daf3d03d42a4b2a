"""Living with answers whose fields may be absent or null: as type checkers see it, and as it runs."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cyara_auth import Cyara, connect
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.portal import LocalPortal

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("user_scripts.txt").read_text("utf-8")
MISTAKES = [number for number, line in enumerate(SOURCE.splitlines(), start=1) if line.endswith("# error")]
ROOTS = [str(ROOT / "auth_ext"), str(ROOT / "generated")]
CHECKERS = {
    "mypy": ["--strict", "--config-file", os.devnull, "--no-error-summary", "scripts.py"],
    "basedpyright": ["--pythonpath", sys.executable, "-p", "."],
    "ty": ["check", "--output-format", "concise", "--python", sys.executable, "scripts.py"],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_checker_finds_the_mistakes_and_nothing_else(tmp_path: Path, checker: str) -> None:
    (tmp_path / "scripts.py").write_text(SOURCE, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": ROOTS, "reportUnusedExpression": False}
    settings |= {"reportUnknownMemberType": False}  # of what is a mistake itself
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    options = list(CHECKERS[checker])
    if checker == "ty":
        options += [part for root in ROOTS for part in ("--extra-search-path", root)]
    done = subprocess.run(
        [sys.executable, "-m", checker, *options],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": os.pathsep.join(ROOTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    found = re.findall(r"scripts\.py:(\d+):.*?error", said)
    assert sorted({int(number) for number in found}) == MISTAKES, said


@pytest.fixture(scope="module")
def scripts() -> ModuleType:
    module = ModuleType("scripts")
    exec(compile(SOURCE, "user_scripts.txt", "exec"), vars(module))  # noqa: S102 - written beside this test
    return module


@pytest.fixture(scope="module")
def cyara() -> Iterator[Cyara]:
    with (
        LocalPortal() as portal,
        connect(
            portal.base_url, portal.credential, account_id=portal.account_id, store=MemoryStrikeStore(), environ={}
        ) as cyara,
    ):
        yield cyara


@pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")
def test_the_scripts_do_what_they_say(scripts: Any, cyara: Cyara) -> None:
    rows = list(csv.DictReader(io.StringIO(scripts.first_page_as_csv(cyara))))
    assert len(rows) == 20
    assert rows[0]["campaignId"] == "801"
    lines = scripts.all_campaigns_as_csv(cyara).splitlines()
    assert lines[0] == "id,name,kind,last run"
    assert len(lines) == 131
    run_id = next(cyara.campaigns.iter_campaign_runs(campaign_id=801)).run_id
    results = list(cyara.campaigns.iter_campaign_run_results(campaign_id=801, run_id=run_id))
    failing = scripts.failing_results(cyara, 801, run_id)
    assert failing.count("after") == sum(result.get("result") != "Success" for result in results)
    assert scripts.ports_in_use(cyara, [31]) == cyara.plans.get_plan(plan_id=31).get("concurrency")
    assert scripts.create_campaign(cyara) > 0
    assert scripts.run_since(cyara, datetime(2000, 1, 1, tzinfo=UTC))
    *_, plan, same, again = scripts.inner_objects(cyara, 801)
    assert plan == same == again != "?"
    assert scripts.rows_of_everything(cyara)[0] == {"id": 801, "kind": "Pulse"}

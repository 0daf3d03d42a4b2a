"""`cyara export results` as people run it, its files read by what others wrote."""

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pandas as pd
import polars as pl
import pytest

from cyara_auth import connect
from cyara_auth.client.cyara import Cyara
from cyara_tools.portal import LocalPortal, faults

from .conftest import campaign_with
from .program import WITHOUT, Exporting

COLUMNS = ["campaign.id", "campaign.name", "run.id", "run.start", "run.end"]
COLUMNS += ["testResultId", "testCaseId", "name", "result", "startDate", "duration_s", "detailedResult", "drift"]


@attrs.frozen
class Written:
    """The same results in every form, and what the portal tells of the last run."""

    files: dict[str, Path]
    told: list[Any]

    def __getitem__(self, form: str) -> Path:
        return self.files[form]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    with (
        LocalPortal() as portal,
        connect(portal.base_url, portal.credential, account_id=portal.account_id, store="memory:") as cyara,
    ):
        export = Exporting(tmp_path_factory.mktemp("forms"), portal)
        campaign = str(campaign_with(portal, cyara, 120))
        for form in ("csv", "jsonl", "xlsx", "parquet"):
            done = export("--campaign", campaign, "--campaign", "803", "--to", f"results.{form}")
            assert (done.code, done.err) == (0, "")
            assert done.out == f"Wrote 126 results of 3 runs to results.{form}\n"
        files = {path.suffix.removeprefix("."): path for path in export.folder.glob("results.*")}
        assert set(files) == {"csv", "jsonl", "xlsx", "parquet"}
        return Written(files, list(cyara.campaigns.iter_campaign_run_results(campaign_id=803, run_id=55063)))


def test_every_form_holds_the_same_and_is_read_by_others(written: Written):
    with written["csv"].open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert list(rows[0]) == COLUMNS
    assert len(rows) == 126
    assert rows[0]["campaign.name"] == "Many, with a comma"

    lines = [json.loads(line) for line in written["jsonl"].read_text("utf-8").splitlines()]
    assert [line["testResultId"] for line in lines] == [int(row["testResultId"]) for row in rows]
    assert [line["duration_s"] for line in lines] == [float(row["duration_s"]) for row in rows]

    frame = pl.read_parquet(written["parquet"])
    assert frame.columns == COLUMNS
    assert frame["startDate"].dtype == pl.Datetime("us", "UTC")
    assert frame["duration_s"].to_list() == [line["duration_s"] for line in lines]
    assert [f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" for moment in frame["startDate"]] == [line["startDate"] for line in lines]

    sheet = openpyxl.load_workbook(written["xlsx"])["results"]
    names, *cells = sheet.iter_rows(values_only=True)
    moments = ("run.start", "run.end", "startDate")
    assert list(names) == [f"{name} (UTC)" if name in moments else name for name in COLUMNS]
    assert [row[5] for row in cells] == [line["testResultId"] for line in lines]
    assert isinstance(cells[0][9], dt.datetime)
    assert (
        abs(cells[0][9] - dt.datetime.fromisoformat(lines[0]["startDate"]).replace(tzinfo=None)).total_seconds() < 0.01
    )


def test_pandas_reads_csv_and_jsonl_with_types(written: Written):
    frame = pd.read_csv(written["csv"], parse_dates=["startDate", "run.start"])
    assert str(frame["startDate"].dt.tz) == "UTC"
    assert frame["duration_s"].dtype == "float64"
    assert (frame["testResultId"].diff().dropna() != 0).all()
    assert len(pd.read_json(written["jsonl"], lines=True)) == len(frame)


def test_the_results_are_those_of_the_portal(written: Written):
    rows = [json.loads(line) for line in written["jsonl"].read_text("utf-8").splitlines()][-3:]
    assert [(row["testResultId"], row["name"], row["result"]) for row in rows] == [
        (each.test_result_id, each.name, each.result) for each in written.told
    ]
    assert [row["duration_s"] for row in rows] == [each.duration.total_seconds() for each in written.told]


def test_standard_output_has_the_rows_and_nothing_else(export: Exporting):
    done = export("--campaign", "803", "--to", "-")
    assert done.code == 0
    assert len(list(csv.DictReader(io.StringIO(done.out)))) == 6
    done = export("--campaign", "803", "--to", "-", "--output", "jsonl")
    assert len([json.loads(line) for line in done.out.splitlines()]) == 6


def test_nothing_in_that_time_is_a_file_with_its_heading_and_a_note(export: Exporting):
    for form in ("csv", "jsonl", "xlsx", "parquet"):
        done = export("--campaign", "803", "--since", "1s", "--to", f"none.{form}")
        assert done.code == 0
        assert done.err == "Note: no run started in that time\n"
    assert (export.folder / "none.csv").read_text("utf-8") == ",".join(COLUMNS) + "\n"
    assert (export.folder / "none.jsonl").read_text("utf-8") == ""
    assert pl.read_parquet(export.folder / "none.parquet").columns == COLUMNS
    assert openpyxl.load_workbook(export.folder / "none.xlsx")["results"].max_row == 1


def test_json_says_what_was_written(export: Exporting):
    done = export("--campaign", "803", "--since", "90m", "--to", "some.csv", "--json")
    facts = json.loads(done.out)
    assert (facts["ok"], facts["runs"], facts["results"], facts["file"]) == (True, 1, 3, "some.csv")


def test_a_file_that_is_there_is_not_replaced_but_by_restart(export: Exporting):
    target = export.folder / "mine.csv"
    target.write_text("my own notes\n", "utf-8")
    done = export("--campaign", "803", "--to", "mine.csv")
    assert done.code == 7
    assert "is there already, and was not replaced. Next: give --to another name, or say --restart" in done.err
    assert target.read_text("utf-8") == "my own notes\n"
    assert sorted(path.name for path in export.folder.glob("mine*")) == ["mine.csv"]
    # The way out that it names.
    assert export("--campaign", "803", "--to", "mine.csv", "--restart").code == 0
    assert target.read_text("utf-8").startswith("campaign.id,")


@pytest.mark.parametrize("name", ["mine.csv.part", "mine.csv.journal"])
def test_files_that_are_not_ours_are_left_alone(export: Exporting, name: str):
    (export.folder / name).write_text("not ours", "utf-8")
    for more in ((), ("--restart",)):
        done = export("--campaign", "803", "--to", "mine.csv", *more)
        assert done.code == 7
        assert "is not of an export, and was left as it is" in done.err
        assert (export.folder / name).read_text("utf-8") == "not ours"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--to", "results.ods"), "does not say which form"),
        (("--to", "results.csv", "--since", "lately"), "neither a moment nor a length"),
        (("--to", "results.csv", "--since", "1h", "--until", "2h"), "--until is not later"),
        (("--to", "-", "--output", "xlsx"), "standard output takes csv and jsonl"),
        (("--to", "-", "--json"), "give --to a file"),
    ],
)
def test_wrong_options_end_with_2_and_nothing_is_sent(
    portal: LocalPortal, export: Exporting, arguments: tuple[str, ...], text: str
):
    done = export("--campaign", "803", *arguments)
    assert done.code == 2
    assert text in " ".join(done.err.replace("│", " ").split())
    assert portal.arrivals == 0
    assert [path.name for path in export.folder.iterdir()] == ["state"]


@pytest.mark.parametrize(("form", "package"), [("xlsx", "xlsxwriter"), ("parquet", "polars")])
def test_an_extra_that_is_missing_is_a_sentence_before_anything_is_sent(
    portal: LocalPortal, export: Exporting, form: str, package: str
):
    done = export("--campaign", "803", "--to", f"results.{form}", code=WITHOUT, first=package)
    assert done.code == 7
    assert "pip install 'cyara-client[export]'" in done.err
    assert portal.arrivals == 0
    assert export("--campaign", "803", "--to", "results.csv", code=WITHOUT, first=package).code == 0


def test_a_campaign_that_is_not_there_leaves_nothing_behind(export: Exporting):
    done = export("--campaign", "5", "--to", "results.csv")
    assert (done.code, done.out) == (7, "")
    assert "There is no campaign 5" in done.err
    assert [path.name for path in export.folder.iterdir()] == ["state"]


def test_a_stale_pair_costs_one_call(portal: LocalPortal, export: Exporting):
    portal.regenerate_token()
    assert export("--campaign", "803", "--to", "results.csv").code == 4
    assert export("--campaign", "803", "--to", "results.csv").code == 4
    assert portal.invalid_calls == 1


def test_a_folder_that_is_not_there_is_made_and_one_that_cannot_be_is_a_sentence(export: Exporting):
    assert export("--campaign", "803", "--to", "new/results.csv").code == 0
    (export.folder / "file").write_text("", "utf-8")
    done = export("--campaign", "803", "--to", "file/results.csv")
    assert done.code == 7
    assert "cannot be written" in done.err


@pytest.mark.parametrize("mode", ["short", "empty", "repeated"])
def test_a_list_that_ends_early_is_written_and_said_and_not_0(tmp_path: Path, mode: str):
    with (
        LocalPortal(result_pages=mode) as portal,
        connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
    ):
        export = Exporting(tmp_path, portal)
        campaign = str(campaign_with(portal, cyara, 120))
        done = export("--campaign", campaign, "--to", "results.jsonl")
        assert done.code == 8
        assert f"of campaign {campaign} ended early" in done.err
        rows = (tmp_path / "results.jsonl").read_text("utf-8").splitlines()
        numbers = [json.loads(line)["testResultId"] for line in rows]
        assert 50 <= len(numbers) < 120
        assert len(set(numbers)) == len(numbers)


def test_a_run_that_changes_in_the_middle_is_told(portal: LocalPortal, cyara: Cyara, export: Exporting):
    campaign = str(campaign_with(portal, cyara, 120))
    # The second page is another list: shorter, and counting less than the first one promised.
    page = {"results": [{"testResultId": 7, "extra": [1]}], "totalResults": 120, "nextPage": None}
    fault = faults.Fault(status=200, body=json.dumps(page), media_type="application/json", path="/results", skip=1)
    portal.inject(fault)
    done = export("--campaign", campaign, "--to", "results.jsonl")
    assert done.code == 8
    rows = [json.loads(line) for line in (export.folder / "results.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 51
    assert rows[-1]["drift"] == '{"extra": [1]}'


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_odd_values_come_through_every_form(portal: LocalPortal, export: Exporting, form: str):
    odd = [
        {
            "testResultId": 2**53 + 1,
            "name": "=1+1",
            "startDate": "1899-12-31T00:00:00Z",
            "detailedResult": "x" * 40_000,
        },
        {"testResultId": "seven", "name": 'a "b",\r\nc\td \ud800', "duration": "never", "colour": None},
        {"testResultId": None, "name": "", "startDate": "0001-01-01T00:00:00", "duration": "1.00:00:00"},
    ]
    page = {"results": [*odd, None], "totalResults": 4, "nextPage": None}
    fault = faults.Fault(status=200, body=json.dumps(page), media_type="application/json", path="/results", times=None)
    portal.inject(fault)
    done = export("--campaign", "803", "--since", "90m", "--to", f"odd.{form}")
    assert done.code in {0, 8}
    path = export.folder / f"odd.{form}"
    rows: list[list[object]]
    if form == "csv":
        with path.open(encoding="utf-8", newline="") as source:
            rows = [list(row) for row in csv.reader(source)][1:]
    elif form == "jsonl":
        rows = [list(json.loads(line).values()) for line in path.read_text("utf-8").splitlines()]
    elif form == "xlsx":
        sheet = openpyxl.load_workbook(path)["results"]
        assert sheet["H2"].data_type == "s"
        rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
        assert "were cut off" in done.err
    else:
        rows = [list(row) for row in pl.read_parquet(path).iter_rows()]
    assert len(rows) == 3
    assert str(rows[0][5]) == str(2**53 + 1)
    assert rows[0][7] == "=1+1"
    assert str(rows[0][9])[:10] == "1899-12-31"
    assert "\\ud800" in str(rows[1][7])
    assert '"never"' in str(rows[1][12])
    assert float(str(rows[2][10])) == 86400.0

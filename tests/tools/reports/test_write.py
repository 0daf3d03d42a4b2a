"""All reports are written, each by itself."""

import io
import json
import sys
from pathlib import Path

import junitparser
import pytest

from cyara_tools.reports.files import ReportFileError
from cyara_tools.reports.write import STDOUT, Destinations, write_reports
from cyara_tools.run.record import Meaning, Verdict

from .records import called, campaign, everything, run


def written(destinations: Destinations, **environ: str) -> tuple[tuple[str, ...], str]:
    stdout = io.StringIO()
    return write_reports(everything(), destinations, environ=environ, stdout=stdout), stdout.getvalue()


def test_each_report_goes_where_it_should(tmp_path: Path):
    files = {"junit": tmp_path / "a" / "j.xml", "json": tmp_path / "r.json", "html": tmp_path / "r.html"}
    assert written(Destinations(**files, summary=tmp_path / "s.md")) == ((), "")
    assert junitparser.JUnitXml.fromfile(str(tmp_path / "a" / "j.xml")).errors > 0
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["exit_code"] == 130
    assert "</html>" in (tmp_path / "r.html").read_text("utf-8")
    assert (tmp_path / "s.md").read_text("utf-8").startswith("## ")


def test_one_that_cannot_be_written_loses_no_other(tmp_path: Path):
    (tmp_path / "file").write_text("keep", encoding="utf-8")
    places = Destinations(junit=tmp_path, json=tmp_path / "r.json", summary=tmp_path / "file" / "s.md")
    problems, stdout = written(places, GITHUB_ACTIONS="true")
    assert len(problems) == 2
    assert problems[0] == f"The report cannot be written to {tmp_path}: it is a folder. Next: name a file in it"
    assert "Next: give another file" in problems[1]
    assert (tmp_path / "r.json").is_file()
    assert stdout.startswith("::error ")


def test_a_defect_in_one_loses_no_other(tmp_path: Path):
    # Nobody makes a record like this: JUnit needs a number that it lacks, and JSON does not.
    record = run(campaign(Verdict.PASSED, called(), tally={}))
    places = Destinations(junit=tmp_path / "j.xml", json=tmp_path / "r.json")
    problems = write_reports(record, places, environ={}, stdout=io.StringIO())
    assert problems == ("The JUnit report cannot be made (KeyError), which is a defect: please report it",)
    assert [each.name for each in tmp_path.iterdir()] == ["r.json"]


def test_the_summary_goes_to_the_file_that_github_names_unless_told_otherwise(tmp_path: Path):
    named = {"GITHUB_STEP_SUMMARY": str(tmp_path / "github.md")}
    for places, expected in (
        (Destinations(no_summary=True), set()),
        (Destinations(summary=tmp_path / "own.md"), {"own.md"}),
        (Destinations(), {"own.md", "github.md"}),
    ):
        assert written(places, **named) == ((), "")
        assert {each.name for each in tmp_path.iterdir()} == expected


def test_json_on_standard_output_is_alone_there_and_no_command(tmp_path: Path):
    problems, stdout = written(Destinations(json=STDOUT), GITHUB_ACTIONS="true", TF_BUILD="True")
    assert problems == ()
    read = json.loads(stdout)
    assert read["schema"] == 1
    assert "##" not in stdout
    reasons = [test["reason"] for test in read["campaigns"][1]["results"]]
    assert "##vso[task.setvariable variable=x]y" in reasons
    assert not any(line.lstrip().startswith("::") for line in stdout.splitlines())


@pytest.mark.parametrize("places", [Destinations(), Destinations(json=STDOUT)])
def test_a_terminal_of_a_narrow_code_page_gets_what_it_can_show(places: Destinations):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    record = run(campaign(Verdict.FAILED, called("Menü 通話 😀", Meaning.FAILED)))
    assert write_reports(record, places, environ={"GITHUB_ACTIONS": "true"}, stdout=stdout) == ()
    stdout.seek(0)
    text = stdout.read()
    if places.json is None:
        assert "Menü ?? ?" in text
    else:
        assert json.loads(text)["campaigns"][0]["results"][0]["name"] == "Menü 通話 😀"


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_started(tmp_path: Path):
    Destinations(json=STDOUT, junit=tmp_path / "a.xml").check()
    with pytest.raises(ReportFileError, match="it is a folder"):
        Destinations(html=tmp_path).check()
    with pytest.raises(ReportFileError, match="Two reports would go to"):
        Destinations(html=tmp_path / "a", json=tmp_path / "b" / ".." / "a").check()
    assert not (tmp_path / "a.xml").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows calls it NUL")
def test_two_reports_may_go_to_nowhere():
    Destinations(html=Path("/dev/null"), json=Path("/dev/null")).check()
    record = run(campaign(Verdict.FAILED, called("x", Meaning.FAILED)))
    places = Destinations(junit=Path("/dev/null"), json=Path("/dev/null"), summary=Path("/dev/null"))
    assert write_reports(record, places, environ={}, stdout=io.StringIO()) == ()
    assert Path("/dev/null").is_char_device()

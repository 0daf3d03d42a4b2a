"""Everything that `cyara run` tells: text, JSON, JUnit, HTML and summary, read back by programs of others."""

import datetime as dt
import json
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import jsonschema
import junitparser
import xmlschema
from defusedxml import ElementTree

from .program import Program, Result

if TYPE_CHECKING:
    import subprocess

SCHEMA = json.loads(resources.files("cyara_tools.reports").joinpath("report.schema.json").read_text("utf-8"))
MEANINGS = ("passed", "failed", "not_called")


@attrs.frozen(kw_only=True)
class Told:
    """Everything that one command has told."""

    code: int
    text: str
    progress: str
    json: dict[str, Any]
    junit: junitparser.JUnitXml
    html: Path
    summary: str

    @property
    def campaign(self) -> dict[str, Any]:
        """The only campaign."""
        (campaign,) = self.json["campaigns"]
        return dict(campaign)

    @property
    def tally(self) -> dict[str, int]:
        return {name: count for name, count in self.campaign["tally"].items() if count}

    @property
    def kinds(self) -> dict[str, int]:
        """How many cases of JUnit are of each kind."""
        return kinds_of([case for suite in self.junit for case in suite])


def kinds_of(cases: list[junitparser.TestCase]) -> dict[str, int]:
    return dict(Counter(type(case.result[0]).__name__ if case.result else "passed" for case in cases))


class Runner:
    """Starts commands that write every report, and reads those."""

    def __init__(self, program: Program, folder: Path, schema: xmlschema.XMLSchema10) -> None:
        self._program, self._schema, self.folder = program, schema, folder

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        files = (f"--{name}={self.folder / name}" for name in ("junit", "json", "html", "summary"))
        return self._program.process(*arguments, "--interval", "50ms", *files)

    def __call__(self, *arguments: str) -> Told:
        return self.end_of(self.start(*arguments))

    def end_of(self, process: "subprocess.Popen[str]") -> Told:
        result = self._program.end_of(process)
        written = {name: self.folder / name for name in ("junit", "json", "html", "summary")}
        told = Told(
            code=result.code,
            text=result.out,
            progress=result.err,
            json=json.loads(written["json"].read_text("utf-8")),
            junit=junitparser.JUnitXml.fromfile(str(written["junit"])),
            html=written["html"].replace(self.folder / "run.html"),
            summary=written["summary"].read_text("utf-8"),
        )
        self._schema.validate(ElementTree.parse(written["junit"]).getroot())
        for path in written.values():
            if path.exists():
                self._program.checked(Result(0, path.read_text("utf-8"), ""))
                path.unlink()
        self._program.checked(Result(0, told.html.read_text("utf-8"), ""))
        agree(told)
        return told


def agree(told: Told) -> None:
    """Insist that text, JSON, JUnit and HTML tell the same."""
    jsonschema.validate(told.json, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert told.json["exit_code"] == told.code
    assert dt.datetime.fromisoformat(told.json["started"]).tzinfo is not None
    assert dt.datetime.fromisoformat(told.json["started"]) <= dt.datetime.fromisoformat(told.json["ended"])
    page = told.html.read_text("utf-8")
    assert f'<body data-verdict="{told.json["verdict"]}" data-exit-code="{told.code}">' in page
    tallies = [campaign["tally"] for campaign in told.json["campaigns"]]
    total = Counter[str]()
    for campaign, tally in zip(told.json["campaigns"], tallies, strict=True):
        assert f'data-campaign="{campaign["id"]}" data-verdict="{campaign["verdict"]}"' in page
        # What is listed is what is counted.
        counted = Counter(result["meaning"] for result in campaign["results"])
        assert {name: tally[name] for name in MEANINGS} == {name: counted[name] for name in MEANINGS}
        total += Counter(tally)
    for meaning in MEANINGS:
        assert page.count(f'<tr data-meaning="{meaning}"') == total[meaning]
    suites = [list(suite) for suite in told.junit]
    names = [(case.classname, case.name) for cases in suites for case in cases]
    assert len(set(names)) == len(names)
    everything = [case for cases in suites for case in cases]
    for suite, own in zip((*told.junit, told.junit), (*suites, everything), strict=True):
        kinds = kinds_of(own)
        counted = (len(own), kinds.get("Failure", 0), kinds.get("Error", 0))
        assert (suite.tests, suite.failures, suite.errors) == counted
    # A CI that looks at JUnit alone is red whenever the exit code is not 0, and shows failures that the gate allows.
    assert told.junit.failures + told.junit.errors > 0 or told.code == 0
    assert f"xit code {told.code}" in told.summary
    assert f"xit code {told.code}" in told.text or not told.json["campaigns"]
    assert "more characters]" not in told.text + told.progress, "a sentence of ours was cut"

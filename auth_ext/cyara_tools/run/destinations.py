"""Where the reports of a run go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from cyara_tools.reports.files import check_writable, write_atomically
from cyara_tools.reports.json_report import render_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.run.options import RunContext
    from cyara_tools.run.record import RunRecord


@attrs.frozen(kw_only=True)
class Written:
    """What could not be written, as sentences."""

    problems: list[str]


@attrs.frozen(kw_only=True)
class Reports:
    junit: Path | None
    json: Path | None
    html: Path | None
    summary: Path | None
    environ: Mapping[str, str]

    @classmethod
    def of(cls, context: RunContext, as_json: str | None, environ: Mapping[str, str]) -> Reports:
        return cls(
            junit=context.junit,
            json=None if as_json in (None, "-") else Path(as_json),
            html=context.html,
            summary=context.summary,
            environ=environ,
        )

    def check(self) -> None:
        for path in (self.junit, self.json, self.html, self.summary):
            if path is not None:
                check_writable(path)

    def to_repeat(self) -> list[str]:
        given = {"--junit": self.junit, "--json": self.json, "--html": self.html, "--summary": self.summary}
        return [part for option, path in given.items() if path is not None for part in (option, str(path))]

    def write(self, record: RunRecord) -> Written:
        if self.json is not None:
            write_atomically(self.json, render_json(record))
        return Written(problems=[])

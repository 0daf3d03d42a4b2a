"""Writes all reports of a run, each by itself: one that cannot be written loses no other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import attrs

from cyara_tools.reports.annotations import annotation_lines
from cyara_tools.reports.files import ReportFileError, check_writable, write_atomically
from cyara_tools.reports.json_report import render_json
from cyara_tools.reports.junit import render_junit
from cyara_tools.reports.summary import append_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cyara_tools.run.record import RunRecord

STDOUT: Final = Path("-")
_SUMMARY_FILE: Final = "GITHUB_STEP_SUMMARY"


@attrs.frozen(kw_only=True)
class Destinations:
    """Where reports go; None where there is to be none.

    Attributes:
        junit: file of the JUnit report.
        json: file of the JSON report; `STDOUT` (`-`) prints it.
        html: file of the HTML report.
        summary: file that the summary is appended to; without it the one that `GITHUB_STEP_SUMMARY` names.
        no_summary: whether no summary is written, whatever the environment names.
        annotations: whether GitHub and Azure get annotations, on standard output.
    """

    junit: Path | None = None
    json: Path | None = None
    html: Path | None = None
    summary: Path | None = None
    no_summary: bool = False
    annotations: bool = True

    def summary_file(self, environ: Mapping[str, str]) -> Path | None:
        """Return the file of the summary, if there is to be one."""
        named = environ.get(_SUMMARY_FILE)
        return None if self.no_summary else self.summary or (Path(named) if named else None)

    def check(self) -> None:
        """Refuse a file that cannot be written, before anything is started.

        Raises:
            ReportFileError: Nothing can be written to a file that was asked for, or two reports would go to one.
        """
        named = [path for path in (self.junit, self.json, self.html, self.summary) if path not in (None, STDOUT)]
        seen: set[Path] = set()
        for path in named:
            check_writable(path)
            if path.is_file() or not path.exists():
                if path.resolve() in seen:
                    raise ReportFileError(f"Two reports would go to {path}. Next: give each a file of its own")
                seen.add(path.resolve())


def write_reports(
    record: RunRecord, destinations: Destinations, *, environ: Mapping[str, str], stdout: TextIO
) -> tuple[str, ...]:
    """Write all reports of a run.

    Args:
        record: what came of it.
        destinations: which reports there are to be, and where.
        environ: the environment, which says in which CI this runs.
        stdout: where a JSON report without a file and annotations go.

    Returns:
        What could not be written, as sentences; nothing raises, but Ctrl-C.
    """
    problems: list[str] = []
    for name, write in _writers(record, destinations, environ, stdout):
        try:
            write()
        except ReportFileError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"The {name} cannot be written: {error.strerror or error}. Next: give another file")
        # A defect in one report must not cost the others, nor the verdict.
        except Exception as error:  # noqa: BLE001  # whatever a report cannot show
            problems.append(f"The {name} cannot be made ({type(error).__name__}), which is a defect: please report it")
    return tuple(problems)


def _writers(
    record: RunRecord, destinations: Destinations, environ: Mapping[str, str], stdout: TextIO
) -> Iterator[tuple[str, Callable[[], Any]]]:
    junit, json, html = destinations.junit, destinations.json, destinations.html
    summary = destinations.summary_file(environ)
    if junit is not None:
        yield "JUnit report", lambda: write_atomically(junit, render_junit(record))
    if json == STDOUT:
        yield "JSON report", lambda: _print(stdout, render_json(record, ensure_ascii=True))
    elif json is not None:
        yield "JSON report", lambda: write_atomically(json, render_json(record))
    if html is not None:
        yield "HTML report", lambda: write_atomically(html, _render_html(record))
    if summary is not None:
        yield "summary", lambda: append_summary(summary, record)
    # Beside a JSON report on standard output they would spoil it.
    if destinations.annotations and json != STDOUT and (lines := annotation_lines(record, environ)):
        yield "annotations", lambda: _print(stdout, "".join(f"{line}\n" for line in lines))


def _render_html(record: RunRecord) -> str:
    # Its template engine takes long to load, and few runs need it.
    from cyara_tools.reports.html import render_html

    return render_html(record)


def _print(stdout: TextIO, text: str) -> None:
    # A code page of Windows lacks most of what a portal's names may have.
    encoding = getattr(stdout, "encoding", None) or "utf-8"
    stdout.write(text.encode(encoding, "replace").decode(encoding))
    stdout.flush()

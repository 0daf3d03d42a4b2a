"""The command line of `scripts/regenerate.py`: arguments in, exit status out.

Exit status: 0 done, 1 refused with one sentence on stderr, 2 wrong usage, 130 stopped by Ctrl-C with nothing left
behind. Results go to stdout, progress to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.archive import archived_document
from pipeline.arguments import argument_parser
from pipeline.build import build
from pipeline.check import check, check_full
from pipeline.document.document import dump_json
from pipeline.errors import FetchError, PipelineError, file_system_error, quoted
from pipeline.install.layout import REPOSITORY, Layout
from pipeline.job import BuildRequest
from pipeline.progress import StageProgress, display_for
from pipeline.release.rebuild import as_released
from pipeline.report import BuildReport, require_writable, write_report
from pipeline.streams import open_closed_streams, write_stderr, write_stdout

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    open_closed_streams()
    parser = argument_parser()
    options = parser.parse_args(arguments)
    if options.command == "build" and options.allow and options.no_verify:
        parser.error("--allow accepts failures of the verification, and --no-verify skips it: choose one")
    progress = StageProgress(display=display_for(sys.stderr, silent=options.json))
    commands = {"build": _build, "check": _check, "fetch": _fetch, "diff": _diff, "release": _release}
    try:
        return commands[options.command](options, progress)
    except PipelineError as error:
        if options.debug:
            raise
        write_stderr(f"{error}\n")
        return 1
    except OSError as error:
        if options.debug:
            raise
        write_stderr(f"{file_system_error(error, 'Nothing was changed.')}\n")
        return 1
    except KeyboardInterrupt:
        write_stderr("Stopped. Nothing half-done was left behind.\n")
        return INTERRUPTED


def _build(options: argparse.Namespace, progress: StageProgress) -> int:
    repository = Layout(root=REPOSITORY)
    request = BuildRequest(
        repository=repository,
        target=Layout(root=options.into.resolve()) if options.into else repository,
        source=_file(options.source).resolve() if options.source else None,
        release=options.release,
        discard_edits=options.discard_edits,
        verify=not options.no_verify,
        types=options.types,
        allow=tuple(options.allow),
        confirm=partial(_confirm, options),
    )
    report = BuildReport(seconds=progress.seconds)
    # A folder that the build itself makes cannot be tried before it.
    if options.report and not (options.into and _comes_with(options.report.resolve().parent, request.target.root)):
        require_writable(options.report)
    try:
        build(as_released(request), progress, report)
    except PipelineError as error:
        if options.debug:
            raise
        # A refusal is a result too: the report says it, as JSON or in the file, beside what was found out until then.
        report.error = str(error)
    _print(report, as_json=options.json)
    if options.report:
        write_report(report, options.report)
    return 1 if report.error else 0


def _confirm(options: argparse.Namespace, found: str) -> bool:
    """Return whether a person wants what was found; where nobody can be asked, only ``--yes`` says so."""
    if options.yes:
        return True
    if options.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    write_stderr(f"{found} Replace the client by one for it? [y/N] ")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _file(source: Path) -> Path:
    """Return what ``--source`` names, which is a file.

    Raises:
        FetchError: it is an address.
    """
    # A path has lost one of the two slashes already, and on Windows both of them are others.
    scheme, found, rest = source.as_posix().partition(":/")
    if found and scheme.lower() in {"http", "https"}:
        address = f"{scheme}://{rest.lstrip('/')}"
        raise FetchError(
            f"{quoted(address)} is an address, and --source takes a file. Nothing was changed. "
            f"Run `fetch --url {address}`, and then `build`."
        )
    return source


def _comes_with(folder: Path, target: Path) -> bool:
    """Return whether a folder is missing because it lies in the one that the build makes."""
    return not folder.exists() and folder.is_relative_to(target)


def _check(options: argparse.Namespace, progress: StageProgress) -> int:
    repository = Layout(root=REPOSITORY)
    if options.full:
        check_full(repository, progress, BuildReport(seconds=progress.seconds))
    else:
        check(repository, progress)
    _write_result(options, {"ok": True}, "The client belongs to its inputs.")
    return 0


def _fetch(options: argparse.Namespace, progress: StageProgress) -> int:
    # Here and not at the top: the other commands need no network, and importing httpx takes longer than a check.
    from pipeline.fetch import fetch
    from pipeline.fetch.download import Network

    network = Network(ca=options.ca, proxy=options.proxy, timeout=options.timeout)
    if options.source:
        fetched = fetch.fetch_file(_file(options.source))
    elif options.url:
        fetched = fetch.fetch_url(options.url, network=network, progress=progress)
    else:
        portal = options.portal or os.environ.get("CYARA_BASE_URL")
        if not portal:
            raise FetchError("Say where the document is: --portal URL, --url URL or --source FILE.")
        fetched = fetch.fetch_portal(portal, network=network, progress=progress)
    path = fetch.store(fetched, Layout(root=REPOSITORY), now=datetime.now(UTC))
    result = {
        "stored": str(path),
        "origin": fetched.origin,
        "sha256": fetched.document.sha256,
        "title": fetched.document.title,
        "others": fetched.others,
    }
    lines = [f"Stored {path} from {fetched.origin} (sha256 {fetched.document.sha256[:12]})."]
    lines += [f"The portal also lists {other}; `fetch --url` takes it." for other in fetched.others]
    lines.append("`regenerate diff` says what it means for users; `regenerate build` builds the client from it.")
    _write_result(options, result, "\n".join(lines))
    return 0


def _diff(options: argparse.Namespace, progress: StageProgress) -> int:
    # Here and not at the top: the quick commands need none of it.
    from pipeline.diff import render
    from pipeline.diff.compare import compare

    repository = Layout(root=REPOSITORY)
    old = archived_document(repository, options.release) if options.release else options.old
    comparison = compare(repository, old, options.new or repository.upstream(), progress)
    if options.json:
        text = dump_json(comparison.to_json()).decode()
    else:
        text = render.as_markdown(comparison) if options.markdown else render.as_text(comparison)
    write_stdout(text)
    return 0


def _release(options: argparse.Namespace, progress: StageProgress) -> int:
    # Here and not at the top: the quick commands need none of it.
    from pipeline.release.make import ReleaseRequest, make, plan

    tree = Layout(root=REPOSITORY)
    wanted = ReleaseRequest(
        platform=options.platform,
        today=datetime.now(UTC).date(),
        order=",".join(options.platform_order) if options.platform_order else None,
        reconstruction=options.reconstruction,
    )
    planned = plan(tree, wanted, progress)
    report = BuildReport(seconds=progress.seconds)
    if not options.dry_run:
        make(tree, planned, progress, report)
    result = {
        "version": planned.release.version,
        "files": sorted(planned.files),
        "entry": planned.entry,
        "made": not options.dry_run,
    }
    state = "would change" if options.dry_run else "changed"
    text = f"Version {planned.release.version} {state} the client and {', '.join(sorted(planned.files))}."
    if options.dry_run:
        text = f"{planned.entry}\n\n{text}"
    _write_result(options, result, text)
    return 0


def _write_result(options: argparse.Namespace, result: dict[str, Any], text: str) -> None:
    write_stdout(f"{json.dumps(result) if options.json else text}\n")


def _print(report: BuildReport, *, as_json: bool) -> None:
    if as_json:
        write_stdout(dump_json(report.to_json()).decode())
    else:
        (write_stderr if report.error else write_stdout)("\n".join(report.lines()) + "\n")

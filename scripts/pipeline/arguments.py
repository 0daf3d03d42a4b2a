"""Commands and options of `scripts/regenerate.py`."""

from __future__ import annotations

import argparse
from pathlib import Path

LONGEST_TIMEOUT = 3600


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of commands and options."""
    parser = argparse.ArgumentParser(
        prog="regenerate.py", description="Rebuild the Cyara client from an OpenAPI document."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    build_ = commands.add_parser("build", help="build the client and install it")
    origin = build_.add_mutually_exclusive_group()
    origin.add_argument("--source", type=Path, metavar="FILE", help="another document; it becomes the new upstream")
    origin.add_argument("--release", metavar="P", help="an archived platform release, for example 7.4")
    build_.add_argument(
        "--into", type=Path, metavar="DIR", help="write DIR/generated and DIR/openapi, touch nothing else"
    )
    build_.add_argument("--report", type=Path, metavar="FILE", help="write the report as JSON")
    build_.add_argument(
        "--allow", action="append", default=[], metavar="NAME", help="accept a failing operation from now on"
    )
    build_.add_argument(
        "--yes", action="store_true", help="with --source: let the client of another API replace the installed one"
    )
    build_.add_argument("--discard-edits", action="store_true", help="save hand edits as a patch and overwrite them")
    build_.add_argument(
        "--no-verify", action="store_true", help="skip verification; `check` then fails until the next build"
    )
    build_.add_argument("--types", action="store_true", help="have mypy judge the package strictly, too")

    check_ = commands.add_parser("check", help="compare the client with its inputs; write nothing")
    check_.add_argument("--full", action="store_true", help="build again and compare byte by byte")

    fetch_ = commands.add_parser("fetch", help="get a portal's document and store it under openapi/upstream")
    source = fetch_.add_mutually_exclusive_group()
    source.add_argument("--portal", metavar="URL", help="any address of the portal; CYARA_BASE_URL by default")
    source.add_argument("--url", metavar="URL", help="the address of the document itself")
    source.add_argument("--source", type=Path, metavar="FILE", help="a file")
    fetch_.add_argument("--ca", type=Path, metavar="FILE", help="certificates to trust")
    fetch_.add_argument("--proxy", metavar="URL", help="proxy to use instead of the environment's")
    fetch_.add_argument(
        "--timeout", type=_seconds, default=30.0, metavar="S", help="seconds without a byte, 30 by default"
    )

    diff_ = commands.add_parser("diff", help="say what a document means for users; change nothing")
    diff_.add_argument(
        "new", type=Path, nargs="?", metavar="FILE", help="the new document; openapi/upstream by default"
    )
    earlier = diff_.add_mutually_exclusive_group()
    earlier.add_argument("--old", type=Path, metavar="FILE", help="the old document; by default the installed client")
    earlier.add_argument("--release", metavar="P", help="an archived platform release as the old document")
    diff_.add_argument("--markdown", action="store_true", help="print Markdown")

    release_ = commands.add_parser("release", help="make the version for a platform release")
    release_.add_argument("--platform", required=True, metavar="P", help="for example 7.4, 7.4.1 or 2020.2")
    release_.add_argument(
        "--platform-order",
        nargs="+",
        metavar="P,P",
        help="all platforms, the oldest first; for one that sorts before the newest by its number",
    )
    release_.add_argument(
        "--reconstruction",
        action="store_true",
        help="the document is a reconstruction; version table, changelog and package then say so",
    )
    release_.add_argument("--dry-run", action="store_true", help="print the changelog entry and change nothing")

    for command in (build_, check_, fetch_, diff_, release_):
        command.add_argument("--json", action="store_true", help="print the result as JSON, and no progress")
        command.add_argument("--debug", action="store_true", help="end with a traceback instead of one sentence")
    return parser


def _seconds(text: str) -> float:
    """Return a time limit in seconds; argparse turns the error into wrong usage."""
    seconds = float(text)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"{text} is no time limit; say more than 0 and at most {LONGEST_TIMEOUT} s")
    return seconds

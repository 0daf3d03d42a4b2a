"""Start a local portal from the shell and say how to reach it."""

from __future__ import annotations

import argparse
import sys
import threading
from typing import get_args

from cyara_auth.errors import MissingExtraError

try:
    from cyara_tools.portal import LocalPortal
    from cyara_tools.portal.domain.modes import Outcomes, ResultPages, RunsAs, Ticket
    from cyara_tools.portal.shell import ask_portal, export_lines
except MissingExtraError as missing:
    raise SystemExit(str(missing)) from None


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m cyara_tools.portal", description="Serve a local portal on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--document", help="OpenAPI 3.x document to serve (default: the installed client's own)")
    parser.add_argument("--reading", choices=["A", "B", "C"], default="B", help="what invalid calls count against")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of portal time for each real second")
    parser.add_argument("--seed", type=int, default=0, help="seed of the answers made from schemas")
    parser.add_argument("--runs-as", choices=get_args(RunsAs), default="runs", help="items of the list of runs")
    parser.add_argument("--ticket", choices=get_args(Ticket), default="object", help="form of the answer to a start")
    parser.add_argument(
        "--result-pages", choices=get_args(ResultPages), default="whole", help="how the results of a run are listed"
    )
    parser.add_argument("--outcomes", choices=get_args(Outcomes), default="mixed", help="results of the calls")
    parser.add_argument("--late-failures", type=int, default=0, help="how many of a run's last calls fail")
    parser.add_argument("--exact-document", action="store_true", help="serve the document byte for byte")
    parser.add_argument(
        "--credential", metavar="URL", help="print export lines for the portal that runs at URL, and end"
    )
    parser.add_argument("--regenerate", metavar="URL", help="the same, with a new token, which that portal makes")
    parser.add_argument("--endless", action="store_true", help="runs that are started never end")
    options = parser.parse_args(arguments)
    if options.credential or options.regenerate:
        return _print_credential(options.regenerate or options.credential, regenerate=bool(options.regenerate))
    try:
        portal = LocalPortal(
            options.document,
            port=options.port,
            reading=options.reading,
            speed=options.speed,
            seed=options.seed,
            runs_as=options.runs_as,
            ticket=options.ticket,
            result_pages=options.result_pages,
            outcomes=options.outcomes,
            late_failures=options.late_failures,
            endless=options.endless,
            exact_document=options.exact_document,
        )
        portal.start()
    except (OSError, ValueError, OverflowError) as error:
        print(f"The local portal cannot start: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return 1
    lines = {
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_API_CREDENTIAL": portal.credential,
    }
    for name, value in lines.items():
        print(f"{name}={value}", flush=True)  # noqa: T201 - a command speaks
    page = portal.document_url.partition("/swagger/")[0] + "/swagger"
    print(  # noqa: T201 - a command speaks
        f"# document: {portal.document_url}; page: {page}; Ctrl-C ends\n"
        f"# for a shell: python -m cyara_tools.portal --credential {portal.base_url}\n"
        f"# to rehearse a rotation: python -m cyara_tools.portal --regenerate {portal.base_url}",
        flush=True,
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        portal.stop()
    return 0


def _print_credential(base_url: str, *, regenerate: bool) -> int:
    try:
        pair = ask_portal(base_url, regenerate=regenerate)
    except OSError as error:
        print(f"No credential: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return 1
    account = str(LocalPortal.account_id)
    lines = {"CYARA_BASE_URL": base_url, "CYARA_ACCOUNT_ID": account, "CYARA_API_CREDENTIAL": pair}
    print(export_lines(lines))  # noqa: T201 - a command speaks
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

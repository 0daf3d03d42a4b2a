"""Start a local portal from the shell and say how to reach it."""

from __future__ import annotations

import argparse
import sys
import threading

from cyara_auth.errors import MissingExtraError

try:
    from cyara_tools.portal import LocalPortal
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
    options = parser.parse_args(arguments)
    portal = LocalPortal(
        options.document,
        port=options.port,
        reading=options.reading,
        speed=options.speed,
        seed=options.seed,
    )
    try:
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
    print(f"# document: {portal.document_url}; Ctrl-C ends", flush=True)  # noqa: T201 - a command speaks
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        portal.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

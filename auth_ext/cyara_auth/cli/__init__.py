"""The command line `cyara` (extra `cli`): everything an operator does with a credential, on a terminal and in CI."""

import importlib.util
import sys


def main() -> None:
    """Run the command line, or say how to install it."""
    if importlib.util.find_spec("typer") is None or importlib.util.find_spec("rich") is None:
        sys.stderr.write("The command line needs an extra. Run: pip install 'cyara-client[cli]'\n")
        raise SystemExit(7)
    from cyara_auth.cli.app import app  # noqa: PLC0415  # only with the extra

    app(prog_name="cyara")

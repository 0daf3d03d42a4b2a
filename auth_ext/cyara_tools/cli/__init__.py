"""The command line `cyara` (extra `cli`): everything an operator does with a credential, on a terminal and in CI."""

import importlib.util
import io
import os
import sys

_INTERRUPTED = 130
_PIPE_CLOSED = 141
_VERSION = (["--version"], ["-V"])


def main() -> None:
    """Run the command line, or say how to install it.

    Raises:
        SystemExit: At its end, with the exit code.
    """
    # Closed, as under a service: what is said to people is then said to nobody, and ends nothing.
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  # see above
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open as long as the process is
    try:
        _run()
    except OSError as error:
        # Commands report theirs: what is left are help and version, written to a full disk or a closed pipe.
        if error.filename is not None:
            raise
        from cyara_tools.output.errors import OutputClosedError
        from cyara_tools.output.standard_output import written_to

        try:
            with written_to(sys.stdout):
                raise
        except OutputClosedError:
            code = _PIPE_CLOSED
        except Exception as told:  # noqa: BLE001 - the sentence about it
            sys.stderr.write(f"{told}\n")
            code = 7
        raise SystemExit(code) from None


def _run() -> None:
    # Asked by scripts again and again, and answered without loading a parser. Behind a command the parser answers.
    if sys.argv[1:] in _VERSION:
        from cyara_tools.cli.version import version_line

        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]  # closed, as under a service
            sys.stdout.write(version_line())
            sys.stdout.flush()
        return
    if importlib.util.find_spec("typer") is None or importlib.util.find_spec("rich") is None:
        sys.stderr.write("The command line needs an extra. Run: pip install 'cyara-client[cli]'\n")
        raise SystemExit(7)
    _print_anything()
    _load_no_other_program()
    # Late, here and below, because what it imports may be missing, which was to be said in a sentence first.
    from cyara_client.errors import HttpLibraryError
    from cyara_tools.cli.interrupts import keep_interrupts
    from cyara_tools.cli.own_process import begin

    begin()
    keep_interrupts()

    try:
        from cyara_tools.cli.app import app

        app(prog_name="cyara")
    except HttpLibraryError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(7) from None
    except KeyboardInterrupt:
        # While it was still loading; a later one becomes the outcome of the command.
        sys.stderr.write("Interrupted.\n")
        raise SystemExit(_INTERRUPTED) from None


def _print_anything() -> None:
    """Let no character end a command."""
    # With LANG=C or an old code page, a path with an umlaut would.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _load_no_other_program() -> None:
    """Keep the HTTP library from loading a command line of its own."""
    # It does where click is installed, and takes longer for that, and for the rich in it, than for all of itself. It is
    # made for this to fail.
    for name in ("httpx._main", "httpx2._main"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # what the import system reads as "not there"

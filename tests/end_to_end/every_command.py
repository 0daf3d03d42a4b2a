"""Runs every command of the installed client in every form, in this one process; writes a line of JSON for each run.

Started by `test_every_form.py` with the client of a document on its path, and a local portal in its environment.
"""

import json
import sys
from pathlib import Path
from runpy import run_path

from typer.testing import CliRunner

from cyara_client.operations import OPERATIONS
from cyara_tools.api.names import named_operations
from cyara_tools.api.operation_command import reserved
from cyara_tools.api.parameters import call_of
from cyara_tools.cli.app import app

FORMS = (None, "table", "json", "jsonl", "csv", "yaml", "tsv")


def main() -> None:
    # The same that the tests of one document take, which are no package that can be imported from here.
    words_of = run_path(str(Path(__file__).parents[1] / "tools" / "api" / "samples.py"))["words_of"]
    runner, file = CliRunner(), Path(sys.argv[1])

    def run(*words: str) -> dict[str, object]:
        done = runner.invoke(app, words, prog_name="cyara")
        failed = done.exception is not None and not isinstance(done.exception, SystemExit)
        return {
            "words": words,
            "code": repr(done.exception) if failed else done.exit_code,
            "out": done.stdout_bytes.decode("utf-8", "surrogateescape"),
            "err": done.stderr_bytes.decode("utf-8", "replace"),
        }

    for group in named_operations(OPERATIONS.values()).values():
        for named in group:
            operation = named.operation
            call = call_of(operation, reserved())
            facts = {"operation": operation.operation_id, "answer": call.answer, "paged": operation.page is not None}
            command = ["api", named.group, named.name]
            sys.stdout.write(json.dumps({**facts, "form": "help", **run(*command, "--help")}) + "\n")
            for form in FORMS:
                more = [] if form is None else ["--output", form]
                words = [*command, *words_of(call, file), "--limit", "1", *more]
                sys.stdout.write(json.dumps({**facts, "form": form, **run(*words)}) + "\n")
    for line in str(run("--help")["out"]).partition("\nExamples:\n")[2].splitlines():
        example = {"operation": "", "answer": "", "paged": False, "form": "help", **run(*line.split()[1:3], "--help")}
        sys.stdout.write(json.dumps(example) + "\n")


if __name__ == "__main__":
    main()

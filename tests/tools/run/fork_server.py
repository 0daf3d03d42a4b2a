"""A process that has loaded the program already, and forks: one that is killed at random costs no start of Python.

It reads a line of JSON for each: arguments, environment, and files for what is printed. It writes the process's number,
and once that has ended how it ended.
"""

import json
import os
import sys


def main() -> None:
    import cyara_tools.cli.app
    import cyara_tools.reports.json_report
    import cyara_tools.reports.junit
    import cyara_tools.run.command  # noqa: F401 - loaded, and used by what is forked
    from cyara_auth.client import binding, http_clients  # noqa: F401 - likewise
    from cyara_auth.stores import sqlite  # noqa: F401 - likewise
    from cyara_auth.workflows import carry_out, steps  # noqa: F401 - likewise
    from cyara_client import api, models, operations, resources  # noqa: F401 - likewise
    from cyara_tools.cli import main as program

    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if not child:
            os.environ.update(wanted["environ"])
            for number, path in ((1, wanted["out"]), (2, wanted["err"])):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            sys.argv = ["cyara", *wanted["arguments"]]
            program()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""How `cyara exec` reads its command line: what follows the program's name is the program's."""

from cyara_tools.cli.base import Command


class ChildCommand(Command):
    """A command whose options end where its first argument begins, with `--` or without."""

    allow_interspersed_args = False

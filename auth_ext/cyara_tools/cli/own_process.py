"""Whether this process is the program and nothing else, or one that has called it, as tests do."""

_begun: list[bool] = []


def begin() -> None:
    """Say that it is: called by the entry point, before anything else."""
    _begun.append(True)


def is_program() -> bool:
    """Return whether the process ends with the command."""
    return bool(_begun)

"""What can be wrong with the options of an output, or with the place that it goes to."""


class UsageError(Exception):
    """An option or argument is wrong: one sentence, and exit code 2, as for the option parser's own errors."""


class OutputClosedError(Exception):
    """Whoever read the output has enough of it, as `head` has."""

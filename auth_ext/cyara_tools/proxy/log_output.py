"""Where the lines of the request log go when a command runs the proxy."""

import logging
import sys

from cyara_auth.redact import RedactingFilter
from cyara_tools.cli.verbose import LOGGER as CALLS_LOGGER
from cyara_tools.proxy.log import LOGGER


def log_if_verbose() -> None:
    """Write the lines only if the option `--verbose` was given."""
    # The option itself speaks to no command; it leaves its handler.
    if any(handler.name == CALLS_LOGGER for handler in logging.getLogger(CALLS_LOGGER).handlers):
        log_to_stderr()


def log_to_stderr() -> None:
    """Write a line for each request to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    # The fields hold no secret; this is for whoever adds one.
    handler.addFilter(RedactingFilter())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False

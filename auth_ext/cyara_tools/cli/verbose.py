"""`--verbose`: the log lines of `cyara_auth` on standard error, made from an allow-list and without a secret."""

import logging
import sys
from typing import Final

LOGGER: Final = "cyara_auth"
"""Logger of the guarded client; that of each call, `cyara_auth.calls`, is below it."""


def log_to_stderr() -> None:
    """Show what the guarded client logs; once, however often it is asked for."""
    logger = logging.getLogger(LOGGER)
    if any(handler.name == LOGGER for handler in logger.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.name = LOGGER
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    # Otherwise Python's own last resort would say it once more.
    logger.propagate = False

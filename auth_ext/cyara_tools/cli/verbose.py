"""`--verbose`: the log lines of our packages on standard error, made from an allow-list and without a secret."""

import logging
import sys
from typing import Final

from cyara_auth.redact import RedactingFilter

_NAME: Final = "cyara --verbose"
_LOGGERS: Final = ("cyara_auth", "cyara_tools")
"""The guarded client logs each call below the first, the proxy each request below the second."""


def log_to_stderr(*loggers: str) -> None:
    """Show what these loggers log, by default all of ours; once, however often it is asked for."""
    for name in loggers or _LOGGERS:
        logger = logging.getLogger(name)
        if any(handler.name == _NAME for handler in logger.handlers):
            continue
        handler = logging.StreamHandler(sys.stderr)
        handler.name = _NAME
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        # The lines hold no secret; this is for whoever adds one.
        handler.addFilter(RedactingFilter())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        # Otherwise Python's own last resort would say it once more.
        logger.propagate = False

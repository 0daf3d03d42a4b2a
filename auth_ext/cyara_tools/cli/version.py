"""`cyara --version`: what is installed, in one line. It loads nothing else, so asking is cheap."""

import sys
from typing import Final

import cyara_client

# How much of the document's SHA-256 people see.
_SHOWN_DIGITS: Final = 8


def version_line() -> str:
    """Return which package, platform release, document and Python this is, with a line end."""
    # As `platform.python_version`, whose module takes longer to load than all of this.
    python = sys.version.partition(" ")[0]
    return (
        f"cyara-client {cyara_client.__version__}, platform release {cyara_client.__platform__ or 'not known'}, "
        f"document {cyara_client.__spec_sha256__[:_SHOWN_DIGITS]}, Python {python}\n"
    )

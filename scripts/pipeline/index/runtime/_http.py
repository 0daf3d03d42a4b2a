"""The only import of the HTTP library: httpx, or its fork httpx2 if `CYARA_HTTP_LIBRARY` says so at the first import.

Type checkers see httpx under either: the fork has the same names.
"""

import os
from typing import TYPE_CHECKING

from .errors import HttpLibraryError

_NAME = os.environ.get("CYARA_HTTP_LIBRARY", "").strip().lower() or "httpx"

if TYPE_CHECKING or _NAME == "httpx":
    import httpx
elif _NAME == "httpx2":
    try:
        import httpx2 as httpx
    except ImportError as error:
        raise HttpLibraryError(
            "CYARA_HTTP_LIBRARY=httpx2 needs a package that is not installed. Nothing was sent. Next: "
            "pip install 'cyara-client[httpx2]'"
        ) from error
else:
    # Its value is not repeated: anything may have been pasted there.
    raise HttpLibraryError(
        "CYARA_HTTP_LIBRARY names no library that calls can run on. Nothing was sent. Next: set it to httpx or httpx2, "
        "or leave it out"
    )

__all__ = ["httpx"]

"""The choice of the right answers: those of the system that this interpreter runs on."""

import functools
import sys

from cyara_auth._platform.questions import System


@functools.cache
def this_system() -> System:
    """Return the answers of the system that this interpreter runs on."""
    # The other systems' modules need libraries that are not here, so they must not even be imported.
    if sys.platform == "linux":
        from cyara_auth._platform.linux import LinuxSystem as Answers
    elif sys.platform == "darwin":
        from cyara_auth._platform.macos import MacSystem as Answers
    elif sys.platform == "win32":
        from cyara_auth._platform.windows import WindowsSystem as Answers
    else:
        Answers = System  # noqa: N806 - a class
    return Answers()

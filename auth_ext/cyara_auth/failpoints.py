"""Named moments of a call at which a test can let the process die, as `kill -9` would.

`CYARA_AUTH_FAILPOINT=<name>` arms one of them when the
package is imported, and without that variable `hit` compares two strings.

    after_reserve   the store has granted a ticket, nothing is sent
    after_send      the request is on the wire, no answer is read
    after_headers   the answer's headers are there, nothing is settled
    in_settle       inside the store's settling transaction, before it commits
    after_settle    the store has settled
"""

import os
from collections.abc import Mapping
from typing import Final, Literal, get_args

# Random killing does not find the moments that matter; these do.
Failpoint = Literal["after_reserve", "after_send", "after_headers", "in_settle", "after_settle"]

VARIABLE: Final = "CYARA_AUTH_FAILPOINT"
FAILPOINTS: Final[tuple[Failpoint, ...]] = get_args(Failpoint)


def armed(environ: Mapping[str, str]) -> Failpoint | None:
    """Return the failpoint that `environ` arms.

    Raises:
        ValueError: it names none that exists; a test that dies nowhere would prove nothing.
    """
    name = environ.get(VARIABLE)
    if name and name not in FAILPOINTS:
        raise ValueError(f"{VARIABLE}={name!r} is none of {', '.join(FAILPOINTS)}")
    return next((point for point in FAILPOINTS if point == name), None)


_ARMED: Final = armed(os.environ)


def is_armed(point: Failpoint) -> bool:
    """Tell whether `hit(point)` would end the process, for callers that have to prepare the moment."""
    return point == _ARMED


def hit(point: Failpoint) -> None:
    """End the process at once, without any clean-up, if `point` is armed."""
    if is_armed(point):
        # Late: only tests come here.
        import signal

        # Windows has no SIGKILL; there SIGTERM ends a process just as unconditionally.
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

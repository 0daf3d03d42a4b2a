"""Operations that would change things, and that nobody has seen a portal accept: they are not sent unasked.

Which these are is said by the document that the client was generated from (`Operation.evidence`). A portal's own
document marks none, so nothing of it is ever refused here.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from cyara_auth.arguments import invalid_argument
from cyara_auth.errors import ConfigurationError, InferredOperationError
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.origin import Origin
from cyara_auth.providers.variables import Variables
from cyara_auth.transport.local_portals import is_local_portal

_READ_ONLY: Final = frozenset({"GET", "HEAD", "OPTIONS"})

ALLOW_INFERRED: Final = "CYARA_ALLOW_INFERRED"
_SWITCHES: Final = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


class InferredGate:
    """Whether inferred operations may change things at one origin: by permission, or because it is a local portal.

    A local portal is known by its mark and not by its address: an encrypted tunnel to a real portal begins on loopback,
    too.

    Attributes:
        is_local_portal: Whether a local portal gave the latest answer.
    """

    def __init__(self, *, origin: Origin, guard: StrikeGuard, allowed: bool) -> None:
        self._origin = origin
        self._guard = guard
        self._allowed = allowed
        self.is_local_portal = False

    def check(self, operation: Any) -> None:
        """Return if an operation may be sent; None stands for a request that no endpoint function made.

        Raises:
            InferredOperationError: it may not.
        """
        if not self._may_go(operation):
            self._ask(operation)

    async def acheck(self, operation: Any) -> None:
        """Do as `check` does, in a task."""
        if not self._may_go(operation):
            await self._guard.run_blocking(partial(self._ask, operation))

    def _may_go(self, operation: Any) -> bool:
        return (
            getattr(operation, "evidence", None) != "inferred"
            or operation.method in _READ_ONLY
            or self._allowed
            or self.is_local_portal
        )

    def _ask(self, operation: Any) -> None:
        origin = self._origin
        # Only loopback: that is where a local portal listens, and the question must not travel.
        if origin.is_loopback and origin.scheme == "http" and is_local_portal(origin.host, origin.port):
            self.is_local_portal = True
            return
        raise InferredOperationError.of(operation.operation_id, operation.method, operation.path, portal=str(origin))


def choose_allow_inferred(given: bool | None, environ: Mapping[str, str] | None) -> bool:  # noqa: FBT001 - the value of an option
    """Return what the argument or `CYARA_ALLOW_INFERRED` says, False by default.

    Raises:
        ConfigurationError: it is neither yes nor no.
    """
    if given is None:
        text = Variables(environ).get(ALLOW_INFERRED).strip().lower()
        if text not in _SWITCHES:
            raise ConfigurationError(
                f"{ALLOW_INFERRED} is 1 or 0. Nothing was sent. Next: {ALLOW_INFERRED}=1, or unset it"
            )
        return _SWITCHES[text]
    if not isinstance(given, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise invalid_argument("allow_inferred", given, takes="True or False", example="True")
    return given

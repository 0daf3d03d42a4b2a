"""A portal in a process of its own, so that it takes no time and memory from the process under test.

The child is this very package run by the same interpreter. The two exchange lines of JSON over the child's standard
input and output.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.transport.local_portals import ports_here
from cyara_tools.portal.credentials import CredentialResult
from cyara_tools.portal.recorder import RecordedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.faults import Fault
    from cyara_tools.portal.settings import PortalSettings

_STOP_TIMEOUT: Final = 10.0
"""Seconds."""


class RemoteControls:
    """Controls of a portal in a child process, which it starts."""

    def __init__(
        self, document: bytes | None, settings: PortalSettings, *, port: int, environ: Mapping[str, str] | None
    ) -> None:
        self._lock = threading.Lock()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "cyara_tools.portal.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=None if environ is None else dict(environ),
        )
        text = None if document is None else document.decode("utf-8-sig")
        self.origin: str = self._exchange({"document": text, "settings": attrs.asdict(settings), "port": port})
        self._port = int(self.origin.rpartition(":")[2])
        # The child leaves a hint, too, but its folder for such files may be another one.
        ports_here.add(self._port)

    def stop(self) -> None:
        """End the child and wait for it."""
        ports_here.discard(self._port)
        # The end of its input is what ends the child, also when this process is killed and never gets here.
        if self._child.stdin is not None and not self._child.stdin.closed:
            self._child.stdin.close()
        try:
            self._child.wait(timeout=_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def credential(self) -> str:
        """Return the pair that is valid now."""
        return str(self._call("credential"))

    def invalid_by_token(self) -> tuple[int, ...]:
        """Return how many invalid calls came while each token was current, oldest token first."""
        return tuple(self._call("invalid_by_token"))

    def is_token_void(self) -> bool:
        """Return whether the current token is void."""
        return bool(self._call("is_token_void"))

    def regenerate(self, nodes: int | None) -> str:
        """Make a new token known to the first `nodes` nodes, to all when None, and return the new pair."""
        return str(self._call("regenerate", nodes))

    def regenerate_before(self, arrival: int, nodes: int | None) -> None:
        """Make a new token just before the request with this arrival number is checked."""
        self._call("regenerate_before", arrival, nodes)

    def propagate(self) -> None:
        """Let all nodes know the current token."""
        self._call("propagate")

    def inject(self, faults: tuple[Fault, ...]) -> None:
        """Add faults."""
        self._call("inject", [attrs.asdict(fault) for fault in faults])

    def pending_faults(self) -> int:
        """Return how many faults are not used up."""
        return int(self._call("pending_faults"))

    def clear_faults(self) -> None:
        """Forget the faults that are not used up."""
        self._call("clear_faults")

    def set_form(self, form: str) -> None:
        """Choose the form of the answers that are made from schemas."""
        self._call("set_form", form)

    def advance(self, seconds: float) -> None:
        """Move the portal's clock."""
        self._call("advance", seconds)

    def requests(self) -> tuple[RecordedRequest, ...]:
        """Return the latest requests."""
        return tuple(_recorded_request(fields) for fields in self._call("requests"))

    def arrivals(self) -> int:
        """Return how many requests have arrived since the start."""
        return int(self._call("arrivals"))

    def forget_requests(self) -> None:
        """Drop what was recorded."""
        self._call("forget_requests")

    def _call(self, name: str, *arguments: object) -> Any:
        return self._exchange({"call": name, "arguments": arguments})

    def _exchange(self, message: object) -> Any:
        # One question at a time: the answers carry no number that would tell them apart.
        with self._lock:
            if self._child.stdin is None or self._child.stdout is None:
                raise RuntimeError("The local portal has no pipes.")
            self._child.stdin.write(json.dumps(message) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("The local portal's process ended.")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"The local portal refused: {answer['error']}")
        return answer["result"]


def _recorded_request(fields: dict[str, Any]) -> RecordedRequest:
    result = fields["credential_result"]
    # JSON has neither tuples nor enumerations, and a test compares with both.
    read: dict[str, Any] = {
        **fields,
        "headers": tuple((name, value) for name, value in fields["headers"]),
        "reasons": tuple(fields["reasons"]),
        "credential_result": None if result is None else CredentialResult(result),
    }
    return RecordedRequest(**read)

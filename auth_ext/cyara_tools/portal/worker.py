"""The child's side of a portal in a process of its own; `remote` is the parent's."""

from __future__ import annotations

import gc
import json
import signal
import sys
from typing import TYPE_CHECKING, Any

import attrs

from cyara_tools.portal.controls import LocalControls
from cyara_tools.portal.faults import Fault, Stage
from cyara_tools.portal.server import PortalServer
from cyara_tools.portal.settings import PortalSettings

if TYPE_CHECKING:
    from typing import TextIO


def serve(source: TextIO, target: TextIO) -> None:
    """Read the settings, start, and answer calls until the parent closes the pipe."""

    def reply(answer: dict[str, Any]) -> None:
        target.write(json.dumps(answer) + "\n")
        target.flush()

    # The first line has the settings, every other one a call.
    first = json.loads(source.readline())
    document = first["document"]
    try:
        server = PortalServer(
            None if document is None else document.encode(), PortalSettings(**first["settings"]), port=first["port"]
        )
        server.start()
    except (OSError, ValueError, RuntimeError) as error:
        reply({"error": str(error)})
        return
    reply({"result": server.origin})
    controls = LocalControls(server.core)
    try:
        for line in source:
            message = json.loads(line)
            try:
                reply({"result": _call(controls, message["call"], message["arguments"])})
            # A wrong argument is the test's mistake: the portal goes on, and the parent raises the text.
            except (ValueError, TypeError) as error:
                reply({"error": str(error)})
    finally:
        server.stop()


def _call(controls: LocalControls, name: str, arguments: list[Any]) -> Any:
    if name == "inject":
        arguments = [tuple(_fault(fields) for fields in arguments[0])]
    result = getattr(controls, name)(*arguments)
    return [attrs.asdict(recorded) for recorded in result] if name == "requests" else result


def _fault(fields: dict[str, Any]) -> Fault:
    headers = tuple((name, value) for name, value in fields["headers"])
    read: dict[str, Any] = {**fields, "stage": Stage(fields["stage"]), "headers": headers}
    return Fault(**read)


if __name__ == "__main__":
    # Ctrl-C at a terminal reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is made here is kept: shapes, answers, requests. Collecting garbage as often as usual only costs time.
    gc.set_threshold(100_000, 50, 50)
    serve(sys.stdin, sys.stdout)

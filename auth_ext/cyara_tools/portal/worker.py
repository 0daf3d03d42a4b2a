"""The child's side of a portal in a process of its own."""

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
    """Read the settings, start, and answer calls until the parent closes the line."""

    def say(answer: dict[str, Any]) -> None:
        target.write(json.dumps(answer) + "\n")
        target.flush()

    first = json.loads(source.readline())
    document = first["document"]
    try:
        server = PortalServer(
            None if document is None else document.encode(), PortalSettings(**first["settings"]), port=first["port"]
        )
        server.start()
    except (OSError, ValueError, RuntimeError) as error:
        say({"error": str(error)})
        return
    say({"result": server.origin})
    controls = LocalControls(server.core)
    try:
        for line in source:
            message = json.loads(line)
            try:
                say({"result": _call(controls, message["call"], message["arguments"])})
            except (ValueError, TypeError) as error:
                say({"error": str(error)})
    finally:
        server.stop()


def _call(controls: LocalControls, name: str, arguments: list[Any]) -> Any:  # noqa: ANN401 - whatever the method returns
    if name == "inject":
        arguments = [tuple(_fault(plain) for plain in arguments[0])]
    result = getattr(controls, name)(*arguments)
    return [attrs.asdict(visit) for visit in result] if name == "visits" else result


def _fault(plain: dict[str, Any]) -> Fault:
    headers = tuple((name, value) for name, value in plain["headers"])
    read: dict[str, Any] = {**plain, "stage": Stage(plain["stage"]), "headers": headers}
    return Fault(**read)


if __name__ == "__main__":
    # Ctrl-C at a terminal reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is made here is kept: shapes, answers, visits. Looking for garbage as often as usual only costs time.
    gc.set_threshold(100_000, 50, 50)
    serve(sys.stdin, sys.stdout)

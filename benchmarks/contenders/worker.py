"""One contender in a process of its own: imports it, then answers questions, one line of JSON for each.

Run as `python worker.py CONTENDER BASE_URL PAIR ACCOUNT`. The first line out says what the import took; then every line
in is `[question, arguments...]`. Nothing is imported before the contender that it could find ready made.
"""

import sys
import time

sys.modules["orjson"] = None  # type: ignore[assignment] - it may happen to be here; users have it only if they ask for it

_began = time.perf_counter()
_contender = __import__(sys.argv[1])
_import_seconds = time.perf_counter() - _began


def resident() -> float:
    """Return the MB that this process has used at most."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - pathlib would be weighed too
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
    except OSError:
        import resource  # only where there is no /proc

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


_import_resident = resident()

import gc  # noqa: E402 - after what is measured
import json  # noqa: E402 - after what is measured
import re  # noqa: E402 - after what is measured
import threading  # noqa: E402 - after what is measured
from collections import Counter  # noqa: E402 - after what is measured
from typing import Any  # noqa: E402 - after what is measured

_base_url, _pair, _account = sys.argv[2], sys.argv[3], int(sys.argv[4])
_client: Any = None


def client() -> Any:  # each contender has its own
    """Return what the contender's script would hold, made at the first question."""
    global _client  # noqa: PLW0603 - one process is one script
    if _client is None:
        _client = _contender.connect(_base_url, _pair)
    return _client


def first(campaign_id: int) -> list[float]:
    """Make the client and the first call; return its seconds, and MB afterwards."""
    began = time.perf_counter()
    _contender.campaign(client(), _account, campaign_id)
    return [time.perf_counter() - began, resident()]


def calls(campaign_id: int, times: int) -> float:
    """Call so many times; return the seconds."""
    held = client()
    gc.collect()
    began = time.perf_counter()
    for _ in range(times):
        _contender.campaign(held, _account, campaign_id)
    return time.perf_counter() - began


def decode(text: str, start: int, times: int) -> float:
    """Read so many bodies, each with another id; return the seconds."""
    campaign = json.loads(text)
    bodies = [json.dumps({**campaign, "campaignId": start + number}).encode() for number in range(times)]
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    kept = [_contender.read(body) for body in bodies]
    taken = time.perf_counter() - began
    gc.enable()
    assert len(kept) == times
    return taken


def outcome(campaign_id: int, *names: str) -> dict[str, Any]:
    """Call once; return the error's name, or the type of what came back and the type and text of the named values."""
    try:
        value = _contender.campaign(client(), _account, campaign_id)
        found = {name: _value(value, name) for name in names}
    except Exception as error:  # noqa: BLE001 - whatever it is, is the answer
        return {"raised": type(error).__name__}
    return {"returned": type(value).__name__, "values": {name: _told(each) for name, each in found.items()}}


def _value(campaign: Any, name: str) -> Any:  # a typed object, or what JSON has
    if isinstance(campaign, dict):
        return campaign[name]
    return getattr(campaign, re.sub(r"([A-Z])", r"_\1", name).lower())


def _told(value: object) -> list[str]:
    return [type(value).__name__, str(value)]


def together(campaign_id: int, threads: int) -> dict[str, int]:
    """Let so many threads make one call each at the same moment; return how many ended in which way."""
    held, outcomes, ready = client(), Counter[str](), threading.Barrier(threads)

    def one() -> None:
        ready.wait()
        try:
            outcomes[f"returned {type(_contender.campaign(held, _account, campaign_id)).__name__}"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, is the answer
            outcomes[f"raised {type(error).__name__}"] += 1

    running = [threading.Thread(target=one) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return dict(outcomes)


def shows_token() -> bool:
    """Say whether printing what the script holds shows the token."""
    return _pair.partition(":")[2] in repr(client())


def main() -> None:
    """Say what the import took, then answer until there are no more questions."""
    answers = {each.__name__: each for each in (first, calls, decode, outcome, together, shows_token)}
    print(json.dumps([_import_seconds, _import_resident]), flush=True)
    for line in sys.stdin:
        question, *arguments = json.loads(line)
        print(json.dumps(answers[question](*arguments)), flush=True)


main()

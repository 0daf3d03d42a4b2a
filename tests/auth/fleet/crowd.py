"""Crowds of callers: threads and tasks of this process, and, run as a script, processes of their own.

    python crowd.py '[{"base_url": ..., "credential": ..., "store": ..., "processes": 8, "threads": 16, "calls": 1}]'

runs one fleet after the other, and prints for each how often what happened: a status, or the name of an exception.
The processes are forked from one that has
made no client yet, so they share nothing but the store; each counts as one machine's job. A process that was killed
counts as `killed`.
"""

import asyncio
import json
import os
import random
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Self

import attrs

from cyara_auth import install
from cyara_auth._http import httpx
from cyara_auth.stores import sqlite
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Decision, Event
from cyara_auth.strikes.state import KeyState

PATH = "/v3.0/accounts/1/testcases"
TIMEOUT = 50  # seconds after which a caller counts as stuck; pytest's own limit is 60


TLS = ssl.create_default_context()  # made once: it takes longer than a call, and no test here speaks TLS


class Client:
    """A guarded httpx client for threads and one for tasks, over one store."""

    def __init__(self, *, headers: Mapping[str, str] | None = None, **options: Any) -> None:
        self._options = {"environ": {}} | options
        plain: dict[str, Any] = {"base_url": options["base_url"], "timeout": 30, "verify": TLS, "headers": headers}
        self.threads = self._guarded(httpx.Client(**plain))
        self.tasks = self._guarded(httpx.AsyncClient(**plain))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.threads.close()

    def _guarded(self, client: Any) -> Any:
        return install(client, **self._options)


def call(client: Client) -> str:
    """Make one call, and say in a word what came of it."""
    return outcome_of(lambda: str(client.threads.get(PATH, params={"pageSize": 1}).status_code))


def outcome_of(work: Callable[[], str]) -> str:
    """Return what `work` says, or the name of the exception that it raises."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        return type(error).__name__


async def acall(client: Client) -> str:
    """Make one call as a task."""
    try:
        return str((await client.tasks.get(PATH, params={"pageSize": 1})).status_code)
    except asyncio.CancelledError:
        return "cancelled"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        return type(error).__name__


class Crowd:
    """Callers that start at the same moment."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._members: list[threading.Thread] = []
        self._gate = threading.Event()

    def add_threads(self, client: Client, count: int, *, calls: int = 1) -> None:
        """Let `count` threads make `calls` calls each, one after the other."""
        self.add_calls(lambda: call(client), count, calls=calls)

    def add_calls(self, work: Callable[[], str], count: int, *, calls: int = 1) -> None:
        """Let `count` threads do `work` `calls` times each, one after the other."""

        def run() -> None:
            self._gate.wait()
            for _ in range(calls):
                self._note(outcome_of(work))

        self._members += [threading.Thread(target=run, daemon=True) for _ in range(count)]

    def add_loop(self, client: Client, tasks: int, *, cancelled: float = 0.0, calls: int = 1) -> None:
        """Let an event loop of its own run `tasks` tasks, a share of which is cancelled within the first 0.1 s."""

        async def member() -> None:
            for _ in range(calls):
                outcome = await acall(client)
                self._note(outcome)
                if outcome == "cancelled":
                    return

        async def everybody() -> None:
            members = [asyncio.create_task(member()) for _ in range(tasks)]
            dice = random.Random(tasks)  # noqa: S311 - a schedule, not a secret
            loop = asyncio.get_running_loop()
            for victim in dice.sample(members, int(tasks * cancelled)):
                loop.call_later(dice.uniform(0, 0.1), victim.cancel)
            await asyncio.gather(*members, return_exceptions=True)
            await client.tasks.aclose()

        def run() -> None:
            self._gate.wait()
            asyncio.run(everybody())

        self._members.append(threading.Thread(target=run, daemon=True))

    def run(self) -> Counter[str]:
        """Start everybody, wait for everybody, and return what happened.

        Raises:
            TimeoutError: somebody is stuck.
        """
        for member in self._members:
            member.start()
        self._gate.set()
        deadline = time.monotonic() + TIMEOUT
        for member in self._members:
            member.join(timeout=max(0.0, deadline - time.monotonic()))
        stuck = sum(member.is_alive() for member in self._members)
        if stuck:
            raise TimeoutError(f"{stuck} of {len(self._members)} callers are stuck; so far: {dict(self.seen)}")
        return self.seen

    def _note(self, outcome: str) -> None:
        with self._lock:
            self.seen[outcome] += 1


def forgive_the_dead() -> None:
    """Plant the tempting shortcut: what dead callers left behind is not charged."""

    def mutant(state: KeyState, event: Event) -> Decision:
        return decide(attrs.evolve(state, tickets=()), event)

    vars(sqlite)["decide"] = mutant


def process(order: dict[str, Any]) -> Counter[str]:
    """Be one process of the fleet."""
    if order.get("mutant"):
        forgive_the_dead()
    options = {name: order[name] for name in ("base_url", "credential", "store", "policy") if name in order}
    crowd = Crowd()
    with Client(**options) as client:
        crowd.add_threads(client, order.get("threads", 0), calls=order.get("calls", 1))
        for _ in range(order.get("loops", 0)):
            crowd.add_loop(client, order["tasks"], calls=order.get("calls", 1))
        return crowd.run()


def fleet(order: dict[str, Any]) -> Counter[str]:
    """Fork the processes of the fleet, let them start at the same moment, and add up what they saw."""
    ready, start = os.pipe()
    pipes: dict[int, int] = {}
    for _ in range(order.get("processes", 1)):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(start)
            os.read(ready, 1)  # ends when the parent closes its end
            os.write(writing, json.dumps(process(order)).encode())
            os.close(writing)
            sys.exit(0)
        os.close(writing)
        pipes[child] = reading
    os.close(start)
    seen: Counter[str] = Counter()
    for child, reading in pipes.items():
        with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
            seen.update(json.loads(pipe.read() or b"{}"))
        _, status = os.waitpid(child, 0)
        if code := os.waitstatus_to_exitcode(status):
            seen["killed" if code < 0 else "failed"] += 1
    return seen


if __name__ == "__main__":
    json.dump([fleet(order) for order in json.loads(sys.argv[1])], sys.stdout)

"""Functions of the caller that see each request and each answer: httpx's event hooks, for all clients of a `connect()`.

They run above the guard: a request hook before the call is admitted, a response hook after it is settled. So what they
see never carries the credential, and what they raise costs and hides no strike. They run once for each attempt and each
redirect.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final, cast

from cyara_auth._http import httpx
from cyara_auth.arguments import invalid_argument
from cyara_auth.errors import ConfigurationError, CyaraAuthError

Hook = Callable[[Any], object]
EventHooks = Mapping[str, Sequence[Hook]]
"""`{"request": [...], "response": [...]}`, as httpx takes them; in tasks plain functions serve, too."""

_STATE: Final = {"request": "nothing was sent", "response": "the portal had answered, and that is counted as usual"}
"""How far the call is when a hook of that kind runs."""


class EventHookError(CyaraAuthError):
    """A hook raised what would be taken for a failure of the call itself; its own error is the `__cause__`."""


def event_hooks_of(given: EventHooks | None) -> dict[str, tuple[Hook, ...]]:
    """Return a copy of the hooks, so that every client has the same.

    Raises:
        ConfigurationError: they are no mapping of lists of functions, or there is no such event.
    """
    if given is not None and not _is_usable(given):
        example = "{'request': [f], 'response': [g]}"
        raise invalid_argument("event_hooks", given, takes="lists of functions", example=example)
    return {kind: tuple(functions) for kind, functions in (given or {}).items()}


def hooks_for_threads(hooks: EventHooks) -> dict[str, list[Hook]]:
    """Return the hooks for a client of threads.

    Raises:
        ConfigurationError: one of them is async.
    """
    if any(_is_async(hook) for functions in hooks.values() for hook in functions):
        raise ConfigurationError(
            "event_hooks= has an async function, which only calls of .aio can await. Nothing was sent. Next: give a "
            "plain function, which serves both"
        )
    return {kind: [_its_own(kind)(hook) for hook in functions] for kind, functions in hooks.items()}


def hooks_for_tasks(hooks: EventHooks) -> dict[str, list[Hook]]:
    """Return the hooks for a client of tasks."""
    return {kind: [_for_tasks(kind, hook) for hook in functions] for kind, functions in hooks.items()}


def _is_usable(hooks: object) -> bool:
    entries = cast("Mapping[object, object]", hooks).items() if isinstance(hooks, Mapping) else [(None, None)]
    return all(
        kind in _STATE and isinstance(functions, list | tuple) and all(map(callable, cast("list[object]", functions)))
        for kind, functions in entries
    )


def _is_async(hook: Hook) -> bool:
    # An object whose `__call__` is async looks like a plain one to `iscoroutinefunction`.
    return iscoroutinefunction(hook) or iscoroutinefunction(getattr(hook, "__call__", None))  # noqa: B004 - not whether it can be called


@contextmanager
def _its_own(kind: str) -> Generator[None]:
    """Tell what a hook raises from what its client does."""
    # A hook that calls somebody else by httpx may raise what httpx raises: the retries would take that for a failure of
    # the portal, and repeat the call.
    try:
        yield
    except httpx.RequestError as error:
        raise EventHookError(
            f"A {kind} hook (event_hooks=) raised {type(error).__name__}, which is no failure of the call itself: "
            f"{_STATE[kind]}. Next: catch it in the hook"
        ) from error


def _for_tasks(kind: str, hook: Hook) -> Hook:
    async def call(subject: object) -> None:
        with _its_own(kind):
            result = hook(subject)
            # httpx awaits every hook of an AsyncClient; here plain functions serve, too.
            if isawaitable(result):
                await result

    return call

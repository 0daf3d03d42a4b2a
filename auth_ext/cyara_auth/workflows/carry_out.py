"""Takes the steps of a workflow, blocking or not: the two halves of every method that makes several calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cyara_auth.errors import DecodingError, PageError
from cyara_auth.workflows.calls import CollectStep, SleepStep, call_of
from cyara_auth.workflows.completeness import Collected
from cyara_auth.workflows.polling import async_sleep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from cyara_auth.workflows.calls import CallStep, Steps

T = TypeVar("T")


def _step(resources: object, step: CallStep | SleepStep) -> Any:
    if isinstance(step, SleepStep):
        return time.sleep(step.seconds)
    call = call_of(resources, step)
    return _collect(call) if isinstance(step, CollectStep) else call()


def _collect(call: Callable[..., Iterator[Any]]) -> Collected:
    """Take what an iterator yields; what it brought before a page that cannot be read is kept beside that error."""
    collected = Collected()
    try:
        # Not in one expression: what came before the error would be lost with it.
        for item in call(on_page=collected.on_page):
            collected.items.append(item)
    except (PageError, DecodingError) as error:
        collected.error = error
    return collected


def carry_out(resources: object, steps: Steps[T]) -> T:
    """Take steps one after the other, and return what they come to.

    Args:
        resources: the client, which has what the steps call.
        steps: made by a generator of `cyara_auth.workflows.steps`.
    """
    try:
        step = next(steps)
        while True:
            try:
                answer = _step(resources, step)
            except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    # This is how a generator hands over what it returns.
    except StopIteration as done:
        return cast("T", done.value)


async def _step_async(resources: object, step: CallStep | SleepStep) -> Any:
    if isinstance(step, SleepStep):
        return await async_sleep(step.seconds)
    call = call_of(resources, step)
    return await (_collect_async(call) if isinstance(step, CollectStep) else call())


async def _collect_async(call: Callable[..., AsyncIterator[Any]]) -> Collected:
    collected = Collected()
    try:
        async for item in call(on_page=collected.on_page):
            collected.items.append(item)
    except (PageError, DecodingError) as error:
        collected.error = error
    return collected


async def carry_out_async(resources: object, steps: Steps[T]) -> T:
    """Do as `carry_out` does, with a client whose methods are awaited."""
    try:
        step = next(steps)
        while True:
            try:
                answer = await _step_async(resources, step)
            except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    # This is how a generator hands over what it returns.
    except StopIteration as done:
        return cast("T", done.value)

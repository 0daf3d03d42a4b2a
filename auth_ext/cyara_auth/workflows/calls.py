"""Steps of which everything is made that takes several calls: ask, take a whole list, pause, ask again.

A step is a value that a generator yields; `workflows` carries it out, blocking or not, and sends its answer back in, or
throws its error.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cyara_auth.errors import ApiError, CyaraAuthError, DecodingError, OperationUnavailableError
from cyara_auth.extensions import RETRYABLE_STATUSES
from cyara_auth.transport.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cyara_auth.workflows.polling import Asking, PollProgress
    from cyara_auth.workflows.search import ListedRun

T = TypeVar("T")
# In a row: a run of an hour is asked after 720 times, and a network drops an answer now and then.
MAX_LOST_ANSWERS = 5
_UNAUTHORIZED = 401


@attrs.frozen
class CallStep:
    """A step: call this method of this resource; `wishes` are arguments for it only where it takes them."""

    resource: str
    method: str
    arguments: dict[str, Any]
    wishes: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    needs: str | None = attrs.field(default=None, kw_only=True)
    """The field of the answer without which there is no next step."""


@attrs.frozen
class CollectStep(CallStep):
    """A step: take everything that this method of this resource yields; answered by a `Collected`."""


@attrs.frozen
class SleepStep:
    """A step: let so many seconds pass."""

    seconds: float


if TYPE_CHECKING:
    Steps = Generator[CallStep | SleepStep, Any, T]
    OnProgress = Callable[[PollProgress[Any]], object] | None
    OnFound = Callable[[ListedRun], object] | None


def find_method(resources: object, resource: str, method: str, *takes: str) -> Callable[..., Any]:
    """Find a method of a resource that takes these arguments, or say that this client's document does not have it."""
    found: Callable[..., Any] | None = getattr(getattr(resources, resource, None), method, None)
    if found is None or not all(_takes(found, name) for name in takes):
        raise OperationUnavailableError(
            f"This client's document has no `{resource}.{method}`{_with(takes)}, which this workflow needs; nothing "
            "was started. Call the operations that your portal has, and `wait(...)` between them."
        )
    return found


def has_method(resources: object, resource: str, method: str, *takes: str) -> bool:
    """Say whether `find_method` would find it."""
    try:
        find_method(resources, resource, method, *takes)
    except OperationUnavailableError:
        return False
    return True


def _with(takes: tuple[str, ...]) -> str:
    return f" with {' and '.join(takes)}" if takes else ""


def _takes(method: Callable[..., Any], name: str) -> bool:
    parameters = inspect.signature(method).parameters
    return name in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())


def call_of(resources: object, step: CallStep) -> Callable[[], Any]:
    """Return the call that a step asks for."""
    method = find_method(resources, step.resource, step.method)
    wishes = {name: value for name, value in step.wishes.items() if _takes(method, name)}
    return partial(method, **step.arguments, **wishes)


def account_argument(account_id: int | str | None) -> dict[str, int | str]:
    """Return the account as an argument of a step."""
    # Left out, and not None: the client then puts in its own.
    return {} if account_id is None else {"account_id": account_id}


def poll(
    ask: Callable[[], Steps[Any]],
    choose: Callable[[Any], Any],
    asking: Asking[Any],
    lost_by: tuple[type[Exception], ...] = (TransportError,),
) -> Steps[Any]:
    """Ask until `choose(answer)` is not None, and return that; an answer that is lost on the way is asked for again.

    Lost is one that ends in an error of `lost_by`, or with a status that any call is repeated for.
    """
    lost = 0
    answer: Any = None
    while True:
        try:
            answer = yield from ask()
            lost = 0
        except Exception as error:
            # The run goes on whether or not one look at it fails.
            lost += 1
            is_lost = isinstance(error, lost_by) or getattr(error, "status_code", None) in RETRYABLE_STATUSES
            if lost > MAX_LOST_ANSWERS or not is_lost:
                raise
        chosen = None if lost else choose(answer)
        if chosen is not None:
            return chosen
        # Where nothing was answered there is nothing to report.
        yield SleepStep(asking.next_delay(answer, report=not lost))


def ask_once(step: CallStep) -> Steps[Any]:
    """Ask one step, as something to be asked again."""
    return (yield step)


def if_possible(ask: Steps[T]) -> Steps[T | None]:
    """Ask what only helps, and return None where it cannot be asked."""
    try:
        return (yield from ask)
    except (ApiError, CyaraAuthError, DecodingError) as error:
        if isinstance(error, ApiError):
            # What the portal says of the credential is never passed over, nor what the guard does.
            only_helps = error.status_code != _UNAUTHORIZED
        else:
            # Strict clients find drift in an answer that came all the same.
            only_helps = isinstance(error, (DecodingError, TransportError)) or bool(getattr(error, "drifts", ()))
        if not only_helps:
            raise
        return None


@contextmanager
def note_on_error(text: str) -> Generator[None]:
    """Say to whoever leaves here, by an error or Ctrl-C, what is left behind at the portal."""
    try:
        yield
    # Everything: Ctrl-C ends the script and not the campaign.
    except BaseException as error:
        error.add_note(text)
        raise

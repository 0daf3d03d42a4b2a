"""One operation, callable: arguments in, request out; answer in, typed value or error out."""

from __future__ import annotations

import sys
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _body, _request, _response
from ._body import Body
from ._request import Parameter
from ._response import Success
from .errors import UnverifiedOperationWarning
from .operations import OPERATIONS, Operation
from .types import UNSET, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._http import httpx
    from .client import ApiClient

T = TypeVar("T")

_warned: set[str] = set()
_OURS = (f"{__package__}.", "cyara_auth.")


def _stack_level() -> int:
    """Return how far up the first frame outside this package is, so that a warning points at the caller's line."""
    level = 1
    # Endpoint functions, resources, aliases and iterators have different numbers of our frames in between.
    frame = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the only way to count frames
    while frame.f_back is not None and f"{frame.f_globals.get('__name__', '')}.".startswith(_OURS):
        frame = frame.f_back
        level += 1
    return level


class Endpoint(Generic[T]):
    """What a generated module knows of its operation.

    Args:
        operation_id: key of the operation in `OPERATIONS`.
        url: path with Python names as placeholders.
        parameters: every parameter of path, query, header and cookie.
        bodies: accepted forms of the body.
        successes: documented successes, the first of which also stands for undocumented 2xx.
    """

    def __init__(
        self,
        operation_id: str,
        url: str,
        *,
        parameters: tuple[Parameter, ...] = (),
        bodies: tuple[Body, ...] = (),
        successes: tuple[Success, ...] = (),
    ) -> None:
        self.operation_id = operation_id
        # A fragment tells operations of one path apart in the document; it never travels.
        self.url = url.partition("#")[0]
        self.parameters = parameters
        self.bodies = bodies
        self.successes = successes

    @cached_property
    def operation(self) -> Operation:
        """Entry of the document's table of operations."""
        return OPERATIONS[self.operation_id]

    def request(self, arguments: Mapping[str, Any], body: object = UNSET) -> dict[str, Any]:
        """Return the keyword arguments for `httpx.Client.request`.

        The operation is in `extensions["cyara.operation"]`, for transports and hooks.

        Raises:
            ValueError: a path argument is missing or empty.
            TypeError: the body cannot be written in a form that the operation accepts.
        """
        operation = self.operation
        url, headers = _request.url_and_headers(self.url, self.parameters, arguments)
        call = _body.body_arguments(self.bodies, body)
        headers["Accept"] = operation.accept
        return {
            "method": operation.method,
            "url": url,
            **call,
            # A body's own headers (its media type and length) win over a parameter of the same name.
            "headers": {**headers, **call.get("headers", {})},
            "extensions": {"cyara.operation": operation},
        }

    def check(self, http: object) -> Any:
        """Have the HTTP client refuse a guess that it may not send, if it judges that; to be awaited in tasks."""
        if self.operation.evidence != "inferred":
            return None
        check = getattr(http, "check_operation", None)
        return None if check is None else check(self.operation)

    def warn(self) -> None:
        """Say once per process that this operation is inferred, if it is."""
        operation = self.operation
        if operation.evidence == "inferred" and operation.operation_id not in _warned:
            _warned.add(operation.operation_id)
            warnings.warn(
                f"{operation.operation_id} ({operation.method} {operation.path}) is inferred: "
                "nobody has seen the portal accept its path or bodies as they stand here. "
                "Regenerate the client from your portal's own document to know.",
                UnverifiedOperationWarning,
                stacklevel=_stack_level(),
            )

    def value(self, response: httpx.Response) -> T:
        """Return the typed value of a success.

        Raises:
            ApiError: any other status.
            DecodingError: the body is not what the document declares.
        """
        value: T = _response.read(self.operation, self.success(response), response)
        return value

    def success(self, response: httpx.Response) -> Success:
        """Return the documented success that an answer belongs to.

        Raises:
            ApiError: it is none.
        """
        success = _response.success_of(self.successes, response.status_code)
        if success is None:
            raise _response.api_error(self.operation, response)
        return success

    def response(self, response: httpx.Response) -> Response[T]:
        """Return everything that came back, whatever the status.

        Raises:
            DecodingError: a success whose body is not what the document declares.
        """
        success = _response.success_of(self.successes, response.status_code)
        return Response(
            status_code=response.status_code,
            content=response.content,
            headers=response.headers,
            parsed=None if success is None else _response.read(self.operation, success, response),
            error=_response.api_error(self.operation, response) if success is None else None,
        )

    def send(self, client: ApiClient, arguments: dict[str, Any]) -> httpx.Response:
        """Make the call."""
        http = client.get_httpx_client()
        self.check(http)
        self.warn()
        return http.request(**arguments)

    async def asend(self, client: ApiClient, arguments: dict[str, Any]) -> httpx.Response:
        """Make the call in an event loop."""
        http = client.get_async_httpx_client()
        if (checking := self.check(http)) is not None:
            await checking
        self.warn()
        return await http.request(**_body.for_async(arguments))


__all__ = ["Body", "Endpoint", "Parameter", "Success"]

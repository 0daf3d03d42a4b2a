"""Validation of a whole request by the document: path, query, headers, cookies, media type and body."""

from __future__ import annotations

from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import attrs

from cyara_tools.portal import media
from cyara_tools.portal.bodies import UnreadableBodyError, is_structured, read_body
from cyara_tools.portal.decode import ABSENT, from_header, from_path, from_query
from cyara_tools.portal.json_types import as_object
from cyara_tools.portal.schema_validator import SchemaValidator
from cyara_tools.portal.spelling import split_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cyara_tools.portal.document import Document, ServedOperation, ServedParameter
    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shapes


@attrs.frozen(kw_only=True)
class IncomingRequest:
    """A request as it arrived."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    """Names in lower case, in the order of the wire."""
    body: bytes
    body_is_known: bool = True
    """False for a request of which only the head is there to be judged."""

    def header(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value for key, value in self.headers if key == name]


@attrs.frozen(kw_only=True)
class ValidatedRequest:
    """What the document says about a request."""

    status: int
    """200 for a valid request, else 400 or 415."""
    reasons: tuple[str, ...]
    values: Mapping[str, Any]
    """Decoded parameters as `location.name`; what was left out is absent."""
    body: Any = None


@attrs.frozen(kw_only=True)
class RequestValidator:
    """Validates requests by one document."""

    document: Document
    shapes: Shapes

    def validate(
        self, operation: ServedOperation, path_values: Mapping[str, str], request: IncomingRequest
    ) -> ValidatedRequest:
        """Decode the whole request and collect every reason why it is not valid."""
        values: dict[str, Any] = {}
        reasons = list(self._parameters(operation, path_values, request, values))
        body, wrong_media, body_reasons = self._body(operation, request)
        reasons += body_reasons
        status = HTTPStatus.BAD_REQUEST if reasons else HTTPStatus.OK
        # ASP.NET chooses the reader of a body before it binds anything, so 415 wins over 400.
        if wrong_media:
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        return ValidatedRequest(status=status, reasons=tuple(reasons), values=values, body=body)

    def _parameters(
        self,
        operation: ServedOperation,
        path_values: Mapping[str, str],
        request: IncomingRequest,
        values: dict[str, Any],
    ) -> Iterator[str]:
        validator = SchemaValidator(shapes=self.shapes)
        query = parse_qs(request.query, keep_blank_values=True)
        # A query that belongs to the route chose the operation, so it is no unknown parameter.
        used = {name for name, _ in split_template(operation.path)[1]}
        # Read in one order and reported in another: that of the document is the one that a reader can follow.
        decoded = {
            (p.location, p.name): self._value(p, path_values, query, request, used)
            for p in sorted(operation.parameters, key=self._reading_order)
        }
        for parameter in operation.parameters:
            label = f"{parameter.location} parameter {parameter.name!r}"
            value = decoded[(parameter.location, parameter.name)]
            if value is not ABSENT:
                values[f"{parameter.location}.{parameter.name}"] = value
                yield from validator.reasons(value, parameter.schema, label)
            elif parameter.required:
                yield f"{label} is required"
        for name in query:
            if name not in used:
                yield f"query parameter {name!r} is not known to this operation"

    def _reading_order(self, parameter: ServedParameter) -> int:
        """Return how late to read a parameter: free-form objects take whatever keys all others leave over."""
        shape = self.shapes.of(parameter.schema)
        return shape.is_object + (shape.is_object and not shape.properties)

    def _value(
        self,
        parameter: ServedParameter,
        path_values: Mapping[str, str],
        query: Mapping[str, Sequence[str]],
        request: IncomingRequest,
        used: set[str],
    ) -> Json:
        match parameter.location:
            case "path":
                raw = path_values.get(parameter.name)
                return ABSENT if raw is None else from_path(raw, parameter, self.shapes)
            case "query":
                return from_query(query, parameter, self.shapes, used)
            case "header":
                return from_header(request.header(parameter.name.lower()), parameter, self.shapes)
            case "cookie":
                # A name stands once in a Cookie header, so a list can only be one text.
                joined = attrs.evolve(parameter, explode=False)
                return from_query(_cookies(request), joined, self.shapes, set())
            case _:
                return ABSENT

    def _body(self, operation: ServedOperation, request: IncomingRequest) -> tuple[Json, bool, list[str]]:
        """Return the decoded body, whether its media type is refused, and the reasons."""
        if not request.body_is_known:
            return None, False, []
        described = as_object(self.document.resolve(operation.raw.get("requestBody")))
        content = media.described(described)
        types = request.header("content-type")
        if not described:
            return None, False, ["this operation takes no body"] if request.body else []
        # A file may be empty; whoever names its type has sent it.
        if not request.body and not any(media.essence(name) == "application/octet-stream" for name in types):
            return None, False, ["a body is required"] if described.get("required") is True else []
        if content and len(types) != 1:
            return None, True, [f"a body needs one Content-Type header, there are {len(types)}"]
        listed = media.pick(types[0], content) if content else "*/*"
        if listed is None:
            return None, True, [f"the media type {types[0]!r} is not one of {', '.join(content)}"]
        return self._read(request.body, types, as_object(content.get(listed)))

    def _read(self, data: bytes, types: Sequence[str], described: Mapping[str, Json]) -> tuple[Json, bool, list[str]]:
        """Decode a body of an accepted media type and validate it, unless it is taken as it is."""
        content_type = types[0] if types else ""
        schema = as_object(described.get("schema"))
        try:
            body = read_body(data, content_type, described, self.shapes)
        except UnreadableBodyError as error:
            return None, False, [str(error)]
        if self.shapes.of(schema).is_binary or not is_structured(content_type):
            return body, False, []
        return body, False, SchemaValidator(shapes=self.shapes).reasons(body, schema, "body")


def _cookies(request: IncomingRequest) -> Mapping[str, Sequence[str]]:
    jar: SimpleCookie = SimpleCookie()
    for line in request.header("cookie"):
        try:
            jar.load(line)
        # ASP.NET ignores a cookie that it cannot read; a required one is then missing, which is said elsewhere.
        except CookieError:
            continue
    # ASP.NET Core undoes percent-encoding in cookies.
    return {name: [unquote(morsel.value)] for name, morsel in jar.items()}

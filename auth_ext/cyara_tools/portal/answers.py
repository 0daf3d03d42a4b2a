"""The answer that an operation of the document gives: which of its responses, in which media type, with which body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.portal import media
from cyara_tools.portal.json_types import as_object
from cyara_tools.portal.spelling import by_status
from cyara_tools.portal.synthesis import AnswerForm, Synthesis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.document import Document, ServedOperation
    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shapes

PROBLEM: Final = "application/problem+json"
WITHOUT_BODY: Final = frozenset({204, 205, 304})
UNDESCRIBED: Final[Json] = {"text": "anything", "number": 1, "nothing": None, "list": [1, "two"]}
"""What an operation answers whose document says nothing about the body: many real ones return JSON all the same."""


@attrs.frozen(kw_only=True)
class PortalAnswer:
    """An HTTP answer before it is sent."""

    status: int
    body: bytes = b""
    media_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(value: Json, *, status: int = 200, media_type: str = media.JSON) -> PortalAnswer:
    """Answer with a JSON text, compact as .NET writes it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return PortalAnswer(status=status, body=body, media_type=media_type)


def problem(status: int, title: str, detail: str, **more: Json) -> PortalAnswer:
    """Answer with a `ProblemDetails` body, as ASP.NET does."""
    kind = f"https://tools.ietf.org/html/rfc9110#section-15.{status // 100}"
    value = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return json_answer(value, status=status, media_type=PROBLEM)


@attrs.define(kw_only=True)
class AnswerFactory:
    """Makes answers from the schemas of one document, the same one for the same operation, form and seed."""

    document: Document
    shapes: Shapes
    seed: int = 0
    base_url: str = ""
    """What answers name where the document's examples name its server: links lead to the portal that gave them."""
    _made: dict[tuple[int, AnswerForm, str | None], PortalAnswer] = attrs.field(
        factory=dict[tuple[int, AnswerForm, str | None], PortalAnswer], init=False
    )

    def answer(self, operation: ServedOperation, *, form: AnswerForm, accept: str) -> PortalAnswer:
        """Make the answer to a valid request."""
        status, response = self.success(operation)
        content = media.described(response)
        chosen = media.negotiate(accept, content)
        # The id is unique, since operations live as long as their document.
        key = (id(operation), form, chosen)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._with_own_links(self._make(status, content, chosen, form))
        return found

    def _with_own_links(self, answer: PortalAnswer) -> PortalAnswer:
        # The whole body as bytes: links stand in texts, in XML and in examples, not only where a schema says `uri`.
        body = answer.body
        for server in self.document.servers() if self.base_url else ():
            body = body.replace(server.encode(), self.base_url.encode())
        return attrs.evolve(answer, body=body)

    def success(self, operation: ServedOperation) -> tuple[int, Mapping[str, Json]]:
        """Choose the response that means success: the lowest 2xx, else `2XX` or `default`, else 200 with no words."""
        responses = by_status(as_object(operation.raw.get("responses")))
        # `default` comes last: most documents describe their errors by it.
        codes = sorted(code for code in responses if code[:1] == "2" and code.isdigit())
        for code in (*codes, "2XX", "default"):
            if code in responses:
                return int(code) if code.isdigit() else 200, as_object(self.document.resolve(responses[code]))
        return 200, {}

    def _make(self, status: int, content: Mapping[str, Json], chosen: str | None, form: AnswerForm) -> PortalAnswer:
        if status in WITHOUT_BODY:
            return PortalAnswer(status=status)
        if chosen is None:
            return json_answer(UNDESCRIBED, status=status)
        described = as_object(content[chosen])
        schema = described.get("schema")
        # A range (`*/*`) is no type that an answer could have.
        media_type = media.JSON if "*" in chosen else chosen
        if media.is_json(media_type) and not self.is_binary(schema):
            value = self.value(schema, form, described.get("example"))
            return json_answer(value, status=status, media_type=media_type)
        return PortalAnswer(status=status, body=self._text(schema, described, form), media_type=media_type)

    def value(self, schema: Json, form: AnswerForm, example: Json = None) -> Json:
        """Make the JSON value of an answer."""
        if schema is None:
            return UNDESCRIBED if example is None else example
        synthesis = Synthesis(shapes=self.shapes, form=form, seed=self.seed)
        return synthesis.value(schema) if example is None else synthesis.value(schema, example)

    def is_binary(self, schema: Json) -> bool:
        """Whether a body is a file, whatever media type the document gives it."""
        shape = self.shapes.of(schema)
        # `file` is a type of Swagger 2.0, and stays behind in documents that were upgraded by hand.
        return "file" in shape.types or shape.is_binary

    def _text(self, schema: Json, content: Json, form: AnswerForm) -> bytes:
        example = as_object(content).get("example")
        if isinstance(example, str):
            return example.encode()
        if schema is None or self.is_binary(schema):
            # No UTF-8, a null byte, line ends and what looks like a multipart boundary: all that a client may break on.
            return b"any bytes: \x00\xff\r\n--+++--"
        value = self.value(schema, form)
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()

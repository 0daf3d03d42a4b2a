"""Values to send: the document's own examples, and where it has none, what its schemas allow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from cyara_tools.portal import media
from cyara_tools.portal.answers import AnswerFactory
from cyara_tools.portal.document import Document
from cyara_tools.portal.json_types import as_array, as_object, is_object
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.synthesis import AnswerForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.document import ServedOperation, ServedParameter
    from cyara_tools.portal.json_types import Json


@attrs.frozen
class Examples:
    """Makes examples for one document."""

    document: Document
    factory: AnswerFactory

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Examples:
        """Return the maker for a document."""
        document = Document(raw)
        return cls(document, AnswerFactory(document=document, shapes=Shapes(document)))

    def described(self, operation: ServedOperation, parameter: ServedParameter) -> dict[str, Any]:
        """Return a Parameter Object as the document has it, with its reference followed."""
        item = self.document.resolve(as_object(self.document.raw.get("paths")).get(operation.path))
        nodes = [*as_array(operation.raw.get("parameters")), *as_array(as_object(item).get("parameters"))]
        for node in nodes:
            found = as_object(self.document.resolve(node))
            same = str(found.get("name")).lower() == parameter.name.lower()
            if same and str(found.get("in")).lower() == parameter.location:
                return found
        return {}

    def parameter(self, operation: ServedOperation, parameter: ServedParameter) -> str:
        """Return the value of a parameter as text."""
        raw = self.described(operation, parameter)
        value = _example(raw)
        if value is None:
            value = self.factory.value(dict(parameter.schema), AnswerForm.FULL)
        return as_text(value)

    def body(self, schema: Json, content: Json) -> Json:
        """Return the value of a body."""
        given = _example(as_object(content))
        if given is None and is_object(schema):
            given = _example(self.factory.shapes.of(schema).keywords)
        # As it stands: what an example leaves out, a server may well refuse.
        return self.factory.value(schema, AnswerForm.FULL) if given is None else given

    def is_file(self, schema: Json) -> bool:
        """Whether a part of a form is a file."""
        return self.factory.is_binary(schema)

    def answer_fields(self, operation: ServedOperation) -> set[str]:
        """Return the fields of the answer that means success, where it is a JSON object."""
        _, response = self.factory.success(operation)
        content = media.described(response)
        chosen = next((name for name in content if media.is_json(name)), None)
        schema = as_object(content.get(chosen)).get("schema") if chosen else None
        return set(self.factory.shapes.of(schema).properties) if is_object(schema) else set()


def as_text(value: Json) -> str:
    """Return a value as it stands in an address or a form."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _example(node: Mapping[str, Any]) -> Json:
    # A Parameter Object and a Media Type Object name their examples; a schema of 3.1 lists them.
    named = next(iter(as_object(node.get("examples")).values()), None)
    listed = next(iter(as_array(node.get("examples"))), None)
    return node.get("example", as_object(named).get("value", listed))

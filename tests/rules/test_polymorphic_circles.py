"""A base class that reaches itself through its discriminator's mapping is walked once, not for ever."""

from __future__ import annotations

from typing import Any

import pytest

from cyara_tools.portal.document import Document
from cyara_tools.portal.schema import Shapes
from cyara_tools.portal.schema_validator import SchemaValidator


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _document() -> dict[str, Any]:
    kinds = {"animal": "#/components/schemas/Animal", "dog": "#/components/schemas/Dog"}
    animal = {
        "type": "object",
        "properties": {"$type": {"type": "string"}},
        "discriminator": {"propertyName": "$type", "mapping": kinds},
    }
    friends = {"type": "array", "items": {"oneOf": [_reference("Animal"), _reference("Dog")]}}
    dog = {"type": "object", "allOf": [_reference("Animal")], "properties": {"friends": friends}}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Small", "version": "v1"},
        "paths": {},
        "components": {"schemas": {"Animal": animal, "Dog": dog}},
    }


@pytest.mark.timeout(20)
def test_looking_for_enumerations_ends() -> None:
    assert not Shapes(Document(_document())).reaches_enum(_reference("Dog"))


@pytest.mark.timeout(20)
def test_judging_ends() -> None:
    validator = SchemaValidator(shapes=Shapes(Document(_document())), in_request=True)
    assert validator.is_valid({"$type": "animal"}, _reference("Animal"))
    assert not validator.is_valid({"$type": 1}, _reference("Animal"))

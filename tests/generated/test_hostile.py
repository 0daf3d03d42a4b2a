"""Text of a document stays text: nothing of it runs, in any place where templates or the index stage print it."""

from __future__ import annotations

import builtins
import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest
from generated_kit import build_package

if TYPE_CHECKING:
    from pathlib import Path

EVIL = [
    '"""; __import__("builtins").pwned = 1; """',
    "'''; __import__('builtins').pwned = 1; '''",
    '\\"""\nimport builtins\nbuiltins.pwned = 1\n"""',
    "{{ self.__init__.__globals__ }}{% raw %}",
    '{__import__("builtins").__dict__}',
    "line\r\nimport builtins; builtins.pwned = 1\u2028#\x0c\\",
    "ends with a backslash\\",
    'ends with a quote"',
]


def _document(text: str) -> dict[str, Any]:
    word = {"type": "string", "description": text, "example": text, "default": text}
    return {
        "openapi": "3.0.3",
        "info": {"title": text, "version": text, "description": text},
        "tags": [{"name": text, "description": text}],
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": f"Get{text}",
                    "tags": [f"T {text}"],
                    "summary": text,
                    "description": text,
                    "x-source": text,
                    "x-evidence": "documented",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": f"q{text}", "in": "query", "description": text, "schema": word, "style": text},
                    ],
                    "responses": {
                        "200": {
                            "description": text,
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                        }
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "description": text,
                    "properties": {f"p{text}": word, "kind": {"type": "string", "enum": [text, "plain"]}},
                }
            }
        },
    }


@pytest.mark.parametrize("number", range(len(EVIL)))
def test_hostile_text_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    name = f"hostile_client_{number}"
    root = build_package(_document(EVIL[number]), tmp_path, name)
    monkeypatch.syspath_prepend(str(root))
    for path in sorted((root / name).rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        importlib.import_module(module)
    assert not hasattr(builtins, "pwned")
    thing = sys.modules[f"{name}.models"].Thing
    wire = {f"p{EVIL[number]}": "x", "kind": EVIL[number]}
    read = thing.from_dict(wire)
    assert read.to_dict() == wire or read.additional_properties

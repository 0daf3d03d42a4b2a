"""From the bytes of an answer to typed objects: ours beside pydantic v2, msgspec, the stock generator and bare JSON.

10,000 objects of about 2.9 kB each, in pages as an API sends them: nested objects, dates with seven digits, time
spans, enumerations, nulls and a few lists. The document is made here, and generated twice: by our pipeline and
by the stock generator with its own templates.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import Row, generate_stock, in_turn, run_quietly
from peers import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
OBJECTS = 10_000
PAGE = 50

_TEXT = {"type": "string"}
_SCHEMAS: dict[str, Any] = {
    "Status": {"type": "string", "enum": ["Running", "Queued", "Scheduled"]},
    "Owner": {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": _TEXT,
            "email": {"type": "string", "nullable": True},
        },
    },
    "Step": {
        "type": "object",
        "required": ["number", "description"],
        "properties": {
            "number": {"type": "integer"},
            "description": _TEXT,
            "expected": {"type": "string", "nullable": True},
            "duration": {"type": "string", "format": "time-span", "nullable": True},
            "confidence": {"type": "number", "nullable": True},
            "started": {"type": "string", "format": "date-time", "nullable": True},
        },
    },
    "Thing": {
        "type": "object",
        "required": ["thingId", "name"],
        "properties": {
            "thingId": {"type": "integer"},
            "name": _TEXT,
            "status": {"$ref": "#/components/schemas/Status"},
            "created": {"type": "string", "format": "date-time"},
            "changed": {"type": "string", "format": "date-time", "nullable": True},
            "owner": {"$ref": "#/components/schemas/Owner"},
            "steps": {"type": "array", "items": {"$ref": "#/components/schemas/Step"}, "nullable": True},
            "tags": {"type": "array", "items": _TEXT, "nullable": True},
            **{f"text{number}": {"type": "string", "nullable": True} for number in range(TEXTS)},
            **{f"count{number}": {"type": "integer", "nullable": True} for number in range(8)},
        },
    },
    "ThingPage": {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
            "totalResults": {"type": "integer"},
        },
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Benchmark", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "operationId": "GetThings",
                "tags": ["Things"],
                "responses": {
                    "200": {
                        "description": "One page.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingPage"}}},
                    }
                },
            }
        }
    },
    "components": {"schemas": _SCHEMAS},
}


def thing(number: int) -> dict[str, Any]:
    """Return one object of about 2.9 kB."""
    return {
        "thingId": number,
        "name": f"[ACTION] - Thing number {number}",
        "status": ("Running", "Queued", "Scheduled")[number % 3],
        "created": "2019-04-26T21:15:11.8071332Z",
        "changed": None if number % 2 else "2020-01-02T03:04:05.1234567Z",
        "owner": {"id": f"7d444840-9dc0-11d1-b245-5ffdce74{number % 200:04x}", "name": "Somebody", "email": None},
        "steps": [
            {
                "number": step,
                "description": f"Step {step} says a sentence of ordinary length and waits",
                "expected": "Welcome, please say what you need" if step % 2 else None,
                "duration": f"00:00:{(number + step) % 10:02}.{number % 100:02}00000",
                "confidence": 0.83,
                "started": "2019-04-26T21:15:11.8071332Z",
            }
            for step in range(8)
        ],
        "tags": ["nightly", "voice", "regression"],
        **{f"text{index}": f"some text of the field number {index}" if index % 3 else None for index in range(TEXTS)},
        **{f"count{index}": index * number for index in range(8)},
    }


def pages() -> list[bytes]:
    """Return the objects as the portal sends them."""
    return [
        json.dumps(
            {"results": [thing(start + offset) for offset in range(PAGE)], "totalResults": OBJECTS},
            separators=(",", ":"),
        ).encode()
        for start in range(0, OBJECTS, PAGE)
    ]


def generate(folder: Path) -> tuple[Path, Path]:
    """Build the client with our pipeline and with the stock generator; return both source roots."""
    source = folder / "document.json"
    source.write_text(json.dumps(DOCUMENT))
    ours, stock = folder / "ours", folder / "stock"
    build = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "build", "--source", str(source)]
    run_quietly([*build, "--into", str(ours), "--no-verify"])
    generate_stock(source, stock)
    return ours / "generated", stock


def _load(root: Path, package: str, module: str) -> Any:
    """Import from a source root, ahead of any installed package of the same name."""
    # A package that is imported already would be found again, whatever stands first on the path.
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    sys.path.insert(0, str(root))
    try:
        return importlib.import_module(f"{package}.{module}")
    finally:
        sys.path.remove(str(root))


def readers(folder: Path) -> dict[str, Callable[[list[bytes]], object]]:
    """Return, by name, functions that turn the pages into objects."""
    # Not at the top: importers of DOCUMENT need neither pydantic nor msgspec.
    from peers import things as peers

    ours, stock = generate(folder)
    generated_json = _load(ours, "cyara_client", "_json")
    # The installed client was forgotten by `_load`, so these come from the package that was just built.
    decode: Any = importlib.import_module("cyara_client._decode").decode
    page: Any = importlib.import_module("cyara_client.models").ThingPage
    stock_page = _load(stock, "stock_client", "models").ThingPage
    loads, fast = generated_json.loads, generated_json._fast  # noqa: SLF001 - the two faces of the decoder

    def ours_standard(contents: list[bytes]) -> object:
        return [decode(page, json.loads(content)) for content in contents]

    def ours_fast(contents: list[bytes]) -> object:
        return [decode(page, loads(content)) for content in contents]

    found: dict[str, Callable[[list[bytes]], object]] = {
        "ours": ours_standard,
        "json.loads alone": lambda contents: [json.loads(content) for content in contents],
        "pydantic v2": lambda contents: [peers.PydanticPage.model_validate_json(content) for content in contents],
        "msgspec": lambda contents: [peers.msgspec_page(content) for content in contents],
        "stock generator": lambda contents: [stock_page.from_dict(json.loads(content)) for content in contents],
    }
    if fast is not None:
        found["ours with orjson"] = ours_fast
    return found


def measure() -> list[Row]:
    """Return the rows of the table."""
    contents = pages()
    size = sum(map(len, contents)) / OBJECTS
    note = f"{OBJECTS:,} objects of {size:,.0f} bytes, from bytes"
    with tempfile.TemporaryDirectory() as folder:
        found = readers(Path(folder))
        ours = found.pop("ours")
        rows = []
        for name, bar in (
            ("pydantic v2", 0.75),
            ("json.loads alone", None),
            ("stock generator", None),
            ("msgspec", None),
        ):
            pair = in_turn(lambda: ours(contents), lambda peer=found[name]: peer(contents), rounds=3)
            rows.append(Row(claim="decode answers", figure=pair.ratio, peer=name, bar=bar, note=note))
        if "ours with orjson" in found:
            fast = found["ours with orjson"]
            for name, bar in (("pydantic v2", 0.75), ("json.loads alone", 1.3)):
                pair = in_turn(lambda: fast(contents), lambda peer=found[name]: peer(contents), rounds=3)
                rows.append(Row(claim="decode answers, extra `fast`", figure=pair.ratio, peer=name, bar=bar, note=note))
        # A cost that grows faster than the number of objects shows only in a comparison with itself.
        grown = in_turn(lambda: ours(contents), lambda: [ours(contents[: len(contents) // 10])], rounds=3)
        rows.append(Row(claim="10 times the objects", figure=grown.ratio, peer="1,000 objects", bar=10.5))
    return rows

"""Time and memory of importing one endpoint or one resource, beside `import httpx, attrs`, in fresh processes.

Timed inside the process, so the start of the interpreter does not flatter the ratio. Once for the bundled document,
once for a document with 1,300 schemas that is made here, and once for that document in the stock generator's form.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import Pair, Row

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = 1_300
OPERATIONS = 130
ROUNDS = 9

_BASE = "import httpx, attrs"
_ENDPOINT = "from cyara_client.api.{tag} import {name}"
_RESOURCE = "from cyara_client.resources import SyncResources; SyncResources(None).{tag}"
_TIMED = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.perf_counter()
{code}
print(time.perf_counter() - began)
"""
_WEIGHED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
{code}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def document() -> dict[str, Any]:
    """Return a document with 1,300 schemas that refer to each other, and one operation for every tenth."""
    schemas = {
        f"Thing{number}": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string", "nullable": True},
                "created": {"type": "string", "format": "date-time"},
                "other": {"$ref": f"#/components/schemas/Thing{(number * 7 + 1) % SCHEMAS}"},
                "more": {
                    "type": "array",
                    "items": {"$ref": f"#/components/schemas/Thing{(number * 3 + 2) % SCHEMAS}"},
                },
                **{f"text{field}": {"type": "string"} for field in range(6)},
            },
        }
        for number in range(SCHEMAS)
    }
    paths = {
        f"/things{number}": {
            "get": {
                "operationId": f"GetThing{number}",
                "tags": [f"Group{number % 13}"],
                "responses": {
                    "200": {
                        "description": "One thing.",
                        "content": {
                            "application/json": {"schema": {"$ref": f"#/components/schemas/Thing{number * 10}"}}
                        },
                    }
                },
            }
        }
        for number in range(OPERATIONS)
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Benchmark", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _printed(code: str, root: Path) -> float:
    """Run code in a fresh interpreter and return the number that it prints."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, str(root)], check=True, capture_output=True, text=True, cwd="/"
    )
    return float(done.stdout)


def beside(code: str, root: Path) -> Pair:
    """Time an import beside `import httpx, attrs`, in turn."""
    ours, base = _TIMED.format(code=code), _TIMED.format(code=_BASE)
    _printed(ours, root)  # writes the bytecode
    pairs = [(_printed(ours, root), _printed(base, root)) for _ in range(ROUNDS)]
    return Pair(subject=tuple(pair[0] for pair in pairs), peer=tuple(pair[1] for pair in pairs))


def megabytes(code: str, root: Path) -> float:
    """Return the highest resident size of a fresh process after an import."""
    units = 1024 * 1024 if sys.platform == "darwin" else 1024
    return _printed(_WEIGHED.format(code=code), root) / units


def build(folder: Path) -> tuple[Path, Path]:
    """Generate the document with 1,300 schemas by our corridor and by the stock generator; return the source roots."""
    source = folder / "document.json"
    source.write_text(json.dumps(document()))
    ours, stock = folder / "ours", folder / "stock"
    stock.mkdir()
    corridor = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "build", "--source", str(source)]
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(source), "--meta", "none"]
    commands = (
        [*corridor, "--into", str(ours), "--no-verify"],
        [*generator, "--output-path", str(stock / "stock_client")],
    )
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own interpreter
    return ours / "generated", stock


def _first(package: Path) -> dict[str, str]:
    """Return tag and name of the first endpoint module; each generator spells them its own way."""
    path = min(package.glob("api/*/get_*.py"))
    return {"tag": path.parent.name, "name": path.stem}


def measure() -> list[Row]:
    """Return the rows of the table."""
    rows: list[Row] = []
    peer = "import httpx, attrs"
    with tempfile.TemporaryDirectory() as folder:
        large, stock = build(Path(folder))
        bundled = ROOT / "generated"
        first = _first(large / "cyara_client")
        cases = (
            ("one endpoint, bundled document", _ENDPOINT.format(tag="campaigns", name="get_campaigns"), bundled),
            ("one resource, bundled document", _RESOURCE.format(tag="campaigns"), bundled),
            ("one endpoint, 1,300 schemas", _ENDPOINT.format(**first), large),
            ("one resource, 1,300 schemas", _RESOURCE.format(**first), large),
        )
        for claim, code, root in cases:
            ratio = beside(f"{_BASE}; {code}", root).ratio
            rows.append(Row(claim=f"import {claim}", figure=ratio, peer=peer, bar=1.25))
        stock_code = "from stock_client.api.{tag} import {name}".format(**_first(stock / "stock_client"))
        rows.append(
            Row(claim="import one endpoint, 1,300 schemas, stock", figure=beside(stock_code, stock).ratio, peer=peer)
        )
        weight = megabytes(f"{_BASE}; {cases[2][1]}; import cyara_client.models", large)
        rows.append(Row(claim="memory after import, 1,300 schemas", figure=weight, unit="MB", bar=35))
        rows.append(Row(claim="memory of `import httpx, attrs` alone", figure=megabytes(_BASE, large), unit="MB"))
        rows.append(Row(claim="memory after import, stock", figure=megabytes(stock_code, stock), unit="MB"))
        small = _printed(_TIMED.format(code=f"{_BASE}; {cases[0][1]}"), bundled)
        flat = min(_printed(_TIMED.format(code=f"{_BASE}; {cases[2][1]}"), large) for _ in range(ROUNDS)) / small
        rows.append(Row(claim="import with 20 times the schemas", figure=flat, peer="bundled document", bar=1.25))
    return rows

"""Time and memory of importing one endpoint or one resource, beside `import httpx, attrs`, in fresh processes.

Once for the bundled document, once for a document with 1,300 schemas that is made here, and once for that document in
the stock generator's form. A tenth of that document says how import time grows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import Pair, Row, generate_stock, run_quietly

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = 1_300
PER_OPERATION = 10
ROUNDS = 7

_BASE = "import httpx, attrs"
_ENDPOINT = "from cyara_client.api.{tag} import {name}"
_RESOURCE = "from cyara_client.resources import SyncResources; SyncResources(None).{tag}"
_CONNECT = "from cyara_auth import connect"
# What importing leaves out is paid here, once; no client of httpx is made before the first call.
_MAKE = f"connect('https://portal.example', '{'0' * 32}:{'A' * 43}=', store='memory:')"
# Timed inside the process, so that the start of the interpreter does not flatter the ratio. Nor may httpx's own command
# line, which `import httpx` loads wherever click is installed.
_TIMED = """
import sys, time
sys.path.insert(0, sys.argv[1])
sys.modules["click"] = None
began = time.perf_counter()
{code}
print(time.perf_counter() - began)
"""
_WEIGHED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
sys.modules["click"] = None
{code}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def document(count: int) -> dict[str, Any]:
    """Return a document with so many schemas that refer to each other, and one operation for every tenth."""
    schemas = {
        f"Thing{number}": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string", "nullable": True},
                "created": {"type": "string", "format": "date-time"},
                "other": {"$ref": f"#/components/schemas/Thing{(number * 7 + 1) % count}"},
                "more": {
                    "type": "array",
                    "items": {"$ref": f"#/components/schemas/Thing{(number * 3 + 2) % count}"},
                },
                **{f"text{field}": {"type": "string"} for field in range(6)},
            },
        }
        for number in range(count)
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
                            "application/json": {
                                "schema": {"$ref": f"#/components/schemas/Thing{number * PER_OPERATION}"}
                            }
                        },
                    }
                },
            }
        }
        for number in range(count // PER_OPERATION)
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Benchmark", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _printed(code: str, root: Path) -> float:
    """Run code in a fresh interpreter, with bytecode whatever the caller's settings, and return what it prints."""
    # PYTHONDONTWRITEBYTECODE above all: without bytecode the compiler would be measured.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, str(root)],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        env=environment,
    )
    return float(done.stdout)


def beside(code: str, root: Path, peer: str = _BASE, peer_root: Path | None = None) -> Pair:
    """Time an import beside another, by default `import httpx, attrs`, in turn."""
    subject, other = _TIMED.format(code=code), _TIMED.format(code=peer)
    # The first run writes the bytecode.
    _printed(subject, root)
    _printed(other, peer_root or root)
    pairs = [(_printed(subject, root), _printed(other, peer_root or root)) for _ in range(ROUNDS)]
    return Pair(subject=tuple(pair[0] for pair in pairs), peer=tuple(pair[1] for pair in pairs))


def megabytes(code: str, root: Path) -> float:
    """Return the highest resident size of a fresh process after an import; its bytecode has to be there."""
    # `ru_maxrss` counts bytes on macOS and KiB elsewhere.
    units = 1024 * 1024 if sys.platform == "darwin" else 1024
    return _printed(_WEIGHED.format(code=code), root) / units


def ours(folder: Path, count: int) -> Path:
    """Build a document with so many schemas by our pipeline; return the source root."""
    source, output = folder / f"{count}.json", folder / f"ours-{count}"
    source.write_text(json.dumps(document(count)))
    build = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "build", "--source", str(source)]
    run_quietly([*build, "--into", str(output), "--no-verify"])
    return output / "generated"


def _first(package: Path) -> dict[str, str]:
    """Return tag and name of the first endpoint module; each generator spells them its own way."""
    path = min(package.glob("api/*/get_*.py"))
    return {"tag": path.parent.name, "name": path.stem}


def measure() -> list[Row]:
    """Return the rows of the table."""
    peer = "import httpx, attrs"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small, stocks = ours(folder, SCHEMAS), ours(folder, SCHEMAS // 10), folder / "stock"
        generate_stock(folder / f"{SCHEMAS}.json", stocks)
        bundled = ROOT / "generated"
        first = _first(large / "cyara_client")
        endpoint = f"{_BASE}; {_ENDPOINT.format(**first)}"
        cases = (
            ("one endpoint, bundled document", _ENDPOINT.format(tag="campaigns", name="get_campaigns"), bundled),
            ("one resource, bundled document", _RESOURCE.format(tag="campaigns"), bundled),
            ("one endpoint, 1,300 schemas", _ENDPOINT.format(**first), large),
            ("one resource, 1,300 schemas", _RESOURCE.format(**first), large),
        )
        rows = [
            Row(claim=f"import {claim}", figure=beside(f"{_BASE}; {code}", root).ratio, peer=peer, bar=1.25)
            for claim, code, root in cases
        ]
        # Without a bar: it brings the guard, which the others do not have.
        connecting = beside(f"{_BASE}; {_CONNECT}", bundled).ratio
        rows.append(Row(claim=f"`{_CONNECT}`", figure=connecting, peer=peer, bar=1.4))
        making = beside(f"{_BASE}; {_CONNECT}; {_MAKE}", bundled).ratio
        rows.append(Row(claim=f"`{_CONNECT}`, and a client made", figure=making, peer=peer))
        flat = beside(endpoint, large, endpoint, small).ratio
        rows.append(Row(claim="import with 10 times the schemas", figure=flat, peer="130 schemas", bar=1.25))
        stock_code = "from stock_client.api.{tag} import {name}".format(**_first(stocks / "stock_client"))
        slow = beside(stock_code, stocks).ratio
        rows.append(Row(claim="import one endpoint, 1,300 schemas, stock", figure=slow, peer=peer))
        models = f"{endpoint}; import cyara_client.models"
        # The first run writes the bytecode.
        megabytes(models, large)
        rows += [
            Row(claim="memory after import, 1,300 schemas", figure=megabytes(models, large), unit="MB", bar=35),
            Row(claim="memory of `import httpx, attrs` alone", figure=megabytes(_BASE, large), unit="MB"),
            Row(claim="memory after import, stock", figure=megabytes(stock_code, stocks), unit="MB"),
        ]
    return rows

"""The `index` stage: complete a package that the generator has just written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.index.about import render_package_init
from pipeline.index.modules import model_modules, read_endpoints
from pipeline.index.pages import Paged, paged
from pipeline.index.resources import render_resource, render_resources
from pipeline.index.table import operation_rows, operations_by_id, render_table

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNTIME = Path(__file__).with_name("runtime")
"""Modules that every generated package shares, copied as they stand."""


def write_index(  # noqa: PLR0913 - the seam of the corridor: one argument for each input
    package_dir: Path,
    *,
    received: Mapping[str, Any],
    effective: Mapping[str, Any],
    names: object = None,  # noqa: ARG001 - part of the seam; names are final in `effective`
    public_operations: Mapping[str, Any] | None = None,
    platform: str | None = None,
    spec_sha256: str = "",
    upstream_bytes: bytes = b"{}",
    endpoints: object = None,  # noqa: ARG001 - part of the seam; the modules themselves say more
    aliases: Mapping[str, Any] | None = None,  # noqa: ARG001 - see pipeline.index.aliases
) -> None:
    """Write into the package what templates cannot.

    Args:
        package_dir: the package, fresh from the generator.
        received: the document as received, upgraded to 3.x.
        effective: the document that the generator read.
        names: the map of names; unused, the effective document carries the final ones.
        public_operations: `openapi/public-operations.yaml`, parsed; empty when it belongs to another document.
        platform: platform release that the document belongs to, if known.
        spec_sha256: hash of the document as received.
        upstream_bytes: the document itself, which goes along as package data.
        endpoints: what the generator wrote; unused, the modules are read back instead.
        aliases: `openapi/aliases.json`, parsed.
    """
    for path in sorted(RUNTIME.glob("*.py")):
        if path.name != "__init__.py":
            shutil.copyfile(path, package_dir / path.name)
    (package_dir / "py.typed").write_bytes(b"")
    (package_dir / "openapi.json").write_bytes(upstream_bytes)
    modules = read_endpoints(package_dir)
    models = model_modules(package_dir)
    known = operations_by_id(effective)
    pages: dict[str, Paged] = {}
    for module in modules:
        method, _, _, operation = known[module.operation_id]
        shape = paged(package_dir, module, models, operation) if method == "GET" else None
        if shape is not None:
            pages[module.operation_id] = shape
    public = frozenset(str(name) for name in (public_operations or {}).get("operations") or ())
    rows = operation_rows(modules, received=received, effective=effective, public_operations=public, pages=pages)
    _write(package_dir / "_operations_table.py", render_table(rows))
    tags: dict[str, str] = {}
    for tag in sorted({module.tag for module in modules}):
        of_tag = [module for module in modules if module.tag == tag]
        tags[tag], source = render_resource(tag, of_tag, pages, models)
        _write(package_dir / "resources" / f"{tag}.py", source)
    _write(package_dir / "resources" / "__init__.py", render_resources(tags))
    _write(package_dir / "__init__.py", render_package_init(platform=platform, spec_sha256=spec_sha256))


def _write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source.encode())

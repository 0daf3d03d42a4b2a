"""The `index` stage: complete a package that the generator has just written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.index.about import render_package_init
from pipeline.index.aliases import (
    ModelAlias,
    OperationAlias,
    model_aliases,
    operation_aliases,
    render_model_alias,
    render_operation_alias,
)
from pipeline.index.lazy import render_models, render_package
from pipeline.index.modules import EndpointModule, model_modules, read_endpoints
from pipeline.index.pages import Paged, paged
from pipeline.index.resources import TagModules, render_resource, render_resources
from pipeline.index.rows import render_rows, rows_at
from pipeline.index.table import operation_rows, operations_by_id, render_table

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNTIME = Path(__file__).with_name("runtime")
"""Modules that every generated package shares, copied as they stand."""


def write_index(  # noqa: PLR0913 - one argument for each input of the stage
    package_dir: Path,
    *,
    received: Mapping[str, Any],
    effective: Mapping[str, Any],
    public_operations: Mapping[str, Any] | None = None,
    platform: str | None = None,
    spec_sha256: str = "",
    upstream_bytes: bytes = b"{}",
    corrected: bytes | None = None,
    aliases: Mapping[str, Any] | None = None,
) -> None:
    """Write into the package what templates cannot.

    Args:
        package_dir: the package, fresh from the generator.
        received: the document as received, upgraded to 3.x and corrected by overlays.
        effective: the document that the generator read.
        public_operations: `openapi/public-operations.yaml`, parsed; empty when it belongs to another document.
        platform: platform release that the document belongs to, if known.
        spec_sha256: hash of the document as received.
        upstream_bytes: the document itself, which goes along as package data.
        corrected: the same, upgraded and with the overlays' corrections, where it is not the document itself.
        aliases: `openapi/aliases.json`, parsed.
    """
    for path in sorted(RUNTIME.glob("*.py")):
        if path.name != "__init__.py":
            shutil.copyfile(path, package_dir / path.name)
    (package_dir / "py.typed").write_bytes(b"")
    (package_dir / "openapi.json").write_bytes(upstream_bytes)
    if corrected is not None:
        (package_dir / "openapi-corrected.json").write_bytes(corrected)
    # Read back from what was written, and not worked out of the document once more: so the two cannot disagree.
    modules = read_endpoints(package_dir)
    models = model_modules(package_dir)
    known = operations_by_id(effective)
    pages: dict[str, Paged] = {}
    for module in modules:
        method, _, _, operation = known[module.operation_id]
        # Only a GET is repeated for every page without a thought: nothing else is known to change nothing.
        shape = paged(package_dir, module, models, operation) if method == "GET" else None
        if shape is not None:
            pages[module.operation_id] = shape
    public = frozenset(str(name) for name in (public_operations or {}).get("operations") or ())
    rows = operation_rows(modules, received=received, effective=effective, public_operations=public, pages=pages)
    _write(package_dir / "_operations_table.py", render_table(rows))
    _write(package_dir / "_rows.py", render_rows(rows_at(package_dir, modules, models, pages)))
    tags = _by_tag(modules, operation_aliases(aliases or {}, modules))
    _write_api(package_dir, tags)
    _write_resources(package_dir, tags, pages, models)
    _write_model_aliases(package_dir, model_aliases(aliases or {}, models), models)
    _write(package_dir / "__init__.py", render_package_init(platform=platform, spec_sha256=spec_sha256))


def _by_tag(modules: list[EndpointModule], aliases: list[OperationAlias]) -> list[TagModules]:
    tags = sorted({module.tag for module in modules} | {alias.tag for alias in aliases})
    return [
        TagModules(
            tag=tag,
            modules=[module for module in modules if module.tag == tag],
            aliases=[alias for alias in aliases if alias.tag == tag],
        )
        for tag in tags
    ]


def _write_api(package: Path, tags: list[TagModules]) -> None:
    title = "Endpoint functions, one package per tag, each imported when it is first used."
    _write(package / "api" / "__init__.py", render_package(title, [of_tag.tag for of_tag in tags]))
    for of_tag in tags:
        folder = package / "api" / of_tag.tag
        names = [module.name for module in of_tag.modules] + [alias.name for alias in of_tag.aliases]
        title = f"Endpoint functions of the tag `{of_tag.tag}`, each module imported when it is first used."
        _write(folder / "__init__.py", render_package(title, names))
        for alias in of_tag.aliases:
            _write(folder / f"{alias.name}.py", render_operation_alias(alias))


def _write_resources(
    package: Path, tags: list[TagModules], pages: Mapping[str, Paged], models: Mapping[str, str]
) -> None:
    classes: dict[str, str] = {}
    for of_tag in tags:
        classes[of_tag.tag], source = render_resource(of_tag, pages, models)
        _write(package / "resources" / f"{of_tag.tag}.py", source)
    _write(package / "resources" / "__init__.py", render_resources(classes))


def _write_model_aliases(package: Path, aliases: list[ModelAlias], models: Mapping[str, str]) -> None:
    """Write the models' `__init__` again, with earlier names in it, and a module for each of those."""
    _write(
        package / "models" / "__init__.py",
        render_models({**models, **{alias.old: alias.module for alias in aliases}}),
    )
    for alias in aliases:
        _write(package / "models" / f"{alias.module}.py", render_model_alias(alias, models))


def _write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # As bytes: in text mode Windows would write CRLF, and the lock hashes bytes.
    path.write_bytes(source.encode())

"""The real generator over a document, in this process: what it says, what it parsed, what it wrote."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from pipeline.normalise import Change, NameMap, RuleSwitches, normalise
from pipeline.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = Path(__file__).parents[2] / "openapi" / "templates"


@define(kw_only=True)
class Generated:
    """One run of the generator."""

    effective: dict[str, Any]
    changes: list[Change]
    names: NameMap
    folder: Path
    complaints: list[str]
    data: GeneratorData | None

    def endpoint(self, name: str) -> Any:
        """Return the parsed endpoint of a module, whatever its tag."""
        assert self.data is not None, self.complaints
        for collection in self.data.endpoint_collections_by_tag.values():
            for endpoint in collection.endpoints:
                if endpoint.name == name:
                    return endpoint
        raise AssertionError(f"no endpoint {name}: {self.complaints}")

    def model(self, name: str) -> dict[str, str]:
        """Return the properties of a class, wire name to Python type."""
        assert self.data is not None, self.complaints
        for model in self.data.models:
            if model.class_info.name == name:
                properties = [*(model.required_properties or []), *(model.optional_properties or [])]
                return {
                    part.name.get_untrusted_value(): part.get_type_string().as_unembedded_code() for part in properties
                }
        raise AssertionError(f"no model {name}: {self.complaints}")

    def enum(self, name: str) -> dict[str, object]:
        """Return the members of an enumeration, name to value."""
        assert self.data is not None, self.complaints
        for found in self.data.enums:
            if found.class_info.name == name:
                return dict(found.values)
        raise AssertionError(f"no enumeration {name}: {self.complaints}")

    def modules(self) -> list[str]:
        """Return the endpoint modules on disk, as ``tag/operation``."""
        found = (path for path in (self.folder / "api").glob("*/*.py") if path.name != "__init__.py")
        return sorted(f"{path.parent.name}/{path.stem}" for path in found)

    def imports(self) -> bool:
        """Return whether every module of the package can be imported; raises what they raise."""
        package = self.folder.name
        sys.path.insert(0, str(self.folder.parent))
        try:
            for path in sorted(self.folder.rglob("*.py")):
                inner = path.relative_to(self.folder).with_suffix("").parts
                importlib.import_module(".".join([package, *(part for part in inner if part != "__init__")]))
        finally:
            sys.path.remove(str(self.folder.parent))
            for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
                del sys.modules[name]
        return True


@pytest.fixture
def generated(tmp_path: Path) -> Callable[..., Generated]:
    """Return a function that upgrades, normalises and generates; rules named in ``off`` do not run.

    The stock templates are used unless ``ours``, since they show what the generator makes of a document by itself.
    """
    runs = 0

    def run(
        document: dict[str, Any], *, off: tuple[str, ...] = (), ours: bool = False, names: NameMap | None = None
    ) -> Generated:
        nonlocal runs
        runs += 1
        result = normalise(upgrade(document).document, names=names or NameMap(), rules=RuleSwitches(off=frozenset(off)))
        folder = tmp_path / f"package_{abs(hash(tmp_path.name))}_{runs}"
        settings = ConfigFile(
            content_type_overrides=result.document.get("x-cyara-content-type-overrides", {}),
            package_name_override=folder.name,
            post_hooks=[],
        )
        config = Config.from_sources(settings, MetaType.NONE, Path("x"), "utf-8", overwrite=False, output_path=folder)
        outcome = Generated(
            effective=result.document,
            changes=result.changes,
            names=result.names,
            folder=folder,
            complaints=[],
            data=None,
        )
        parsed = GeneratorData.from_dict(json.loads(json.dumps(result.document)), config=config)
        if not isinstance(parsed, GeneratorData):
            outcome.complaints.append(f"{parsed.header}: {parsed.detail}")
            return outcome
        project = Project(openapi=parsed, config=config, custom_template_path=OURS if ours else None)
        project.env.globals.update(effective=result.document, aliases={})
        outcome.data = parsed
        outcome.complaints += [f"{error.header}: {error.detail}" for error in project.build()]
        return outcome

    return run

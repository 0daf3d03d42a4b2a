"""What was really generated: endpoint and model modules, read back as syntax trees."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from pathlib import Path


@attrs.frozen(kw_only=True)
class EndpointModule:
    """One generated endpoint module.

    Attributes:
        tag: package below `api`.
        name: module below the tag.
        operation_id: key of the operation.
        sync: the function `sync`, whose signature all four share.
        imports: import statements below TYPE_CHECKING, with the module's own dots.
        locations: location by Python name of each parameter.
        wires: name on the wire by Python name of each parameter.
    """

    tag: str
    name: str
    operation_id: str
    sync: ast.FunctionDef
    imports: tuple[ast.stmt, ...]
    locations: dict[str, str]
    wires: dict[str, str]

    @property
    def arguments(self) -> list[tuple[ast.arg, bool]]:
        """Every argument but `client`, in order, and whether it has to be given."""
        given = self.sync.args
        pairs = [(argument, True) for argument in given.args]
        pairs += [
            (argument, default is None) for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        ]
        return [(argument, required) for argument, required in pairs if argument.arg != "client"]

    @property
    def result(self) -> ast.expr:
        """Type that `sync` returns."""
        if self.sync.returns is None:
            raise ValueError(f"{self.tag}.{self.name}: sync has no return type")
        return self.sync.returns


def _literal(node: ast.expr | None) -> str:
    value = None if node is None else ast.literal_eval(node)
    if not isinstance(value, str):
        raise TypeError("text expected in a generated module")
    return value


def read_endpoint(path: Path) -> EndpointModule:
    """Read one endpoint module back.

    Raises:
        ValueError: the module does not have the shape that our template gives it.
    """
    # Parsed, not imported: code of an untrusted document runs nowhere but in a confined child.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sync = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "sync"), None)
    endpoint = next(
        (
            node.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ENDPOINT"
        ),
        None,
    )
    if sync is None or not isinstance(endpoint, ast.Call):
        raise ValueError(f"{path.name} is not an endpoint module of our template")
    checking = next((node for node in tree.body if isinstance(node, ast.If)), None)
    rows = next((keyword.value for keyword in endpoint.keywords if keyword.arg == "parameters"), None)
    calls = [row for row in rows.elts if isinstance(row, ast.Call)] if isinstance(rows, ast.Tuple) else []
    return EndpointModule(
        tag=path.parent.name,
        name=path.stem,
        operation_id=_literal(endpoint.args[0]),
        sync=sync,
        imports=tuple(node for node in (checking.body if checking else ()) if not isinstance(node, ast.Pass)),
        locations={_literal(call.args[2]): _literal(call.args[0]) for call in calls},
        wires={_literal(call.args[2]): _literal(call.args[1]) for call in calls},
    )


def read_endpoints(package: Path) -> list[EndpointModule]:
    """Read every endpoint module of a package, in order of tag and name."""
    return [
        read_endpoint(path)
        for path in sorted((package / "api").glob("*/*.py"), key=lambda path: (path.parent.name, path.stem))
        if path.name != "__init__.py"
    ]


def model_modules(package: Path) -> dict[str, str]:
    """Return the module below `models` of every model and enumeration, by class name."""
    tree = ast.parse((package / "models" / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_MODULES" and node.value is not None:
            modules: dict[str, str] = ast.literal_eval(node.value)
            return modules
    raise ValueError("models/__init__.py is not of our template")


def model_fields(package: Path, module: str, name: str) -> dict[str, tuple[str, ast.expr]] | None:
    """Return attribute and annotation by wire name for a model class; None when the class is an enumeration."""
    tree = ast.parse((package / "models" / f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _fields_of(node)
    return None


def _fields_of(node: ast.ClassDef) -> dict[str, tuple[str, ast.expr]] | None:
    annotations = {ast.unparse(item.target): item for item in node.body if isinstance(item, ast.AnnAssign)}
    table = annotations.get("__wire_names__")
    if table is None or table.value is None:
        return None
    names: dict[str, str] = ast.literal_eval(table.value)
    return {wire: (attribute, annotations[attribute].annotation) for attribute, wire in names.items()}

"""Resources: a blocking and an async class per tag, with a method per operation, iterators and downloads.

The methods are built from the signatures and docstrings of the generated `sync` functions.
"""

from __future__ import annotations

import ast
import keyword
from copy import deepcopy
from typing import TYPE_CHECKING

import attrs

from pipeline.index.methods import call_method, download_method, iterator_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.index.aliases import OperationAlias
    from pipeline.index.modules import EndpointModule
    from pipeline.index.pages import Paged

RESERVED = frozenset(
    {
        "account_id",
        "aclose",
        "aio",
        "base_url",
        "close",
        "credential",
        "get_async_httpx_client",
        "get_httpx_client",
        "guard",
        "operations",
        "raw",
        "run_campaign",
        "validate_test_case",
        "verify",
        "wait",
        "with_options",
    }
)
"""Attributes of the client that a tag must not hide; such a tag gets a trailing underscore."""


@attrs.frozen(kw_only=True)
class TagModules:
    """The operations of one tag: its endpoint modules, and earlier names that belonged to it."""

    tag: str
    modules: list[EndpointModule]
    aliases: list[OperationAlias]


def attribute_name(tag: str) -> str:
    """Return the attribute of the client that holds a tag's operations."""
    return f"{tag}_" if tag in RESERVED or tag.startswith("_") else tag


def class_name(tag: str, taken: Iterable[str]) -> str:
    """Return the name of a tag's blocking class, different from every model that its module mentions."""
    name = "".join(word.capitalize() for word in tag.split("_")) or "Default"
    # The tag "None" would make a class of the name of a constant.
    while name in taken or f"Async{name}" in taken or name == "Resources" or keyword.iskeyword(name):
        name += "_"
    return name


def _methods(tag: TagModules, pages: Mapping[str, Paged], *, is_async: bool) -> list[ast.stmt]:
    modules = tag.modules
    taken = {module.name for module in modules} | {alias.name for alias in tag.aliases}
    methods: list[ast.stmt] = []
    for module in modules:
        methods.append(call_method(module, is_async=is_async))
        paged = pages.get(module.operation_id)
        if paged is not None:
            methods.append(iterator_method(module, paged, is_async=is_async, taken=taken))
        # A JSON or text answer fits into memory; what the document calls binary may be a recording of any size.
        if ast.unparse(module.result) == "bytes" and f"{module.name}_to_file" not in taken:
            methods.append(download_method(module, is_async=is_async))
    methods += [call_method(alias.new, is_async=is_async, alias=alias) for alias in tag.aliases]
    return methods


_IMPORTS = """
from __future__ import annotations
from typing import TYPE_CHECKING, Any
from .. import _files, _pages
from .._resources import Resource
from ..types import UNSET
"""
_CHECKING = """
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from .._paginator import Page
"""


def _annotation_imports(
    modules: list[EndpointModule], pages: Mapping[str, Paged], models: Mapping[str, str]
) -> list[ast.stmt]:
    """Return the imports that annotations need, those of the items included, relative to the resources' folder."""
    found: dict[str, ast.stmt] = {}
    for module in modules:
        paged = pages.get(module.operation_id)
        for node in ast.walk(paged.item) if paged else ():
            if isinstance(node, ast.Name) and node.id in models:
                line = f"from ..models.{models[node.id]} import {node.id}"
                found[line] = ast.parse(line).body[0]
    for module in modules:
        for node in module.imports:
            relative = deepcopy(node)
            # `resources/` is one folder less deep than `api/TAG/`.
            if isinstance(relative, ast.ImportFrom) and relative.level:
                relative.level -= 1
            found[ast.unparse(relative)] = relative
    return [found[key] for key in sorted(found)]


def _api_imports(of_tag: TagModules) -> str:
    lines = [f"from ..api import {of_tag.tag} as _api"] if of_tag.modules else []
    if of_tag.aliases:
        tags = sorted({alias.new.tag for alias in of_tag.aliases})
        lines += ["import warnings", *(f"from ..api import {tag} as _api_of_{tag}" for tag in tags)]
    return "\n".join(lines)


def render_resource(of_tag: TagModules, pages: Mapping[str, Paged], models: Mapping[str, str]) -> tuple[str, str]:
    """Return the name of a tag's blocking class and the source of its module.

    Args:
        of_tag: the tag's modules.
        pages: page shapes by operation id.
        models: module of every model by class name.
    """
    tag = of_tag.tag
    imports = _annotation_imports([*of_tag.modules, *(alias.new for alias in of_tag.aliases)], pages, models)
    taken = {alias.name for node in imports if isinstance(node, ast.ImportFrom) for alias in node.names}
    name = class_name(tag, taken | {"Resource", "Page", "Path", "Callable", "Iterator", "AsyncIterator"})
    checking = ast.parse(_CHECKING).body + imports
    body: list[ast.stmt] = [
        ast.Expr(ast.Constant(f"The operations of the tag `{tag}`, blocking and async.")),
        *ast.parse(_IMPORTS).body,
        *ast.parse(_api_imports(of_tag)).body,
        ast.If(ast.Name("TYPE_CHECKING"), checking, []),
    ]
    for is_async in (False, True):
        docstring = f"The operations of the tag `{tag}`{', in an event loop' if is_async else ''}."
        body.append(
            ast.ClassDef(
                name=f"Async{name}" if is_async else name,
                bases=[ast.Name("Resource")],
                keywords=[],
                body=[ast.Expr(ast.Constant(docstring)), *_methods(of_tag, pages, is_async=is_async)],
                decorator_list=[],
            )
        )
    # Written out by Python itself, so that no text of a document can break out of its string.
    module = ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))
    return name, f"{ast.unparse(module)}\n"


_INIT = '''"""Every operation by tag: what `cyara_auth.connect()` hands out.

A tag's module is imported when its attribute is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What a `cached_property` is to a protocol, type checkers do not agree on; what a property is, they do.
    from builtins import property as cached_property

    from ..client import ApiClient
{imports}
else:
    from functools import cached_property


class SyncResources:
    """One attribute per tag, one method per operation, blocking."""

    def __init__(self, client: ApiClient) -> None:
        self._resource_client = client
{sync}


class AsyncResources:
    """One attribute per tag, one method per operation, for an event loop."""

    def __init__(self, client: ApiClient) -> None:
        self._resource_client = client
{asynchronous}


__all__ = ("AsyncResources", "SyncResources")
'''

# Imported inside: two tags may have classes of one name, and a tag that nobody uses costs nothing.
_PROPERTY = '''
    @cached_property
    def {attribute}(self) -> {name}:
        """The operations of the tag `{tag}`."""
        from .{tag} import {name}

        return {name}(self._resource_client)
'''


def render_resources(tags: Mapping[str, str]) -> str:
    """Return the source of `resources/__init__.py` for tags with the names of their blocking classes."""
    imports = "\n".join(f"    from .{tag} import Async{name}, {name}" for tag, name in sorted(tags.items()))
    properties = {
        prefix: "".join(
            _PROPERTY.format(attribute=attribute_name(tag), tag=tag, name=f"{prefix}{name}")
            for tag, name in sorted(tags.items())
        )
        for prefix in ("", "Async")
    }
    return _INIT.format(imports=imports, sync=properties[""], asynchronous=properties["Async"])

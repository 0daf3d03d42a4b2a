"""Methods of the resources, built as syntax trees: one call, and where they belong an iterator and a download."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pipeline.index.docstrings import DOWNLOAD, DOWNLOAD_ERROR, EVERY_ITEM, ITERATOR, PATH, for_resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.index.aliases import OperationAlias
    from pipeline.index.modules import EndpointModule
    from pipeline.index.pages import Paged

_ITERATOR_OPTIONS = ("limit", "on_page", "prefetch")
_DOWNLOAD_OPTIONS = ("path", "progress", "max_bytes", "sha256")


def _is_account(module: EndpointModule, name: str) -> bool:
    # By the name on the wire: the Python name depends on the generator's taste.
    return module.locations.get(name) == "path" and module.wires[name].replace("_", "").lower() == "accountid"


def _signature(module: EndpointModule, *, without: str | None = None, renamed: Mapping[str, str] | None = None) -> str:
    """Return a method's arguments, all by keyword, the account optional."""
    parts: list[str] = []
    for argument, required in module.arguments:
        if argument.arg == without:
            continue
        name = (renamed or {}).get(argument.arg, argument.arg)
        annotation = ast.unparse(argument.annotation) if argument.annotation else "Any"
        if _is_account(module, argument.arg):
            parts.append(f"{name}: {annotation} | None = None")
        else:
            parts.append(f"{name}: {annotation}" if required else f"{name}: {annotation} = UNSET")
    return ", ".join(parts)


def _passed(module: EndpointModule) -> str:
    """Return the arguments of the call to the endpoint function."""
    positional = {argument.arg for argument in module.sync.args.args}
    parts: list[str] = []
    for argument, _ in module.arguments:
        name = argument.arg
        value = f"self._account({name})" if _is_account(module, name) else name
        parts.append(value if name in positional else f"{name}={value}")
    return ", ".join([*parts, "client=self._client"])


def _mapping(
    module: EndpointModule,
    *,
    without: str | None = None,
    instead: str = "UNSET",
    renamed: Mapping[str, str] | None = None,
) -> str:
    """Return the dictionary of arguments that `Endpoint.request` takes; every parameter has to be in it.

    What no caller gives, `without`, is passed as `instead`.
    """
    parts: list[str] = []
    for argument, _ in module.arguments:
        name = argument.arg
        # `Endpoint.request` takes the body by itself.
        if name == "body":
            continue
        given = (renamed or {}).get(name, name)
        value = instead if name == without else f"self._account({given})" if _is_account(module, name) else given
        parts.append(f"{name!r}: {value}")
    return f"{{{', '.join(parts)}}}"


def _method(header: str, statements: list[str], docstring: str) -> ast.stmt:
    """Build a method from our own code and a docstring of any content."""
    # Only names and types that are identifiers already are parsed. The docstring may hold any text of a document, so it
    # is put in as a constant.
    body = "\n    ".join(statements)
    function = ast.parse(f"{header}:\n    {body}").body[0]
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        raise TypeError("a function was expected")
    function.body.insert(0, ast.Expr(ast.Constant(docstring)))
    return function


def call_method(module: EndpointModule, *, is_async: bool, alias: OperationAlias | None = None) -> ast.stmt:
    """Return the method that calls an operation, under its own name or an earlier one that warns."""
    result = ast.unparse(module.result)
    arguments = _signature(module)
    star = "*, " if arguments else ""
    package = "_api" if alias is None else f"_api_of_{module.tag}"
    function = f"{package}.{module.name}.{'asyncio' if is_async else 'sync'}"
    warning = f"warnings.warn({alias.message!r}, DeprecationWarning, stacklevel=2)" if alias else ""
    call = f"return {'await ' if is_async else ''}{function}({_passed(module)})"
    name = alias.name if alias else module.name
    return _method(
        f"{'async ' if is_async else ''}def {name}(self, {star}{arguments}) -> {result}",
        [line for line in (warning, call) if line],
        for_resource(ast.get_docstring(module.sync, clean=True) or ""),
    )


def iterator_name(name: str) -> str:
    """Return an iterator's name: `iter_` in place of `get_` or `list_`."""
    for prefix in ("get_", "list_"):
        if name.startswith(prefix) and len(name) > len(prefix):
            return f"iter_{name.removeprefix(prefix)}"
    return f"iter_{name}"


def iterator_method(module: EndpointModule, paged: Paged, *, is_async: bool, taken: set[str]) -> ast.stmt:
    """Return the method that yields every item of every page; `taken` are the names it must not have."""
    page_parameter, first = paged.shape["page_parameter"], "UNSET"
    if page_parameter in {argument.arg for argument, required in module.arguments if required}:
        # The server insists on a page: the first one, whose number is known; where a token is asked for, the caller's.
        page_parameter, first = (page_parameter, str(paged.shape["first"])) if paged.is_counted else (None, first)
    names = {argument.arg for argument, _ in module.arguments}
    # A parameter of the operation that has the name of an option of ours gives way; the page size has a better name.
    renamed = {name: f"{name}_parameter" for name in _ITERATOR_OPTIONS if name in names}
    if paged.shape["size_parameter"] in renamed and "page_size" not in names:
        renamed[paged.shape["size_parameter"]] = "page_size"
    given = _signature(module, without=page_parameter, renamed=renamed)
    item = ast.unparse(paged.item)
    options = "limit: int | None = None, on_page: Callable[[Page], None] | None = None, prefetch: bool = True"
    name = iterator_name(module.name)
    while name in taken:
        name += "_"
    arguments = f"{given}, {options}" if given else options
    call = (
        f"return _pages.{'aiterate' if is_async else 'iterate'}(_api.{module.name}.ENDPOINT, self._client, "
        f"{_mapping(module, without=page_parameter, instead=first, renamed=renamed)}, "
        "limit=limit, on_page=on_page, prefetch=prefetch)"
    )
    kind = "AsyncIterator" if is_async else "Iterator"
    docstring = for_resource(
        ast.get_docstring(module.sync, clean=True) or "", added=ITERATOR, without=page_parameter, returns=EVERY_ITEM
    )
    return _method(f"def {name}(self, *, {arguments}) -> {kind}[{item}]", [call], docstring)


def download_method(module: EndpointModule, *, is_async: bool) -> ast.stmt:
    """Return the method that streams an operation's file to the disk."""
    names = {argument.arg for argument, _ in module.arguments}
    renamed = {name: f"{name}_parameter" for name in _DOWNLOAD_OPTIONS if name in names}
    given = _signature(module, renamed=renamed)
    options = (
        "progress: Callable[[int, int | None], None] | None = None, "
        "max_bytes: int | None = None, sha256: str | None = None"
    )
    body = ", body" if "body" in names else ""
    call = (
        f"return {'await ' if is_async else ''}_files.{'adownload' if is_async else 'download'}("
        f"_api.{module.name}.ENDPOINT, self._client, "
        f"_api.{module.name}.ENDPOINT.request({_mapping(module, renamed=renamed)}{body}), "
        "path, progress=progress, max_bytes=max_bytes, sha256=sha256)"
    )
    arguments = ", ".join(part for part in (given, options) if part)
    return _method(
        f"{'async ' if is_async else ''}def {module.name}_to_file(self, path: str | Path, *, {arguments}) -> Path",
        [call],
        for_resource(
            ast.get_docstring(module.sync, clean=True) or "", added=DOWNLOAD, returns=PATH, raises=DOWNLOAD_ERROR
        ),
    )

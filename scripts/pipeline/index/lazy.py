"""Package `__init__` files that import lazily (PEP 562) and yet show type checkers everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Importing one endpoint must not import its neighbours, nor one model all the others: eager imports cost 1.6 s and
# 57 MB for a document with 1,300 schemas.
_PACKAGE = '''"""{title}"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

__all__ = {names!r}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{{__name__}}.{{name}}")
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
'''

_MODELS = '''"""Models and enumerations, each imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

_MODULES: dict[str, str] = {modules!r}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
    home = import_module(f"{{__name__}}.{{module}}")
    if name not in vars(home):  # an earlier name is not kept: each use of it warns
        return home._earlier()
    globals()[name] = value = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({{*globals(), *_MODULES}})


__all__ = {names!r}
'''


def _block(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines) or "    pass"


def render_package(title: str, modules: Iterable[str]) -> str:
    """Return the `__init__` of a package whose modules are imported on first use."""
    names = tuple(sorted(modules))
    return _PACKAGE.format(title=title, imports=_block(f"from . import {name}" for name in names), names=names)


def render_models(modules: Mapping[str, str]) -> str:
    """Return `models/__init__` for the module of each class by class name."""
    ordered = {name: modules[name] for name in sorted(modules)}
    imports = _block(f"from .{module} import {name}" for name, module in ordered.items())
    return _MODELS.format(imports=imports, modules=ordered, names=tuple(ordered))

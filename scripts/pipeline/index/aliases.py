"""Names of earlier releases, kept for a while: they work, and each use warns.

An alias whose new name does not exist, or whose old name exists again, is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from pipeline.document.json_nodes import as_mapping, as_text, members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.index.modules import EndpointModule

# An alias becomes a file name and a line of code; what is no identifier of this shape is left out.
_OPERATION = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_MODEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@attrs.frozen(kw_only=True)
class OperationAlias:
    """An earlier name of an operation: `old` is `tag.name`; `new` is the module that it is now."""

    tag: str
    name: str
    new: EndpointModule
    message: str


@attrs.frozen(kw_only=True)
class ModelAlias:
    """An earlier name of a model, with the module that shows it."""

    old: str
    module: str
    new: str
    message: str


def _message(old: str, new: str, since: str) -> str:
    when = f" since platform {since}" if re.fullmatch(r"[0-9A-Za-z.]+", since) else ""
    return f"{old} is {new}{when}; the old name goes away two releases later"


def operation_aliases(aliases: Mapping[str, Any], modules: list[EndpointModule]) -> list[OperationAlias]:
    """Return the usable aliases of operations from `openapi/aliases.json`."""
    known = {f"{module.tag}.{module.name}": module for module in modules}
    found: list[OperationAlias] = []
    for entry in map(as_mapping, members(aliases, "operations")):
        old, new, since = (as_text(entry.get(key)) for key in ("old", "new", "since"))
        if _OPERATION.fullmatch(old) and old not in known and new in known:
            tag, _, name = old.partition(".")
            found.append(OperationAlias(tag=tag, name=name, new=known[new], message=_message(old, new, since)))
    return found


def model_aliases(aliases: Mapping[str, Any], models: Mapping[str, str]) -> list[ModelAlias]:
    """Return the usable aliases of models from `openapi/aliases.json`."""
    found: list[ModelAlias] = []
    taken = set(models.values())
    for entry in map(as_mapping, members(aliases, "models")):
        old, new, since = (as_text(entry.get(key)) for key in ("old", "new", "since"))
        if not _MODEL.fullmatch(old) or old in models or new not in models:
            continue
        module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", old).lower()
        # A module of that name may exist: `Campaign_Run` and `CampaignRun` would share one.
        while module in taken:
            module += "_"
        taken.add(module)
        found.append(ModelAlias(old=old, module=module, new=new, message=_message(old, new, since)))
    return found


_OPERATION_MODULE = '''"""Earlier name of `{new}`."""

import warnings
from typing import TYPE_CHECKING, Any

from ..{tag} import {name} as _new

if TYPE_CHECKING:
    from ..{tag}.{name} import ENDPOINT, asyncio, asyncio_detailed, sync, sync_detailed

__all__ = ("ENDPOINT", "asyncio", "asyncio_detailed", "sync", "sync_detailed")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
    warnings.warn({message!r}, DeprecationWarning, stacklevel=2)
    return getattr(_new, name)
'''

_MODEL_MODULE = '''"""Earlier name of `{new}`."""

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .{module} import {new} as {old}

__all__ = ({old!r},)


def _earlier() -> Any:
    from .{module} import {new}

    # 3: not this function nor the `__getattr__` that calls it, here or of the package, but who asked for the name.
    warnings.warn({message!r}, DeprecationWarning, stacklevel=3)
    return {new}


def __getattr__(name: str) -> Any:
    if name == {old!r}:
        return _earlier()
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
'''


def render_operation_alias(alias: OperationAlias) -> str:
    """Return the source of the endpoint module of an earlier name."""
    tag, name = alias.new.tag, alias.new.name
    return _OPERATION_MODULE.format(new=f"{tag}.{name}", tag=tag, name=name, message=alias.message)


def render_model_alias(alias: ModelAlias, models: Mapping[str, str]) -> str:
    """Return the source of the model module of an earlier name."""
    return _MODEL_MODULE.format(old=alias.old, new=alias.new, module=models[alias.new], message=alias.message)

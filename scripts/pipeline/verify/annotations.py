"""The package's annotations, as types.

They are what users and type checkers rely on: a field annotated `str` that holds None after a call is a failure.
"""

from __future__ import annotations

import builtins
import datetime as dt
import importlib
import inspect
import typing
import uuid
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, Union, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

Annotation: TypeAlias = Any
"""A type, or a form of `typing`, which no static type describes."""

PACKAGE: Final = "cyara_client"


class _Names(dict[str, Any]):
    """Names in annotations; what is not among them is a model."""

    def __missing__(self, name: str) -> Annotation:
        if hasattr(builtins, name):
            return getattr(builtins, name)
        return getattr(package("models"), name)


def package(name: str) -> ModuleType:
    """Return a module of the package under test."""
    return importlib.import_module(f"{PACKAGE}.{name}")


@cache
def names() -> dict[str, Annotation]:
    """Return the names that annotations of the package use."""
    types = package("types")
    known = {name: getattr(typing, name) for name in ("Any", "Literal", "Union", "Optional", "BinaryIO")}
    ours = {name: getattr(types, name) for name in ("File", "Unset", "Response")}
    return _Names({**known, **ours, "ApiClient": package("client").ApiClient, "datetime": dt, "UUID": uuid.UUID})


@cache
def resolve(annotation: str) -> Annotation:
    """Return the type that an annotation of the package means."""
    # Not by the package's own `_annotations`: what is judged must not be the judge. The text is code of the package,
    # which is imported and run in this process anyway.
    return eval(annotation, {"__builtins__": {}}, names())  # noqa: S307 - see above


def parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Return a function's parameters by name, `client` left out."""
    return {name: p for name, p in inspect.signature(function).parameters.items() if name != "client"}


def returned(function: Callable[..., object]) -> Annotation:
    """Return the type that a function says it returns."""
    return read(inspect.signature(function).return_annotation)


def read(annotation: Annotation) -> Annotation:
    """Return an annotation as a type, whether it stands there as text or not."""
    return resolve(annotation) if isinstance(annotation, str) else annotation


def members(tp: Annotation) -> list[Annotation]:
    """Return the members of a union, or the type itself; `Unset` is left out, None stays."""
    parts = get_args(tp) if get_origin(tp) in {Union, UnionType} else (tp,)
    return [NoneType if part is None else part for part in parts if part is not names()["Unset"]]


def kind_of(tp: Annotation) -> Annotation:
    """Return the class behind a type: `list` for `list[int]`, the type itself where there is nothing behind it."""
    behind: Annotation = get_origin(tp)
    return tp if behind is None else behind


def is_model(tp: Annotation) -> bool:
    """Whether a type is a generated model."""
    return isinstance(tp, type) and hasattr(tp, "__wire_names__")


def shown(tp: Annotation) -> str:
    """Name a type for a message."""
    return tp.__name__ if isinstance(tp, type) and not get_args(tp) else str(tp)

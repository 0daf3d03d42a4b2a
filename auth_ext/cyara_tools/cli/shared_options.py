"""The options of a class of options, such as `CallContext`, as parameters of a command that typer does not make."""

from __future__ import annotations

import inspect
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import attrs
import typer
from typer.main import get_command


def parameters_of(*classes: type) -> list[Any]:
    """Return the options that the fields of these classes declare, as typer makes them."""
    fields = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for kind in classes
        for field in _declared(kind)
    ]

    def taking_all(**_: object) -> None: ...

    # typer makes its options from the signature, and `inspect` believes this attribute before it looks at the function.
    vars(taking_all)["__signature__"] = inspect.Signature(fields)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(taking_all)
    return list(get_command(app).params)


def made(kind: type, values: dict[str, Any]) -> Any:
    """Return an object of such a class from what the parser read; its values are taken out of `values`."""
    return kind(**{field.name: _typed(field.type, values.pop(field.name)) for field in _declared(kind)})


def _declared(kind: Any) -> list[Any]:
    return [field for field in attrs.fields(kind) if get_origin(field.type) is Annotated]


def _typed(annotation: Any, value: Any) -> Any:
    # The parser hands over texts, which typer's own commands turn into these.
    for part in get_args(get_args(annotation)[0]):
        if isinstance(value, str) and isinstance(part, type) and issubclass(part, Enum | Path):
            return part(value)
    return value

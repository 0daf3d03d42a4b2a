"""What one operation takes, and what each part of it is called on the command line."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_client._annotations import fields, is_model, members, resolve
from cyara_client.operations import OPERATIONS
from cyara_client.types import Unset
from cyara_tools.api.texts import arguments_of, attributes_of
from cyara_tools.api.values import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cyara_client.operations import Operation

ACCOUNT: Final = "accountid"
_UNSET: Final = re.compile(r"\bUnset\b")
_BEST_FORMS: Final = ("json", "files", "data", "content")
"""Which form of a body the options fill, where the document has several."""


@attrs.frozen(kw_only=True)
class Parameter:
    """One parameter of a call, or one field of its body.

    Attributes:
        python: its name in the generated code.
        wire: its name in the document.
        kind: what it takes.
        place: `path`, `query`, `header`, `cookie` or `body`.
        required: whether the document wants it.
        text: the document's words.
        word: what it is called: `--page-size`, or `CAMPAIGN_ID` where it has a place of its own.
        is_renamed: whether it gave way to another option.
    """

    python: str
    wire: str
    kind: Kind
    place: str
    required: bool
    text: str = ""
    word: str = ""
    is_renamed: bool = False

    @property
    def is_positional(self) -> bool:
        """Whether it is known by its place."""
        return not self.word.startswith("--")


@attrs.frozen(kw_only=True)
class BodyShape:
    """What the body of an operation is made of.

    Attributes:
        form: how it is written: `json`, `data` (form), `files` (multipart) or `content` (as it is).
        tp: its type, resolved.
        model: its class, where it is one object with declared fields.
        required: whether the document wants it.
        fields: what options fill.
        file: what the argument FILE fills; None where there is none.
        text: the document's words.
    """

    form: str
    tp: Any
    model: Any
    required: bool
    fields: tuple[Parameter, ...] = ()
    file: Parameter | None = None
    text: str = ""

    @property
    def takes_text(self) -> bool:
        """Whether `--body` can say it: of a form with nothing but a file there is nothing to say."""
        return self.form != "files" or bool(self.fields)


@attrs.frozen(kw_only=True)
class Call:
    """One operation, as the command line calls it.

    Attributes:
        operation: row of the document's table.
        endpoint: the generated endpoint.
        parameters: without the account and without the body, those with a place of their own first.
        body: its body; None where it takes none.
        account: Python name of the account in the path; None where it has none.
        answer: annotation of what it returns.
        docstring: what the generated code says of it.
        is_download: whether the answer is a file that a method of its resource writes.
    """

    operation: Operation
    endpoint: Any
    parameters: tuple[Parameter, ...]
    body: BodyShape | None
    account: str | None
    answer: str
    docstring: str
    is_download: bool


def call_of(operation: Operation, reserved: Collection[str]) -> Call:
    """Return what an operation takes.

    Args:
        operation: row of the document's table.
        reserved: options of ours, such as `--output`; a parameter of that name gets another one.
    """
    module = import_module(f"cyara_client.api.{operation.module}")
    annotations: dict[str, str] = module.sync.__annotations__
    texts = arguments_of(module.sync.__doc__ or "")
    url: str = module.ENDPOINT.url
    parameters: list[Parameter] = []
    account = None
    page = operation.page
    # Lists are read from their first page on, also where the document wants its number.
    counted = page.page_parameter if page is not None and page.kind in {"page", "offset"} else None
    for found in module.ENDPOINT.parameters:
        if found.location == "path" and found.wire.replace("_", "").lower() == ACCOUNT:
            account = found.name
            continue
        annotation = annotations[found.name]
        parameters.append(
            Parameter(
                python=found.name,
                wire=found.wire,
                kind=Kind.of(annotation),
                place=found.location,
                required=found.location == "path" or (_UNSET.search(annotation) is None and found.name != counted),
                text=texts.get(found.name, ""),
            )
        )
    parameters.sort(key=lambda one: (one.place != "path", url.find(f"{{{one.python}}}")))
    shape = _body(module.ENDPOINT.bodies, annotations.get("body", ""), texts.get("body", ""))
    words = _Words(reserved)
    return Call(
        operation=operation,
        endpoint=module.ENDPOINT,
        parameters=tuple(words.named(one, "param") for one in parameters),
        body=None if shape is None else _with_words(shape, words),
        account=account,
        answer=annotations["return"],
        docstring=module.sync.__doc__ or "",
        # Where an operation has the name of that method, there is none.
        is_download=annotations["return"] == "bytes" and f"{operation.module}_to_file" not in modules(),
    )


@cache
def modules() -> frozenset[str]:
    """Return the modules of all operations."""
    return frozenset(operation.module for operation in OPERATIONS.values())


def _body(forms: Iterable[Any], annotation: str, text: str) -> BodyShape | None:
    """Return the shape of the form that is best filled by options."""
    form = min(forms, key=lambda one: _BEST_FORMS.index(one.kind), default=None)
    if form is None or not annotation:
        return None
    tp = resolve(form.python_type)
    parts = members(tp)
    model = parts[0] if len(parts) == 1 and is_model(parts[0]) else None
    optional = Unset in (resolve(annotation).__args__ if "|" in annotation else ())
    shape = BodyShape(form=form.kind, tp=tp, model=model, required=not optional, text=text)
    if form.kind == "content":
        file = Parameter(
            python="body", wire="body", kind=Kind.of("File"), place="body", required=not optional, text=text
        )
        return attrs.evolve(shape, file=file)
    if model is None:
        return shape
    texts = attributes_of(model.__doc__ or "")
    found = tuple(
        Parameter(
            python=name, wire=wire, kind=Kind.of(annotation), place="body", required=required, text=texts.get(name, "")
        )
        for name, wire, annotation, required in fields(model)
    )
    files = [one for one in found if one.kind.is_file]
    # The one file of a form has a place of its own; of several, each has to be named.
    alone = files[0] if len(files) == 1 and not files[0].kind.is_list else None
    return attrs.evolve(shape, fields=tuple(one for one in found if one is not alone), file=alone)


def _with_words(shape: BodyShape, words: _Words) -> BodyShape:
    file = None if shape.file is None else attrs.evolve(shape.file, word=words.argument("FILE"))
    return attrs.evolve(shape, fields=tuple(words.named(one, "body") for one in shape.fields), file=file)


class _Words:
    """Gives each parameter a name of its own; options of ours keep theirs."""

    def __init__(self, reserved: Collection[str]) -> None:
        self._reserved = reserved
        self._taken: set[str] = set()

    def named(self, parameter: Parameter, prefix: str) -> Parameter:
        """Return a parameter with its word."""
        plain = parameter.python.strip("_").replace("_", "-").lower() or "value"
        if parameter.place == "path":
            return attrs.evolve(parameter, word=self.argument(plain.replace("-", "_").upper()))
        word = f"--{plain}"
        # `--no-x` is what a flag of ours or of the document's says for no.
        is_renamed = self._is_taken(word, parameter.kind)
        if is_renamed:
            word = f"--{prefix}-{plain}"
        base, number = word, 2
        while self._is_taken(word, parameter.kind):
            word, number = f"{base}-{number}", number + 1
        self._taken |= self._spellings(word, parameter.kind)
        return attrs.evolve(parameter, word=word, is_renamed=is_renamed)

    def argument(self, name: str) -> str:
        """Return a name for what is known by its place."""
        word, number = name, 2
        while word in self._taken:
            word, number = f"{name}_{number}", number + 1
        self._taken.add(word)
        return word

    def _is_taken(self, word: str, kind: Kind) -> bool:
        return bool(self._spellings(word, kind) & (self._taken | set(self._reserved)))

    @staticmethod
    def _spellings(word: str, kind: Kind) -> set[str]:
        return {word, f"--no-{word[2:]}"} if kind.is_flag else {word}

"""A call by the id of its operation: `cyara call GetCampaigns --param pageSize=10`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_client._text import value_of_text
from cyara_client.errors import DecodingError
from cyara_tools.api.parameters import call_of
from cyara_tools.api.texts import plain
from cyara_tools.api.values import Kind
from cyara_tools.cli.words import did_you_mean
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_client.operations import Operation
    from cyara_tools.api.parameters import Call, Parameter


@attrs.frozen(kw_only=True)
class OpenKind(Kind):
    """A kind that takes values which the document does not list: the portal may know more of them."""

    def read(self, text: str, word: str, other: str = "") -> Any:
        """Return one value.

        Raises:
            UsageError: the text is no such value.
        """
        try:
            return super().read(text, word, other)
        except UsageError:
            if not self.choices:
                raise
            try:
                return value_of_text(self.tp, text, nullable=False)
            except DecodingError:
                pass
            raise


def open_call(operation: Operation) -> Call:
    """Return what an operation takes, with every part called as `cyara call` takes it."""
    call = call_of(operation, ())
    body = call.body
    if body is not None:
        fields = tuple(attrs.evolve(field, word=f"--field {field.wire}=VALUE") for field in body.fields)
        file = None if body.file is None else attrs.evolve(body.file, word="--body @FILE")
        body = attrs.evolve(body, fields=fields, file=file)
    return attrs.evolve(call, parameters=tuple(map(_opened, call.parameters)), body=body)


def _opened(parameter: Parameter) -> Parameter:
    kind = OpenKind(tp=parameter.kind.tp, is_list=parameter.kind.is_list)
    return attrs.evolve(parameter, kind=kind, word=f"--param {parameter.wire}")


def split_pairs(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return the names and values of `--param NAME=VALUE`.

    Raises:
        UsageError: one has no name, or no equals sign.
    """
    pairs: list[tuple[str, str]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--param takes NAME=VALUE, not {plain(text)!r}. Nothing was sent.")
        pairs.append((name, value))
    return pairs


def given_of(call: Call, pairs: Sequence[tuple[str, str]]) -> tuple[dict[Parameter, Any], str | None]:
    """Return what is given for each parameter, and for the account.

    Args:
        call: what the operation takes.
        pairs: names, in the document's or Python's spelling, and values.

    Raises:
        UsageError: the operation has no such parameter, one is given twice, or one is missing.
    """
    given: dict[Parameter, Any] = {}
    account: str | None = None
    for name, value in pairs:
        if call.account is not None and name in {call.account, "accountId"}:
            account = value
            continue
        parameter = _parameter(call, name)
        if parameter.kind.is_list:
            given.setdefault(parameter, []).append(value)
        elif parameter in given:
            raise UsageError(f"--param {plain(name)} is given twice. Nothing was sent. Next: give it once")
        else:
            given[parameter] = value
    missing = [parameter.word for parameter in call.parameters if parameter.required and parameter not in given]
    if missing:
        words = " and ".join(f"{plain(word)}=VALUE" for word in missing)
        raise UsageError(f"{call.operation.operation_id} needs more. Nothing was sent. Next: give {words}")
    return given, account


def _parameter(call: Call, name: str) -> Parameter:
    for parameter in call.parameters:
        if name in {parameter.wire, parameter.python}:
            return parameter
    fields = () if call.body is None else call.body.fields
    if any(name in {field.wire, field.python} for field in fields):
        raise UsageError(
            f"{plain(name)} is a field of the body. Nothing was sent. Next: give --field {plain(name)}=VALUE"
        )
    names = [parameter.wire for parameter in call.parameters]
    known = f"it has {', '.join(map(plain, names))}" if names else "it has none"
    raise UsageError(
        f"{call.operation.operation_id} has no parameter {plain(name)!r}; {known}. Nothing was sent."
        f"{did_you_mean(name, names)} Next: see cyara operations {call.operation.operation_id}"
    )

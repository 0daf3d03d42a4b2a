"""One call: from what was typed to the generated method, and from its answer to standard output."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import typer

from cyara_auth.errors import ConfigurationError
from cyara_client.types import UNSET
from cyara_tools.api.body import body_of, open_file, read_text
from cyara_tools.api.names import resource_of
from cyara_tools.api.results import emit, emit_list, row_model
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.api.parameters import Call, Parameter
    from cyara_tools.cli.command_output import CommandOutput
    from cyara_tools.cli.context import PortalContext
    from cyara_tools.output.options import OutputOptions

_OPTIONS: Final = frozenset({"limit", "on_page", "prefetch", "path", "progress", "max_bytes", "sha256"})
"""Options of iterators and downloads; a parameter of that name gives way to them."""


@attrs.frozen(kw_only=True)
class Typed:
    """What somebody typed, unread.

    Attributes:
        values: for parameters and fields of the body; several where there may be several.
        body: of `--body`.
        fields: of `--field`.
        to: of `--to`.
        yes: whether there was `--yes`.
    """

    values: Mapping[Parameter, Any]
    body: str | None = None
    fields: Sequence[str] = ()
    to: str | None = None
    yes: bool = False


def invoke(call: Call, typed: Typed, context: PortalContext, options: OutputOptions, output: CommandOutput) -> None:
    """Check everything that costs no call, then call, then write the answer.

    Args:
        call: what the operation takes.
        typed: what was typed.
        context: the portal, and who calls it.
        options: what to write of the answer.
        output: takes notes for people.

    Raises:
        UsageError: something is missing or is not what the operation takes. Nothing was sent.
    """
    model = row_model(call.endpoint)
    # The options of the output, too, are wrong before the call and not after it.
    options.plan(model)
    _require(call, typed)
    with ExitStack() as stack:
        way = f"Another value goes by: cyara call {call.operation.operation_id} --param {{}}=VALUE"
        arguments = {
            one.python: _read(one, typed.values[one], way.format(one.wire))
            for one in call.parameters
            if one in typed.values
        }
        body = _body(call, typed, stack)
        _rehearse(call, arguments, body)
        cyara = stack.enter_context(context.connect_for_jobs())
        if call.account is not None and cyara.account_id is None:
            raise ConfigurationError(
                "No account is named. Nothing was sent. Next: give --account NUMBER, or set CYARA_ACCOUNT_ID"
            )
        # What may not be sent is said before anybody is asked whether to send it.
        call.endpoint.check(cyara.get_httpx_client())
        if call.operation.method == "DELETE":
            confirm(f"DELETE {_shown_path(call, arguments, cyara)} at {cyara.base_url}", yes=typed.yes)
        if body is not UNSET:
            arguments["body"] = body
        _send(call, cyara, arguments, typed.to, partial(_emit, options=options, model=model, output=output))


def confirm(what: str, *, yes: bool) -> None:
    """Have a person agree on a terminal to what cannot be undone.

    Args:
        what: what will be done.
        yes: whether they have agreed already, by `--yes`.

    Raises:
        UsageError: they do not, or nobody can be asked.
    """
    if yes:
        return
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{what} deletes, and nobody can be asked here. Nothing was sent. Next: give --yes")
    try:
        agreed = typer.confirm(f"{what}: delete this?", err=True)
    except typer.Abort:
        # Ctrl-C, which ends as it does everywhere.
        raise KeyboardInterrupt from None
    if not agreed:
        raise UsageError("Nothing was deleted. Nothing was sent.")


def _require(call: Call, typed: Typed) -> None:
    """Refuse a call that lacks what the document wants; not every release of the parser does."""
    missing = [one.word for one in call.parameters if one.required and one not in typed.values]
    if missing:
        raise UsageError(f"{' and '.join(missing)} must be given. Nothing was sent. Next: see --help")


def _read(parameter: Parameter, typed: Any, other: str) -> Any:
    kind, word = parameter.kind, parameter.word
    if isinstance(typed, bool):
        return typed
    if kind.is_list:
        return [kind.read(text, word, other) for text in typed]
    text = typed if kind.is_flat else read_text(typed)
    if parameter.place == "path" and text in {"", ".", ".."}:
        raise UsageError(f"{word} is a part of the path, and cannot be {text!r}. Nothing was sent.")
    return kind.read(text, word, other)


def _body(call: Call, typed: Typed, stack: ExitStack) -> Any:
    shape, given = call.body, typed.values
    if shape is None:
        return UNSET
    fields: dict[str, Any] = {}
    for field in (*shape.fields, *([shape.file] if shape.file else [])):
        if field not in given:
            continue
        if not field.kind.is_file:
            fields[field.python] = _read(field, given[field], "Another value goes by --body")
        elif field.kind.is_list:
            fields[field.python] = [open_file(path, stack) for path in given[field]]
        else:
            fields[field.python] = open_file(given[field], stack)
    return body_of(shape, fields, text=typed.body, pairs=typed.fields, stack=stack)


def _rehearse(call: Call, arguments: Mapping[str, Any], body: Any) -> None:
    """Make the request once without sending it, so that what cannot be sent is a sentence and no traceback.

    Raises:
        UsageError: it cannot be made.
    """
    if call.body is not None and call.body.form == "data":
        # Such a body reads its files while it is made, and they can be read once.
        body = UNSET
    every = {parameter.python: UNSET for parameter in call.parameters} | dict(arguments)
    try:
        call.endpoint.request(every if call.account is None else {**every, call.account: 1}, body)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The call cannot be made: {error}") from None


def _send(call: Call, cyara: Cyara, arguments: dict[str, Any], to: str | None, emitted: Any) -> None:
    """Call the generated method that does what is wanted."""
    resource = _resource(cyara, resource_of(call.operation))
    name = call.operation.name
    if to is not None:
        download = getattr(resource, f"{name}_to_file")
        download(to, **(_renamed(download, arguments) or {}))
        return
    page = call.operation.page
    walk = None if page is None else _iterator_of(name, resource)
    renamed = None if page is None or walk is None else _renamed(walk, arguments, page.size_parameter)
    # Who names a page wants that one.
    if walk is not None and renamed is not None:
        emitted(walk=partial(walk, **renamed))
        return
    emitted(answer=getattr(resource, name)(**arguments))


def _emit(*, options: OutputOptions, model: Any, output: CommandOutput, walk: Any = None, answer: Any = None) -> None:
    if walk is not None:
        emit_list(walk, options, model=model, note=output.note)
    else:
        emit(answer, options, model=model, note=output.note)


def _resource(cyara: Cyara, name: str) -> Any:
    # A tag that has the name of something of the client's own is there with an underscore behind it.
    taken = getattr(type(cyara), f"{name}_", None) is not None
    return getattr(cyara, f"{name}_" if taken else name)


def _iterator_of(name: str, resource: Any) -> Any:
    """Return the method that reads a list over its pages; None where there is none."""
    for prefix in ("get_", "list_"):
        if name.startswith(prefix) and len(name) > len(prefix):
            name = name.removeprefix(prefix)
            break
    found = getattr(resource, f"iter_{name}", None)
    # An operation of that very name has it otherwise.
    return getattr(resource, f"iter_{name}_", None) if found is None or not _is_iterator(found) else found


def _is_iterator(method: Any) -> bool:
    return str(method.__annotations__.get("return", "")).startswith("Iterator[") and "limit" in method.__annotations__


def _renamed(method: Any, arguments: Mapping[str, Any], size: str | None = None) -> dict[str, Any] | None:
    """Return arguments by the names that a method beside the plain one gives them; None where it lacks one of them.

    Args:
        method: an iterator or a download.
        arguments: by the names of the plain method.
        size: parameter of the page size, which iterators call `page_size` where its own name is taken.
    """
    known = method.__annotations__
    renamed: dict[str, Any] = {}
    for name, value in arguments.items():
        spellings = (f"{name}_parameter", "page_size" if name == size else "") if name in _OPTIONS else (name,)
        found = next(
            (spelling for spelling in (name, *spellings) if spelling in known and spelling not in _OPTIONS), None
        )
        if found is None:
            return None
        renamed[found] = value
    return renamed


def _shown_path(call: Call, arguments: Mapping[str, Any], cyara: Cyara) -> str:
    """Return the path with the account and what was typed in it."""
    path: str = call.endpoint.url
    if call.account is not None:
        path = path.replace(f"{{{call.account}}}", str(cyara.account_id))
    for parameter in call.parameters:
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.python}}}", str(arguments[parameter.python]))
    return path

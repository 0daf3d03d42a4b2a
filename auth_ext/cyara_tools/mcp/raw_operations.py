"""The operations of the document as tools, for `--all-operations`: what they take and answer is the document's."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cyara_auth.errors import ConfigurationError
from cyara_auth.workflows.fields import is_array
from cyara_client.types import UNSET
from cyara_tools.api.body import body_of
from cyara_tools.api.parameters import call_of
from cyara_tools.mcp.answers import answer
from cyara_tools.mcp.errors import ToolError
from cyara_tools.mcp.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_client.operations import Operation
    from cyara_tools.api.parameters import Call, Parameter
    from cyara_tools.mcp.tool import Answer, Progress

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_NAME: Final = 100
_SCALAR: Final = ["string", "number", "boolean"]
_ACCOUNT: Final = "account_id"
_DECIDED: Final = {"executecampaign": "Prefer run_campaign, which never starts a run twice. "}


def raw_tool(cyara: Cyara, operation: Operation) -> Tool | None:
    """Return an operation as a tool; None for one that uploads a file, which an assistant does not have."""
    call = call_of(operation, ())
    shape = call.body
    if shape is not None and (shape.form == "content" or any(one.kind.is_file for one in _parts(call))):
        return None
    properties = {one.python: _schema_of(one) for one in call.parameters}
    required = [one.python for one in call.parameters if one.required]
    if call.account is not None:
        properties[_ACCOUNT] = {"type": ["integer", "string"], "description": "Account; the configured one by default."}
    if shape is not None:
        fields = ", ".join(f"{one.wire}{' (needed)' if one.required else ''}" for one in shape.fields)
        text = f"{shape.text} Fields: {fields}." if fields else shape.text
        properties["body"] = {"type": ["object", "array"], "description": text}
        required += ["body"] if shape.required else []
    summary = operation.summary.rstrip(".") or operation.operation_id
    return Tool(
        name=_UNFIT.sub("_", operation.operation_id)[:_LONGEST_NAME],
        title=summary,
        description=f"{summary}. {_DECIDED.get(operation.operation_id.lower(), '')}"
        f"Sent as {operation.method} {operation.path}.",
        operations=(operation.operation_id,),
        properties=properties,
        required=tuple(required),
        run=partial(_run, cyara, call),
    )


def _parts(call: Call) -> list[Parameter]:
    shape = call.body
    return [] if shape is None else [*shape.fields, *([shape.file] if shape.file else [])]


def _schema_of(parameter: Parameter) -> dict[str, Any]:
    kind = parameter.kind
    inner: dict[str, Any] = {"enum": list(kind.choices)} if kind.choices else {"type": _SCALAR}
    schema = {"type": "array", "items": inner} if kind.is_list else inner
    # An object, say, is given as its JSON.
    schema = schema if kind.is_flat or kind.choices else {}
    return {**schema, "description": parameter.text}


async def _run(cyara: Cyara, call: Call, arguments: Mapping[str, Any], _: Progress) -> Answer:
    values = {one.python: _read(one, arguments[one.python]) for one in call.parameters if one.python in arguments}
    if call.account is not None:
        account = arguments.get(_ACCOUNT, cyara.account_id)
        if account is None:
            raise ConfigurationError("No account is named. Nothing was sent. Next: give account_id")
        values[call.account] = account
    module: Any = import_module(f"cyara_client.api.{call.operation.module}")
    body = _body(call, arguments.get("body"))
    if body is not UNSET:
        values["body"] = body
    try:
        # Made once without sending it, so that what cannot be sent is a sentence.
        every = {one.python: UNSET for one in call.parameters} | {k: v for k, v in values.items() if k != "body"}
        call.endpoint.request(every, body)
    except (TypeError, ValueError) as error:
        raise ToolError(f"The call cannot be made: {error}. Nothing was sent.") from None
    found = await module.asyncio(client=cyara, **values)
    if isinstance(found, bytes):
        return answer({"text": found.decode("utf-8", "replace")}, operation=call.operation.operation_id)
    return answer(found, operation=call.operation.operation_id)


def _read(parameter: Parameter, value: Any) -> Any:
    kind = parameter.kind
    if kind.is_list:
        items = value if is_array(value) else [value]
        return [kind.read(_text(item), parameter.python) for item in items]
    text = _text(value)
    if parameter.place == "path" and text in {"", ".", ".."}:
        raise ToolError(f"{parameter.python} is a part of the path, and cannot be {text!r}. Nothing was sent.")
    return kind.read(text, parameter.python)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _body(call: Call, value: Any) -> Any:
    if call.body is None:
        return UNSET
    # As JSON, which begins with a bracket: never the name of a file, as a person may give one.
    text = None if value is None else json.dumps(value)
    with ExitStack() as stack:
        return body_of(call.body, {}, text=text, pairs=(), stack=stack)
